//! Escapes of string and bytes literals.

/// The value of what stands between the quotes, or the offset and text of what is wrong.
/// In a string `\x` and octal escapes are characters, in bytes they are bytes.
pub(super) fn unescape(text: &str, bytes: bool) -> Result<Vec<u8>, (usize, String)> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.char_indices();
    while let Some((at, character)) = rest.next() {
        if character != '\\' {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let wrong = |escape: &str| (at, format!("Syntax error: invalid escape '\\{escape}'"));
        let Some((_, escape)) = rest.next() else { return Err(wrong("")) };
        let (digits, radix, first) = match escape {
            'a' => (0, 0, 0x07),
            'b' => (0, 0, 0x08),
            'f' => (0, 0, 0x0C),
            'n' => (0, 0, 0x0A),
            'r' => (0, 0, 0x0D),
            't' => (0, 0, 0x09),
            'v' => (0, 0, 0x0B),
            '\\' | '?' | '"' | '\'' | '`' => (0, 0, escape as u32),
            'x' | 'X' => (2, 16, 0),
            'u' if !bytes => (4, 16, 0),
            'U' if !bytes => (8, 16, 0),
            '0'..='3' => (2, 8, escape as u32 - '0' as u32),
            other => return Err(wrong(&other.to_string())),
        };
        let mut code = first;
        for _ in 0..digits {
            let digit = rest.next().and_then(|(_, digit)| digit.to_digit(radix));
            let Some(digit) = digit else { return Err(wrong(&escape.to_string())) };
            code = code.wrapping_mul(radix).wrapping_add(digit);
        }
        match (bytes && digits > 0, u8::try_from(code), char::from_u32(code)) {
            (true, Ok(byte), _) => out.push(byte),
            (false, _, Some(character)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return Err(wrong(&escape.to_string())),
        }
    }
    Ok(out)
}
