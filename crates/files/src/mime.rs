//! Content types: their extensions and other names.

/// The type of bytes that nothing is known of.
pub const UNKNOWN: &str = "application/octet-stream";

/// Every content type that [`crate::sniff`] finds, without parameters, and its usual extension.
const EXTENSIONS: &[(&str, &str)] = &[
    ("application/atom+xml", "atom"),
    ("application/cbor", "cbor"),
    ("application/dicom", "dcm"),
    ("application/epub+zip", "epub"),
    ("application/fits", "fits"),
    ("application/geo+json", "geojson"),
    ("application/gpx+xml", "gpx"),
    ("application/gzip", "gz"),
    ("application/java-archive", "jar"),
    ("application/json", "json"),
    ("application/lzip", "lz"),
    ("application/msword", "doc"),
    ("application/ogg", "ogg"),
    ("application/pdf", "pdf"),
    ("application/pkcs7-signature", "p7s"),
    ("application/postscript", "ps"),
    ("application/rss+xml", "rss"),
    ("application/vnd.android.package-archive", "apk"),
    ("application/vnd.apache.parquet", "parquet"),
    ("application/vnd.apple.mpegurl", "m3u"),
    ("application/vnd.debian.binary-package", "deb"),
    ("application/vnd.fdf", "fdf"),
    ("application/vnd.google-earth.kml+xml", "kml"),
    ("application/vnd.google-earth.kmz", "kmz"),
    ("application/vnd.microsoft.portable-executable", "exe"),
    ("application/vnd.ms-cab-compressed", "cab"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.ms-visio.drawing.main+xml", "vsdx"),
    ("application/vnd.oasis.opendocument.chart", "odc"),
    ("application/vnd.oasis.opendocument.formula", "odf"),
    ("application/vnd.oasis.opendocument.graphics", "odg"),
    ("application/vnd.oasis.opendocument.graphics-template", "otg"),
    ("application/vnd.oasis.opendocument.presentation", "odp"),
    ("application/vnd.oasis.opendocument.presentation-template", "otp"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.spreadsheet-template", "ots"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.oasis.opendocument.text-template", "ott"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.rar", "rar"),
    ("application/vnd.rn-realmedia-vbr", "rmvb"),
    ("application/vnd.sqlite3", "sqlite"),
    ("application/vnd.sun.xml.calc", "sxc"),
    ("application/vnd.nintendo.snes.rom", "nes"),
    ("application/warc", "warc"),
    ("application/wasm", "wasm"),
    ("application/x-7z-compressed", "7z"),
    ("application/x-archive", "a"),
    ("application/x-bittorrent", "torrent"),
    ("application/x-bzip2", "bz2"),
    ("application/x-cpio", "cpio"),
    ("application/x-java-applet", "class"),
    ("application/x-mach-binary", "macho"),
    ("application/x-mobipocket-ebook", "mobi"),
    ("application/x-ms-reader", "lit"),
    ("application/x-ndjson", "ndjson"),
    ("application/x-rpm", "rpm"),
    ("application/x-sharedlib", "so"),
    ("application/x-shockwave-flash", "swf"),
    ("application/x-subrip", "srt"),
    ("application/x-tar", "tar"),
    ("application/x-xar", "xar"),
    ("application/x-xz", "xz"),
    ("application/zip", "zip"),
    ("application/zstd", "zst"),
    ("audio/aac", "aac"),
    ("audio/aiff", "aiff"),
    ("audio/amr", "amr"),
    ("audio/basic", "au"),
    ("audio/flac", "flac"),
    ("audio/midi", "midi"),
    ("audio/mp4", "mp4"),
    ("audio/mpeg", "mp3"),
    ("audio/musepack", "mpc"),
    ("audio/ogg", "oga"),
    ("audio/wav", "wav"),
    ("audio/x-m4a", "m4a"),
    ("audio/x-unknown", "voc"),
    ("font/collection", "ttc"),
    ("font/otf", "otf"),
    ("font/ttf", "ttf"),
    ("font/woff", "woff"),
    ("font/woff2", "woff2"),
    ("image/apng", "apng"),
    ("image/avif", "avif"),
    ("image/bmp", "bmp"),
    ("image/bpg", "bpg"),
    ("image/gif", "gif"),
    ("image/heic", "heic"),
    ("image/heic-sequence", "heic"),
    ("image/heif", "heif"),
    ("image/heif-sequence", "heif"),
    ("image/jp2", "jp2"),
    ("image/jpeg", "jpg"),
    ("image/jpm", "jpm"),
    ("image/jpx", "jpf"),
    ("image/jxl", "jxl"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tiff"),
    ("image/vnd.adobe.photoshop", "psd"),
    ("image/vnd.djvu", "djvu"),
    ("image/vnd.dwg", "dwg"),
    ("image/vnd.radiance", "hdr"),
    ("image/webp", "webp"),
    ("image/x-icns", "icns"),
    ("image/x-icon", "ico"),
    ("image/x-portable-bitmap", "pbm"),
    ("image/x-portable-graymap", "pgm"),
    ("image/x-portable-pixmap", "ppm"),
    ("image/x-xcf", "xcf"),
    ("image/x-xpixmap", "xpm"),
    ("model/gltf+json", "gltf"),
    ("model/gltf-binary", "glb"),
    ("text/calendar", "ics"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/javascript", "js"),
    ("text/plain", "txt"),
    ("text/rtf", "rtf"),
    ("text/tab-separated-values", "tsv"),
    ("text/vcard", "vcf"),
    ("text/vtt", "vtt"),
    ("text/x-lua", "lua"),
    ("text/x-perl", "pl"),
    ("text/x-php", "php"),
    ("text/x-python", "py"),
    ("text/x-ruby", "rb"),
    ("text/x-shellscript", "sh"),
    ("text/x-tcl", "tcl"),
    ("text/xml", "xml"),
    ("video/3gpp", "3gp"),
    ("video/3gpp2", "3g2"),
    ("video/matroska", "mkv"),
    ("video/mj2", "mj2"),
    ("video/mp4", "mp4"),
    ("video/mpeg", "mpeg"),
    ("video/ogg", "ogv"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
    ("video/x-flv", "flv"),
    ("video/x-m4v", "m4v"),
    ("video/x-ms-asf", "asf"),
    ("video/x-msvideo", "avi"),
];

/// Other names of the same types, which a list of allowed types may use.
const ALIASES: &[(&str, &[&str])] = &[
    (
        "application/gzip",
        &[
            "application/x-gzip",
            "application/x-gunzip",
            "application/gzipped",
            "application/gzip-compressed",
            "application/x-gzip-compressed",
            "gzip/document",
        ],
    ),
    (
        "application/java-archive",
        &["application/jar", "application/jar-archive", "application/x-java-archive"],
    ),
    ("application/msword", &["application/vnd.ms-word"]),
    ("application/ogg", &["application/x-ogg"]),
    ("application/pdf", &["application/x-pdf"]),
    ("application/vnd.apple.mpegurl", &["audio/mpegurl"]),
    ("application/vnd.ms-excel", &["application/msexcel"]),
    ("application/vnd.ms-powerpoint", &["application/mspowerpoint"]),
    ("application/vnd.rar", &["application/x-rar", "application/x-rar-compressed"]),
    ("application/vnd.sqlite3", &["application/x-sqlite3"]),
    ("application/x-subrip", &["application/x-srt", "text/x-srt"]),
    ("application/zip", &["application/x-zip", "application/x-zip-compressed"]),
    ("audio/aiff", &["audio/x-aiff"]),
    ("audio/amr", &["audio/amr-nb"]),
    ("audio/midi", &["audio/mid", "audio/sp-midi", "audio/x-mid", "audio/x-midi"]),
    ("audio/mpeg", &["audio/x-mpeg", "audio/mp3"]),
    ("audio/wav", &["audio/x-wav", "audio/vnd.wave", "audio/wave"]),
    ("font/ttf", &["font/sfnt", "application/x-font-ttf", "application/font-sfnt"]),
    ("image/bmp", &["image/x-bmp", "image/x-ms-bmp"]),
    ("image/vnd.adobe.photoshop", &["image/x-psd", "application/photoshop"]),
    ("text/javascript", &["application/javascript", "application/x-javascript"]),
    ("text/rtf", &["application/rtf"]),
    ("text/x-python", &["text/x-script.python", "application/x-python"]),
    ("text/x-ruby", &["application/x-ruby"]),
    ("text/x-shellscript", &["text/x-sh", "application/x-shellscript", "application/x-sh"]),
    ("text/x-tcl", &["application/x-tcl"]),
    ("text/xml", &["application/xml"]),
    ("video/3gpp", &["video/3gp", "audio/3gpp"]),
    ("video/3gpp2", &["video/3g2", "audio/3gpp2"]),
    ("video/matroska", &["video/x-matroska"]),
    ("video/webm", &["audio/webm"]),
    ("video/x-ms-asf", &["video/asf", "video/x-ms-wmv"]),
    ("video/x-msvideo", &["video/avi", "video/msvideo"]),
];

/// A content type without its parameters, in lower case.
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The usual extension of a content type, without the dot; empty if it has none.
pub fn extension(content_type: &str) -> &'static str {
    let essence = essence(content_type);
    EXTENSIONS.iter().find(|(name, _)| *name == essence).map_or("", |(_, extension)| extension)
}

/// The names that a list of allowed types may give a found content type: its own first, without
/// parameters.
pub fn names(content_type: &str) -> impl Iterator<Item = String> {
    let essence = essence(content_type);
    let aliases = ALIASES.iter().find(|(name, _)| *name == essence).map_or(&[][..], |(_, aliases)| aliases);
    std::iter::once(essence).chain(aliases.iter().map(|alias| (*alias).to_owned()))
}

/// Whether a found content type is one of the allowed ones, by any of its names. Parameters and
/// letter case do not count; an empty list allows everything.
pub fn is_allowed(content_type: &str, allowed: &[String]) -> bool {
    allowed.is_empty()
        || names(content_type).any(|name| allowed.iter().any(|allowed| essence(allowed) == name))
}

#[cfg(test)]
mod tests {
    use super::{extension, is_allowed};

    fn allows(allowed: &str, found: &str) -> bool {
        is_allowed(found, &[allowed.to_owned()])
    }

    #[test]
    fn other_names_count() {
        assert!(allows("audio/x-wav", "audio/wav"));
        assert!(allows("application/xml", "text/xml; charset=utf-8"));
        assert!(allows("TEXT/PLAIN", "text/plain; charset=utf-8"));
        assert!(allows("text/plain;charset=iso-8859-1", "text/plain; charset=utf-8"));
        assert!(!allows("text/*", "text/plain"));
        assert!(!allows("text/plain", "application/json"));
        assert!(!allows("image/jpg", "image/jpeg"));
        assert!(is_allowed("anything", &[]));
    }

    #[test]
    fn extensions_ignore_parameters() {
        assert_eq!(extension("text/plain; charset=utf-8"), "txt");
        assert_eq!(extension("application/octet-stream"), "");
    }
}
