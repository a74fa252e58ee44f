//! Types that a few bytes at a fixed place tell.

/// Place, bytes, type. The first that matches counts.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"/* XPM */", "image/x-xpixmap"),
    (0, b"7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"),
    (0, b"%FDF", "application/vnd.fdf"),
    (0, b"%!PS-Adobe-", "application/postscript"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"-----BEGIN PKCS7", "application/pkcs7-signature"),
    (0, b"\xFF\xD8\xFF", "image/jpeg"),
    (0, b"\xFF\x0A", "image/jxl"),
    (0, b"\0\0\0\x0CJXL \r\n\x87\n", "image/jxl"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"xar!", "application/x-xar"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"SIMPLE  =                    T", "application/fits"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\x01\0", "image/x-icon"),
    (0, b"\0\0\x02\0", "image/x-icon"),
    (0, b"fLaC\0\0\0\x22", "audio/flac"),
    (0, b"MThd", "audio/midi"),
    (0, b"MPCK", "audio/musepack"),
    (0, b"#!AMR", "audio/amr"),
    (0, b".snd", "audio/basic"),
    (0, b"Creative Voice File", "audio/x-unknown"),
    (0, b"#EXTM3U\n", "application/vnd.apple.mpegurl"),
    (0, b"#EXTM3U\r\n", "application/vnd.apple.mpegurl"),
    (0, b".RMF", "application/vnd.rn-realmedia-vbr"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C", "video/x-ms-asf"),
    (0, b"\x1F\x8B", "application/gzip"),
    (0, b"FWS", "application/x-shockwave-flash"),
    (0, b"CWS", "application/x-shockwave-flash"),
    (0, b"ZWS", "application/x-shockwave-flash"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"\0asm", "application/wasm"),
    (128, b"DICM", "application/dicom"),
    (0, b"Rar!\x1A\x07\0", "application/vnd.rar"),
    (0, b"Rar!\x1A\x07\x01\0", "application/vnd.rar"),
    (60, b"BOOKMOBI", "application/x-mobipocket-ebook"),
    (0, b"ITOLITLS", "application/x-ms-reader"),
    (0, b"BPG\xFB", "image/bpg"),
    (0, b"\xD9\xD9\xF7", "application/cbor"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"AC10", "image/vnd.dwg"),
    (0, b"NES\x1A", "application/vnd.nintendo.snes.rom"),
    (0, b"\xFE\xED\xFA\xCE", "application/x-mach-binary"),
    (0, b"\xFE\xED\xFA\xCF", "application/x-mach-binary"),
    (0, b"\xCE\xFA\xED\xFE", "application/x-mach-binary"),
    (0, b"\xCF\xFA\xED\xFE", "application/x-mach-binary"),
    (0, b"icns", "image/x-icns"),
    (0, b"#?RADIANCE\n", "image/vnd.radiance"),
    (0, b"\x28\xB5\x2F\xFD", "application/zstd"),
    (0, b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (0, b"\xED\xAB\xEE\xDB", "application/x-rpm"),
    (0, b"\xFD7zXZ\0", "application/x-xz"),
    (0, b"LZIP", "application/lzip"),
    (0, b"d8:announce", "application/x-bittorrent"),
    (0, b"070707", "application/x-cpio"),
    (0, b"070701", "application/x-cpio"),
    (0, b"070702", "application/x-cpio"),
    (0, b"gimp xcf", "image/x-xcf"),
    (0, b"glTF\x02\0\0\0", "model/gltf-binary"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"WARC/1.", "application/warc"),
];

pub(super) fn content_type(head: &[u8]) -> Option<&'static str> {
    let found = SIGNATURES
        .iter()
        .find(|(place, bytes, _)| head.get(*place..).is_some_and(|rest| rest.starts_with(bytes)))
        .map(|(_, _, found)| *found);
    found.or_else(|| structured(head))
}

/// Signatures so short that more has to fit.
fn structured(head: &[u8]) -> Option<&'static str> {
    let byte = |place: usize| head.get(place).copied().unwrap_or_default();
    // A bitmap's second header says its own length.
    if head.starts_with(b"BM") && matches!(byte(14), 12 | 40 | 52 | 56 | 64 | 108 | 124) && head.len() >= 26 {
        return Some("image/bmp");
    }
    // A Java class says its version, 45 or more, where a fat binary counts its few parts.
    if head.starts_with(b"\xCA\xFE\xBA\xBE") && head.len() > 7 {
        return Some(if byte(7) >= 45 { "application/x-java-applet" } else { "application/x-mach-binary" });
    }
    if head.starts_with(b"x") && matches!(byte(1), 0x01 | 0x5E | 0x9C | 0xDA) && head.len() > 2 {
        return Some("application/zlib");
    }
    let newline = head.get(2).is_some_and(u8::is_ascii_whitespace);
    match head.get(..2)? {
        b"P1" | b"P4" if newline => Some("image/x-portable-bitmap"),
        b"P2" | b"P5" if newline => Some("image/x-portable-graymap"),
        b"P3" | b"P6" if newline => Some("image/x-portable-pixmap"),
        _ => None,
    }
}
