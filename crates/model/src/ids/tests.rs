use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn checksums_are_those_of_the_original() {
    assert_eq!(checksum_id("pbc_", "baseother"), "pbc_303991755");
    assert_eq!(checksum_id("text", "title"), "text724990059");
}

#[test]
fn record_ids_are_short_and_plain() {
    let ids: BTreeSet<String> = (0..1000).map(|_| record_id()).collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id.len() == 15 && id.bytes().all(|byte| RECORD_ID_ALPHABET.contains(&byte))));
}

#[test]
fn every_letter_is_drawn_about_as_often() {
    let text = random_text(36_000, RECORD_ID_ALPHABET);
    for letter in RECORD_ID_ALPHABET {
        let count = text.bytes().filter(|byte| byte == letter).count();
        // Six deviations: once in many million runs.
        assert!((810..=1190).contains(&count), "{} {count}", char::from(*letter));
    }
}

#[test]
fn random_bytes_differ() {
    assert_ne!(random_bytes::<32>(), random_bytes::<32>());
    assert_eq!(random_text(5, b"a"), "aaaaa");
    assert_eq!(random_text(0, b"ab"), "");
}

proptest! {
    #[test]
    fn drawn_numbers_are_below_their_bound(bound in 1_usize..5_000_000) {
        prop_assert!(random_below(bound) < bound);
    }
}
