//! From the bytes of an image to those of its thumbnail.

use std::io::Cursor;

use bytes::Bytes;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::gif::{GifDecoder, GifEncoder};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, Limits};
use tokio::task::JoinError;

use super::MEMORY_MIB;
use super::spec::{Keep, Spec};

/// Pixels of the largest thumbnail.
const LARGEST_TARGET: u64 = 16 << 20;
const JPEG_QUALITY: u8 = 95;

/// Images that thumbnails are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Png,
    Jpeg,
    Gif,
    Webp,
}

impl Kind {
    /// By the stored content type, which is that of the bytes.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        match content_type {
            "image/png" => Some(Self::Png),
            "image/jpeg" | "image/jpg" => Some(Self::Jpeg),
            "image/gif" => Some(Self::Gif),
            "image/webp" => Some(Self::Webp),
            _ => None,
        }
    }
}

/// A finished thumbnail.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) bytes: Bytes,
    pub(super) content_type: &'static str,
}

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("the image or its thumbnail would be too large")]
    TooLarge,
    #[error("animated images of this kind are left as they are")]
    Animated,
    #[error("the image cannot be read: {0}")]
    Broken(String),
    #[error("its turn did not come in time")]
    Late,
}

impl Unusable {
    pub(super) fn panicked(error: JoinError) -> Self {
        tracing::error!(%error, "an image could not be decoded");
        Self::Broken(error.to_string())
    }
}

impl From<ImageError> for Unusable {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            error => Self::Broken(error.to_string()),
        }
    }
}

/// Bytes of memory that the work takes at its peak, by the image's header.
pub(super) fn memory_needed(bytes: &[u8], kind: Kind, spec: Spec) -> Result<u64, Unusable> {
    let mut decoder = decoder(bytes, kind)?;
    let pixels = decoder.total_bytes();
    let (width, height) = decoder.dimensions();
    let turned = orientation(decoder.as_mut(), kind) != Orientation::NoTransforms;
    let (target_width, target_height) = if turned {
        spec.target(height.max(1), width.max(1))
    } else {
        spec.target(width.max(1), height.max(1))
    };
    let target = u64::from(target_width) * u64::from(target_height);
    if target > LARGEST_TARGET {
        return Err(Unusable::TooLarge);
    }
    // What decoders keep beside their output: coefficients of a progressive JPEG, the canvas of the others.
    let beside = if kind == Kind::Jpeg { pixels.saturating_mul(2) } else { pixels };
    let copy = if turned { pixels } else { 0 };
    Ok(pixels.saturating_add(beside).saturating_add(copy).saturating_add(target * 8))
}

/// Makes the thumbnail. Of an animated GIF it shows the first picture.
pub(super) fn render(bytes: &[u8], kind: Kind, spec: Spec) -> Result<Rendered, Unusable> {
    let mut decoder = decoder(bytes, kind)?;
    let orientation = orientation(decoder.as_mut(), kind);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    let image = resize(&image, spec)?;
    encode(&image, kind)
}

fn decoder<'a>(bytes: &'a [u8], kind: Kind) -> Result<Box<dyn ImageDecoder + 'a>, Unusable> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(u64::from(MEMORY_MIB) << 20);
    let input = Cursor::new(bytes);
    let mut decoder: Box<dyn ImageDecoder + 'a> = match kind {
        Kind::Png => Box::new(PngDecoder::with_limits(input, limits.clone())?),
        Kind::Jpeg => {
            // The decoder fills up what is missing of a cut file with grey; the original refuses it.
            if !ends_as_jpeg(bytes) {
                return Err(Unusable::Broken("it ends too early".to_owned()));
            }
            Box::new(JpegDecoder::new(input)?)
        }
        Kind::Gif => Box::new(GifDecoder::new(input)?),
        Kind::Webp => {
            let decoder = WebPDecoder::new(input)?;
            if decoder.has_animation() {
                return Err(Unusable::Animated);
            }
            Box::new(decoder)
        }
    };
    decoder.set_limits(limits)?;
    Ok(decoder)
}

/// Whether the mark of the end is there, whatever follows it.
fn ends_as_jpeg(bytes: &[u8]) -> bool {
    bytes.windows(2).rev().any(|pair| pair == [0xff, 0xd9])
}

/// How the picture is to be turned. Only cameras' files tell it.
fn orientation(decoder: &mut dyn ImageDecoder, kind: Kind) -> Orientation {
    if kind == Kind::Jpeg {
        decoder.orientation().unwrap_or(Orientation::NoTransforms)
    } else {
        Orientation::NoTransforms
    }
}

fn resize(image: &DynamicImage, spec: Spec) -> Result<DynamicImage, Unusable> {
    let (width, height) = spec.target(image.width(), image.height());
    if u64::from(width) * u64::from(height) > LARGEST_TARGET {
        return Err(Unusable::TooLarge);
    }
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    if let Spec::Crop { keep, .. } = spec {
        let vertical = match keep {
            Keep::Middle => 0.5,
            Keep::Top => 0.0,
            Keep::Bottom => 1.0,
        };
        options = options.fit_into_destination(Some((0.5, vertical)));
    }
    let mut target = DynamicImage::new(width, height, image.color());
    Resizer::new()
        .resize(image, &mut target, Some(&options))
        .map_err(|error| Unusable::Broken(error.to_string()))?;
    Ok(target)
}

/// Each kind as itself, but WebP as PNG.
fn encode(image: &DynamicImage, kind: Kind) -> Result<Rendered, Unusable> {
    let mut bytes = Vec::new();
    let content_type = match kind {
        Kind::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
            image.to_rgb8().write_with_encoder(encoder)?;
            "image/jpeg"
        }
        Kind::Gif => {
            let image = image.to_rgba8();
            GifEncoder::new(&mut bytes).encode(
                &image,
                image.width(),
                image.height(),
                image::ExtendedColorType::Rgba8,
            )?;
            "image/gif"
        }
        Kind::Png | Kind::Webp => {
            let encoder =
                PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, PngFilter::Adaptive);
            let colors = image.to_rgba8();
            if colors.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
                image.to_rgb8().write_with_encoder(encoder)?;
            } else {
                colors.write_with_encoder(encoder)?;
            }
            "image/png"
        }
    };
    Ok(Rendered { bytes: bytes.into(), content_type })
}
