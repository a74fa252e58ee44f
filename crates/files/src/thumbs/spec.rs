//! The size of a thumbnail, as it is written in a field's options and in requests.

/// What a thumbnail looks like. Sizes are in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spec {
    /// `100x50`, `100x50t`, `100x50b`: fills the size, what is too much is cut off.
    Crop { width: u32, height: u32, keep: Keep },
    /// `100x50f`: the whole image in the size; never larger than it was.
    Fit { width: u32, height: u32 },
    /// `100x0`: as wide, and as high as it comes.
    Width(u32),
    /// `0x50`: as high, and as wide as it comes.
    Height(u32),
}

/// The part of an image that a crop keeps; sideways it is always the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Middle,
    Top,
    Bottom,
}

impl Spec {
    /// Reads a size; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (size, way) = match text.strip_suffix(['t', 'b', 'f']) {
            Some(size) => (size, text.as_bytes().last().copied()),
            None => (text, None),
        };
        let (width, height) = size.split_once('x')?;
        let (width, height) = (number(width)?, number(height)?);
        Some(match (width, height, way) {
            (0, 0, _) => return None,
            (0, height, _) => Self::Height(height),
            (width, 0, _) => Self::Width(width),
            (width, height, Some(b'f')) => Self::Fit { width, height },
            (width, height, Some(b't')) => Self::Crop { width, height, keep: Keep::Top },
            (width, height, Some(b'b')) => Self::Crop { width, height, keep: Keep::Bottom },
            (width, height, _) => Self::Crop { width, height, keep: Keep::Middle },
        })
    }

    /// The size of the thumbnail of an image of this size; both sides are at least 1.
    pub(super) fn target(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::Crop { width, height, .. } => (width, height),
            Self::Height(target) => (rounded(width, target, height), target),
            Self::Width(target) => (target, rounded(height, target, width)),
            Self::Fit { width: most_width, height: most_height } => {
                if width <= most_width && height <= most_height {
                    return (width, height);
                }
                // Like the original, which cuts the fraction off here and rounds it above.
                if u64::from(width) * u64::from(most_height) > u64::from(most_width) * u64::from(height) {
                    (most_width, cut(height, most_width, width))
                } else {
                    (cut(width, most_height, height), most_height)
                }
            }
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn rounded(side: u32, factor: u32, divisor: u32) -> u32 {
    let product = u64::from(side) * u64::from(factor);
    let divisor = u64::from(divisor.max(1));
    u32::try_from((product + divisor / 2) / divisor).unwrap_or(u32::MAX).max(1)
}

fn cut(side: u32, factor: u32, divisor: u32) -> u32 {
    let product = u64::from(side) * u64::from(factor);
    u32::try_from(product / u64::from(divisor.max(1))).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn specs() {
        assert_eq!(Spec::parse("70x50"), Some(Spec::Crop { width: 70, height: 50, keep: Keep::Middle }));
        assert_eq!(Spec::parse("70x50t"), Some(Spec::Crop { width: 70, height: 50, keep: Keep::Top }));
        assert_eq!(Spec::parse("70x50b"), Some(Spec::Crop { width: 70, height: 50, keep: Keep::Bottom }));
        assert_eq!(Spec::parse("70x50f"), Some(Spec::Fit { width: 70, height: 50 }));
        assert_eq!(Spec::parse("70x0"), Some(Spec::Width(70)));
        assert_eq!(Spec::parse("0x50"), Some(Spec::Height(50)));
        for text in
            ["", "x", "0x0", "0x0t", "70x", "x50", "70x50x", "-1x50", "70x50T", "99999999999x1", "+7x5"]
        {
            assert_eq!(Spec::parse(text), None, "{text}");
        }
    }

    /// Sizes as the real PocketBase answers them.
    #[test]
    fn targets() {
        for (size, (width, height), expected) in [
            ("0x50", (200, 100), (100, 50)),
            ("0x50", (60, 180), (17, 50)),
            ("0x300", (201, 101), (597, 300)),
            ("50x0", (60, 180), (50, 150)),
            ("33x17f", (200, 100), (33, 16)),
            ("70x50f", (60, 180), (16, 50)),
            ("1000x10f", (201, 101), (19, 10)),
            ("10x1000f", (201, 101), (10, 5)),
            ("300x300f", (201, 101), (201, 101)),
            ("7x9", (1, 1), (7, 9)),
        ] {
            assert_eq!(
                Spec::parse(size).unwrap().target(width, height),
                expected,
                "{size} of {width}x{height}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_text_is_survived(text in "[0-9]{0,12}x?[0-9]{0,12}[tbf]?", width: u32, height: u32) {
            if let Some(spec) = Spec::parse(&text) {
                let (width, height) = spec.target(width.max(1), height.max(1));
                prop_assert!(width > 0 && height > 0);
            }
        }
    }
}
