//! Fonts that start with a table directory.

/// Tables that a font's directory may begin with: they are sorted by name.
const TABLES: [&[u8]; 17] = [
    b"acnt", b"ankr", b"avar", b"BASE", b"bdat", b"CBDT", b"CFF ", b"cmap", b"COLR", b"cvar", b"cvt ",
    b"DSIG", b"EBDT", b"FFTM", b"GDEF", b"GPOS", b"OS/2",
];

pub(super) fn content_type(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"ttcf\0\x01\0\0") || head.starts_with(b"ttcf\0\x02\0\0") {
        return Some("font/collection");
    }
    let first = head.get(12..16)?;
    let known = TABLES.contains(&first);
    match head.get(..4)? {
        b"OTTO" if known => Some("font/otf"),
        b"\0\x01\0\0" if known => Some("font/ttf"),
        _ => None,
    }
}
