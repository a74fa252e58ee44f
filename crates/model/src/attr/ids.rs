//! Ids of attrs and identities: computed, derived, random.

use uuid::{Builder, Uuid};

use crate::ids;

/// What the derived ids of this server are made from.
const DERIVED: Uuid = Uuid::from_u128(0x5c1d_9b7e_0f0a_4f0e_9a34_6b65_7463_6821);

/// A letter's five bits are its place here.
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxzy/";
/// Half an id: what the letters leave is ones.
const HALF_BITS: u32 = 64;
const LETTER_BITS: u32 = 5;

/// An id that is always the same for these parts: of an attr that was never given one.
pub fn derived_id(parts: &[&str]) -> String {
    Uuid::new_v5(&DERIVED, parts.join("/").as_bytes()).to_string()
}

/// A new random id.
pub fn random_uuid() -> String {
    Builder::from_random_bytes(ids::random_bytes()).into_uuid().to_string()
}

/// Whether the text is a UUID with its four hyphens, of any version and letter case.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// The id of a system attr, by the short form of its namespace and label (`us/email`).
pub(super) fn system_attr_id(code: &str) -> String {
    coded("systemat", code)
}

/// The id of a system identity, by the short form of its namespace and label.
pub(super) fn system_identity_id(code: &str) -> String {
    coded("systemid", code)
}

fn coded(kind: &str, code: &str) -> String {
    Uuid::from_u64_pair(half(kind), half(code)).to_string()
}

/// Up to twelve letters from the highest bit down, then ones.
fn half(text: &str) -> u64 {
    let mut bits = u64::MAX;
    let mut shift = HALF_BITS;
    for byte in text.bytes() {
        // Codes are constants of this module, in letters of the alphabet.
        let letter = ALPHABET.iter().position(|known| *known == byte).unwrap_or(ALPHABET.len());
        shift -= LETTER_BITS;
        bits &= !(0b11111 << shift);
        bits |= (letter as u64) << shift;
    }
    bits
}
