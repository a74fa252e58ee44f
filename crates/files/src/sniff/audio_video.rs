//! Sound and moving pictures.

pub(super) fn content_type(head: &[u8]) -> Option<&'static str> {
    mp3(head).or_else(|| aac(head)).or_else(|| mpeg(head))
}

fn mp3(head: &[u8]) -> Option<&'static str> {
    if let Some(rest) = head.strip_prefix(b"ID3") {
        // Version, flags, then the tag's length in four bytes of seven bits.
        let length = rest.get(3..7)?;
        let plausible = rest[0] < 0xFF && rest[1] < 0xFF && length.iter().all(|byte| *byte < 0x80);
        return (plausible && length.iter().any(|byte| *byte > 0)).then_some("audio/mpeg");
    }
    let [0xFF, second, third, ..] = head else {
        return None;
    };
    // Layer III of version 1, 2 or 2.5, and a bit rate and a sample rate that exist.
    let layer = matches!(second, 0xE2 | 0xE3 | 0xF2 | 0xF3 | 0xFA | 0xFB);
    let rates = third >> 4 != 0xF && third >> 2 & 3 != 3;
    (layer && rates).then_some("audio/mpeg")
}

fn aac(head: &[u8]) -> Option<&'static str> {
    (head.starts_with(b"\xFF\xF1") || head.starts_with(b"\xFF\xF9")).then_some("audio/aac")
}

fn mpeg(head: &[u8]) -> Option<&'static str> {
    match head {
        [0, 0, 1, 0xB0..=0xBF, ..] => Some("video/mpeg"),
        _ => None,
    }
}
