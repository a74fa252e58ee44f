use std::io::Cursor;

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::local::LocalBlobs;

fn gradient(width: u32, height: u32) -> DynamicImage {
    let color = |x: u32, y: u32| Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 128]);
    RgbImage::from_fn(width, height, color).into()
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

/// A JPEG with an EXIF block that tells how the picture is to be turned.
fn turned(image: &DynamicImage, orientation: u8) -> Bytes {
    let jpeg = encoded(image, ImageFormat::Jpeg);
    let tiff =
        [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation, 0, 0, 0, 0, 0, 0, 0][..]].concat();
    let length = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend_from_slice(&[0xff, 0xe1]);
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(b"Exif\0\0");
    bytes.extend_from_slice(&tiff);
    bytes.extend_from_slice(&jpeg[2..]);
    bytes.into()
}

fn rendered(bytes: &[u8], kind: Kind, size: &str) -> (DynamicImage, &'static str) {
    let made = render::render(bytes, kind, Spec::parse(size).unwrap()).unwrap();
    (image::load_from_memory(&made.bytes).unwrap(), made.content_type)
}

fn assert_near(pixel: Rgba<u8>, expected: [u8; 3]) {
    for (channel, expected) in pixel.0.into_iter().zip(expected) {
        assert!(channel.abs_diff(expected) <= 24, "{pixel:?} is not {expected:?}");
    }
}

#[test]
fn crops_keep_the_part_that_is_asked_for() {
    let tall = encoded(&gradient(60, 180), ImageFormat::Png);
    for (size, green) in [("60x60", 128), ("60x60t", 43), ("60x60b", 212)] {
        let (image, content_type) = rendered(&tall, Kind::Png, size);
        assert_eq!((image.dimensions(), content_type), ((60, 60), "image/png"));
        assert_near(image.get_pixel(30, 30), [128, green, 128]);
    }
}

#[test]
fn every_kind_comes_out_as_it_should() {
    let image = gradient(80, 40);
    for (format, kind, content_type) in [
        (ImageFormat::Png, Kind::Png, "image/png"),
        (ImageFormat::Jpeg, Kind::Jpeg, "image/jpeg"),
        (ImageFormat::Gif, Kind::Gif, "image/gif"),
        (ImageFormat::WebP, Kind::Webp, "image/png"),
    ] {
        let (thumb, found) = rendered(&encoded(&image, format), kind, "20x20");
        assert_eq!((thumb.dimensions(), found), ((20, 20), content_type));
        assert_near(thumb.get_pixel(10, 10), [128, 128, 128]);
    }
}

#[test]
fn transparency_is_kept() {
    let image = RgbaImage::from_fn(40, 40, |x, _| Rgba([255, 0, 0, if x < 20 { 0 } else { 255 }]));
    for (format, kind) in [(ImageFormat::Png, Kind::Png), (ImageFormat::Gif, Kind::Gif)] {
        let (thumb, _) = rendered(&encoded(&image.clone().into(), format), kind, "10x10");
        assert_eq!((thumb.get_pixel(1, 5).0[3], thumb.get_pixel(8, 5).0[3]), (0, 255));
    }
}

#[test]
fn pictures_are_turned_as_their_camera_was_held() {
    // The upper left corner of the upright picture is dark; where it is stored, the orientation tells.
    let image = gradient(64, 32);
    for (orientation, size, corner) in [
        (1, (64, 32), [0, 0, 128]),
        (2, (64, 32), [255, 0, 128]),
        (3, (64, 32), [255, 255, 128]),
        (4, (64, 32), [0, 255, 128]),
        (5, (32, 64), [0, 0, 128]),
        (6, (32, 64), [0, 255, 128]),
        (7, (32, 64), [255, 255, 128]),
        (8, (32, 64), [255, 0, 128]),
        (0, (64, 32), [0, 0, 128]),
        (9, (64, 32), [0, 0, 128]),
    ] {
        let (thumb, _) = rendered(&turned(&image, orientation), Kind::Jpeg, "64x64f");
        assert_eq!(thumb.dimensions(), size, "orientation {orientation}");
        assert_near(thumb.get_pixel(1, 1), corner);
    }
}

#[test]
fn broken_and_huge_images_are_refused() {
    let spec = Spec::parse("10x10").unwrap();
    let image = gradient(64, 64);
    for (format, kind) in [
        (ImageFormat::Png, Kind::Png),
        (ImageFormat::Jpeg, Kind::Jpeg),
        (ImageFormat::Gif, Kind::Gif),
        (ImageFormat::WebP, Kind::Webp),
    ] {
        let whole = encoded(&image, format);
        for length in [0, 1, 10, whole.len() / 2] {
            assert!(render::render(&whole[..length], kind, spec).is_err(), "{kind:?} of {length} bytes");
        }
        // Another kind's bytes.
        assert!(render::render(b"GIF8not an image at all", kind, spec).is_err());
    }
    let small = encoded(&image, ImageFormat::Png);
    let huge_target = Spec::parse("90000x90000").unwrap();
    assert!(matches!(render::memory_needed(&small, Kind::Png, huge_target), Err(Unusable::TooLarge)));
    // A header that promises 60,000 x 60,000 pixels.
    let mut bomb = small.to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let needed = render::memory_needed(&bomb, Kind::Png, spec);
    assert!(needed.is_err() || needed.is_ok_and(|bytes| bytes >> 20 >= u64::from(MEMORY_MIB)));
    assert!(render::render(&bomb, Kind::Png, spec).is_err());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

#[tokio::test]
async fn one_thumbnail_is_made_once_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Arc::new(LocalBlobs::new(folder.path()));
    let image = Source::Memory(encoded(&gradient(400, 300), ImageFormat::Jpeg));
    blobs.put("c/r/a.jpg", image, Attributes::new("image/jpeg", None)).await.unwrap();
    let thumbs = Thumbs::new(blobs.clone());
    let key = "c/r/thumbs_a.jpg/50x50_a.jpg";
    let spec = Spec::parse("50x50").unwrap();
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let thumbs = thumbs.clone();
            tokio::spawn(async move { thumbs.open("c/r/a.jpg".to_owned(), key.to_owned(), spec).await })
        })
        .collect();
    let mut times = HashSet::new();
    for one in asked {
        times.insert(one.await.unwrap().unwrap().unwrap().modified);
    }
    assert_eq!(times.len(), 1);
    let stored = blobs.list("c/r").await.unwrap();
    assert_eq!(stored.iter().map(|file| file.key.as_str()).collect::<Vec<_>>(), ["c/r/a.jpg", key]);
}

#[tokio::test]
async fn what_cannot_be_shrunk_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Arc::new(LocalBlobs::new(folder.path()));
    let broken = Source::Memory(Bytes::from_static(b"\x89PNG\r\n\x1a\nnothing"));
    blobs.put("c/r/a.png", broken, Attributes::new("image/png", None)).await.unwrap();
    let text = Source::Memory(Bytes::from_static(b"text"));
    blobs.put("c/r/a.txt", text, Attributes::new("text/plain", None)).await.unwrap();
    let thumbs = Thumbs::new(blobs);
    let spec = Spec::parse("50x50").unwrap();
    for name in ["a.png", "a.txt", "a.png"] {
        let key = format!("c/r/thumbs_{name}/50x50_{name}");
        assert!(thumbs.open(format!("c/r/{name}"), key, spec).await.unwrap().is_none());
    }
    assert_eq!(thumbs.impossible.lock().len(), 1);
    let missing = thumbs.open("c/r/b.png".to_owned(), "c/r/thumbs_b.png/x".to_owned(), spec).await;
    assert!(matches!(missing, Err(BlobError::NotFound)));
}
