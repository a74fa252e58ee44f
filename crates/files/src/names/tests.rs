use proptest::prelude::*;

use super::{kept_name, sniff, stored_name};

/// The stored name with every random part shown as `*`.
fn shape(original: &str) -> String {
    let name = stored_name(original, "text/plain; charset=utf-8");
    let (base, rest) = name.rsplit_once('_').unwrap();
    let (suffix, extension) = rest.split_at(10);
    assert!(suffix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{name}");
    format!("{base}_*{extension}")
}

#[test]
fn names_are_those_of_the_original() {
    for (original, expected) in [
        ("My Photo (1).PNG", "my_photo_1_*.PNG"),
        ("noext", "noext_*.txt"),
        ("a.b.c.d.e", "a_b_c_*.d.e"),
        ("ünïcode ñame.jpg", "n_code_ame_*.jpg"),
        ("../../etc/passwd", "passwd_*.txt"),
        ("a/b\\c.txt", "b_c_*.txt"),
        ("trailing.", "trailing_*.txt"),
        ("UPPER CASE.TXT", "upper_case_*.TXT"),
        ("CamelCaseName.txt", "camel_case_name_*.txt"),
        ("HTMLParser.txt", "htmlparser_*.txt"),
        ("my-file_name.txt", "my_file_name_*.txt"),
        ("abcdef.verylongextensionoverthetwentychars", "abcdef_*.onoverthetwentychars"),
        ("abc.b*c+d=e#f.g", "abc_*.b*c+d=e#f.g"),
        ("abc.t$xt", "abc_*.txt"),
        ("  spaces  .txt", "spaces_*.txt"),
        ("abc.tar .gz", "abc_*.tar.gz"),
        ("abc.$$$", "abc_*.txt"),
        ("foo.bar.baz!", "foo_*.bar.baz"),
        ("a__b--c", "a_b_c_*.txt"),
        ("x1Y2z3.txt", "x1_y2z3_*.txt"),
        ("abc123DEF.txt", "abc123_def_*.txt"),
        ("abc.Tar.GZ", "abc_*.Tar.GZ"),
        ("abc.日本", "abc_*.txt"),
        ("emoji😀.txt", "emoji_*.txt"),
        ("abc.tar.gz.", "abc_tar_*.gz"),
        ("_a_b_.txt", "a_b_*.txt"),
        ("abcABC", "abc_abc_*.txt"),
        ("aB", "a_b_*.txt"),
        ("my.file.name.txt", "my_file_*.name.txt"),
        ("q\"uote.txt", "q_uote_*.txt"),
        ("name.-", "name_*.-"),
        ("ABCDef12Ghi", "abcdef12_ghi_*.txt"),
        ("C:\\x\\y.txt", "c_x_y_*.txt"),
        ("foo..", "foo_*.txt"),
        ("..a..b..", "a_b_*.txt"),
        ("abc.b.cccccccccccccccccc", "abc_*.b.cccccccccccccccccc"),
        ("abc.b.ccccccccccccccccccc", "abc_*.ccccccccccccccccccc"),
    ] {
        assert_eq!(shape(original), expected, "{original}");
    }
}

#[test]
fn short_bases_are_filled_up() {
    for (original, base, extension) in [
        ("a.txt", "a", ".txt"),
        (".htaccess", "", ".htaccess"),
        ("c.tar.gz", "c", ".tar.gz"),
        ("日本語.png", "", ".png"),
        ("..", "", ".txt"),
        ("...", "", ".txt"),
        ("a..b", "a", ".b"),
        ("", "", ".txt"),
        ("/", "", ".txt"),
        ("a/", "a", ".txt"),
        ("....txt", "", ".txt"),
        ("ab_", "ab", ".txt"),
        (".a.b", "", ".a.b"),
    ] {
        let name = stored_name(original, "text/plain");
        let rest = name.strip_prefix(base).unwrap().strip_suffix(extension).unwrap();
        let (filling, suffix) = rest.split_once('_').unwrap();
        assert_eq!((filling.len(), suffix.len()), (10, 10), "{original}: {name}");
    }
}

#[test]
fn long_names_are_cut() {
    let name = stored_name(&format!("{}.txt", "x".repeat(400)), "");
    assert_eq!((name.len(), name.rsplit_once('_').unwrap().0.len()), (115, 100));
    assert_eq!(kept_name(&"x".repeat(400)).len(), 300);
    assert_eq!(kept_name(&format!("/a/{}", "é".repeat(400))).len(), 300);
    assert_eq!(kept_name(&format!("x{}", "é".repeat(400))).len(), 299);
}

#[test]
fn content_gives_the_extension() {
    let named = |bytes: &[u8]| stored_name("file", &sniff(bytes));
    assert!(named(b"\x89PNG\r\n\x1a\n").ends_with(".png"));
    assert!(named(b"{\"a\":1}").ends_with(".json"));
    assert!(named(b"").ends_with(".txt"));
    assert!(!named(&[0, 1, 2]).contains('.'));
}

proptest! {
    #[test]
    fn any_name_is_a_safe_one(original in any::<String>(), content_type in any::<String>()) {
        check(&stored_name(&original, &content_type));
        let kept = kept_name(&original);
        prop_assert!(kept.len() <= 300 && !kept.contains('/'));
    }

    #[test]
    fn names_of_dots_and_slashes_are_safe(original in "[./\\\\a-cA é\u{0}-]{0,40}") {
        check(&stored_name(&original, ""));
    }
}

fn check(name: &str) {
    assert!(name.len() <= 132, "{name}");
    assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.*-+=#".contains(&byte)), "{name}");
    let (base, _) = name.split_once('_').unwrap();
    assert!(
        !base.is_empty() && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()),
        "{name}"
    );
    // A client's extension may begin with an underscore: `._.0` is one.
    assert!(!name.ends_with('.') && !name.contains(".."), "{name}");
}
