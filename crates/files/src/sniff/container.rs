//! Types that lie inside another: archives, boxes, chunks.

pub(super) fn content_type(head: &[u8]) -> Option<&'static str> {
    zip(head)
        .or_else(|| pdf(head))
        .or_else(|| compound(head))
        .or_else(|| ogg(head))
        .or_else(|| png(head))
        .or_else(|| jpeg_2000(head))
        .or_else(|| riff(head))
        .or_else(|| executable(head))
        .or_else(|| archive(head))
        .or_else(|| tar(head))
        .or_else(|| form(head))
        .or_else(|| boxes(head))
        .or_else(|| matroska(head))
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// `%PDF-` may follow other bytes.
fn pdf(head: &[u8]) -> Option<&'static str> {
    contains(&head[..head.len().min(1024)], b"%PDF-").then_some("application/pdf")
}

fn zip(head: &[u8]) -> Option<&'static str> {
    let is_zip = head.len() > 3
        && head.starts_with(b"PK")
        && matches!(head[2], 3 | 5 | 7)
        && matches!(head[3], 4 | 6 | 8);
    if !is_zip {
        return None;
    }
    Some(zipped(head).unwrap_or("application/zip"))
}

/// What kind of zip file, by the names of its first entries.
fn zipped(head: &[u8]) -> Option<&'static str> {
    let entries = entry_names(head);
    let (first, content) = entries.first()?;
    if *first == b"mimetype" {
        return declared(content);
    }
    let starts = |prefix: &[u8]| {
        // Office writes its own files first, so a `word/` after something else is a folder of somebody's.
        entries
            .iter()
            .take_while(|(name, _)| name.starts_with(prefix) || is_office(name))
            .any(|(name, _)| name.starts_with(prefix))
    };
    if starts(b"word/") {
        return Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    }
    if starts(b"xl/") {
        return Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    }
    if starts(b"ppt/") {
        return Some("application/vnd.openxmlformats-officedocument.presentationml.presentation");
    }
    if starts(b"visio/") {
        return Some("application/vnd.ms-visio.drawing.main+xml");
    }
    if [&b"AndroidManifest.xml"[..], b"classes.dex", b"resources.arsc", b"res/drawable"]
        .iter()
        .any(|name| first.starts_with(name))
        || first.starts_with(b"META-INF/com/android/build/gradle/app-metadata.properties")
    {
        return Some("application/vnd.android.package-archive");
    }
    if first.starts_with(b"META-INF/MANIFEST.MF") || first == b"META-INF/" {
        return Some("application/java-archive");
    }
    (*first == b"doc.kml").then_some("application/vnd.google-earth.kmz")
}

fn is_office(name: &[u8]) -> bool {
    const OWN: [&[u8]; 5] = [b"[Content_Types].xml", b"_rels/", b"docProps/", b"customXml/", b"[trash]/"];
    OWN.iter().any(|own| name.starts_with(own))
}

/// The type that a zip file's uncompressed first entry says of it.
fn declared(content: &[u8]) -> Option<&'static str> {
    const DECLARED: [&str; 14] = [
        "application/epub+zip",
        "application/vnd.sun.xml.calc",
        // Templates first: their names begin with the others.
        "application/vnd.oasis.opendocument.text-template",
        "application/vnd.oasis.opendocument.spreadsheet-template",
        "application/vnd.oasis.opendocument.presentation-template",
        "application/vnd.oasis.opendocument.graphics-template",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.graphics",
        "application/vnd.oasis.opendocument.formula",
        "application/vnd.oasis.opendocument.chart",
        "application/vnd.oasis.opendocument.image",
        "application/vnd.oasis.opendocument.database",
    ];
    DECLARED.into_iter().find(|name| content.starts_with(name.as_bytes()))
}

/// Names of the entries whose headers are in the head, and what follows each.
fn entry_names(head: &[u8]) -> Vec<(&[u8], &[u8])> {
    const HEADER: usize = 30;
    let mut entries = Vec::new();
    let mut rest = head;
    while let Some(start) = rest.windows(4).position(|window| window == b"PK\x03\x04") {
        rest = &rest[start..];
        let number = |place: usize| usize::from(u16::from_le_bytes([rest[place], rest[place + 1]]));
        if rest.len() < HEADER {
            break;
        }
        let (name_end, content) = (HEADER + number(26), HEADER + number(26) + number(28));
        let Some(name) = rest.get(HEADER..name_end) else {
            break;
        };
        entries.push((name, rest.get(content..).unwrap_or_default()));
        rest = &rest[4..];
    }
    entries
}

/// The compound files of older office programs, by the names of their streams.
fn compound(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return None;
    }
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let kinds = [
        ("WordDocument", "application/msword"),
        ("Workbook", "application/vnd.ms-excel"),
        ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ];
    let found = kinds.iter().find(|(stream, _)| contains(head, &wide(stream)));
    Some(found.map_or("application/x-ole-storage", |(_, kind)| kind))
}

fn ogg(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"OggS") {
        return None;
    }
    let page = head.get(28..).unwrap_or_default();
    let audio: [&[u8]; 4] = [b"\x01vorbis\0", b"OpusHead", b"\x7FFLAC\x01", b"Speex   "];
    if audio.iter().any(|start| page.starts_with(start)) {
        return Some("audio/ogg");
    }
    let video: [&[u8]; 2] = [b"\x80theora", b"fishead\0"];
    let is_video = video.iter().any(|start| page.starts_with(start)) || page.starts_with(b"\x01video\0\0\0");
    Some(if is_video { "video/ogg" } else { "application/ogg" })
}

fn png(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return None;
    }
    let animated = head.get(37..41) == Some(b"acTL");
    Some(if animated { "image/apng" } else { "image/png" })
}

fn jpeg_2000(head: &[u8]) -> Option<&'static str> {
    let is_box = head.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n") && head.get(16..20) == Some(b"ftyp");
    match (is_box, head.get(20..24)?) {
        (true, b"jp2 ") => Some("image/jp2"),
        (true, b"jpx ") => Some("image/jpx"),
        (true, b"jpm ") => Some("image/jpm"),
        _ => None,
    }
}

fn riff(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"RIFF") {
        return None;
    }
    match (head.get(8..12)?, head.get(12..)?) {
        (b"WEBP", rest) if rest.starts_with(b"VP") => Some("image/webp"),
        (b"WAVE", _) => Some("audio/wav"),
        (b"AVI ", rest) if rest.starts_with(b"LIST") && head.len() > 16 => Some("video/x-msvideo"),
        _ => None,
    }
}

fn form(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"AT&TFORM") {
        let kind = head.get(12..16)?;
        let known = [b"DJVM", b"DJVU", b"DJVI", b"THUM"].iter().any(|known| kind == *known);
        return known.then_some("image/vnd.djvu");
    }
    let is_sound = head.starts_with(b"FORM") && [&b"AIFF"[..], b"AIFC"].contains(&head.get(8..12)?);
    (is_sound && head.len() > 12).then_some("audio/aiff")
}

fn executable(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"\x7FELF") {
        return None;
    }
    let kind = match (head.get(5), head.get(16..18)) {
        (Some(2), Some([0, low])) => *low,
        (Some(1), Some([low, 0])) => *low,
        _ => 0,
    };
    Some(match kind {
        1 => "application/x-object",
        2 => "application/x-executable",
        3 => "application/x-sharedlib",
        4 => "application/x-coredump",
        _ => "application/x-elf",
    })
}

fn archive(head: &[u8]) -> Option<&'static str> {
    let entry = head.strip_prefix(b"!<arch>")?;
    let is_package = entry.get(1..).is_some_and(|name| name.starts_with(b"debian-binary"));
    Some(if is_package { "application/vnd.debian.binary-package" } else { "application/x-archive" })
}

/// A tar archive has no signature that all writers agree on; its first header carries a checksum.
fn tar(head: &[u8]) -> Option<&'static str> {
    let header = head.get(..512)?;
    let told = std::str::from_utf8(&header[148..156]).ok()?.trim_matches(['\0', ' ']);
    let told = u32::from_str_radix(told, 8).ok().filter(|sum| *sum > 0)?;
    // The checksum is made with blanks in its own place.
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) })
        .sum();
    (sum == told).then_some("application/x-tar")
}

/// The family of MP4: boxes, of which the first names a brand.
fn boxes(head: &[u8]) -> Option<&'static str> {
    if head.get(4..8)? != b"ftyp" {
        return None;
    }
    let brand = head.get(8..12)?;
    Some(match brand {
        b"avif" | b"avis" => "image/avif",
        b"heic" | b"heix" => "image/heic",
        b"hevc" | b"hevx" => "image/heic-sequence",
        b"mif1" | b"heim" | b"heis" | b"avic" => "image/heif",
        b"msf1" | b"hevm" | b"hevs" | b"avcs" => "image/heif-sequence",
        b"qt  " | b"mqt " => "video/quicktime",
        b"M4A " => "audio/x-m4a",
        b"F4A " | b"F4B " | b"M4B " | b"M4P " | b"MSNV" | b"NDAS" => "audio/mp4",
        b"M4V " | b"M4VH" | b"M4VP" => "video/x-m4v",
        b"mj2s" | b"mjp2" => "video/mj2",
        _ if brand.starts_with(b"3gp") || matches!(brand, b"3gs7" | b"3ge6" | b"3ge7" | b"3gg6") => {
            "video/3gpp"
        }
        _ if brand.starts_with(b"3g2") => "video/3gpp2",
        _ => "video/mp4",
    })
}

/// Matroska and WebM, told apart by the document type that follows its mark.
fn matroska(head: &[u8]) -> Option<&'static str> {
    let rest = head.strip_prefix(b"\x1A\x45\xDF\xA3")?;
    let mark = rest.windows(2).position(|window| window == b"\x42\x82")?;
    // One byte says how long the name is.
    let name = rest.get(mark + 3..)?;
    if name.starts_with(b"webm") {
        return Some("video/webm");
    }
    name.starts_with(b"matroska").then_some("video/matroska")
}
