use super::*;

/// The paths that `source` names as module `a::b`, joined, in order.
fn paths(source: &str) -> Vec<String> {
    let facts = scan(source, &["a".to_owned(), "b".to_owned()]).expect("source");
    facts.paths.into_iter().map(|found| found.what.join("::")).collect()
}

#[test]
fn imports_are_taken_apart() {
    assert_eq!(paths("use crate::c::D;"), ["c::D"]);
    assert_eq!(paths("use crate::{c::{D, e::*}, f as g, self};"), ["c::D", "c::e", "f", ""]);
    assert_eq!(paths("pub(crate) use super::c::{self, D};"), ["a::c", "a::c::D"]);
    assert_eq!(paths("use super::super::c;"), ["c"]);
    assert_eq!(paths("use self::c::D;"), ["a::b::c::D"]);
    assert_eq!(paths("use std::fmt; use child::X; pub(in crate::a) fn f() {}"), ["a"]);
}

#[test]
fn paths_in_code_count_too() {
    assert_eq!(
        paths("fn f(x: crate::c::D) -> super::E<crate::g::H> { crate::i::j::<u8>(x) }"),
        ["c::D", "a::E", "g::H", "i::j"]
    );
    assert_eq!(paths("fn f<'a>() -> impl X + use<'a> { crate::c::D }"), ["c::D"]);
    assert_eq!(paths("macro_rules! m { () => { $crate::c::d!(1) } }"), ["c::d"]);
    assert_eq!(paths("fn f() { println!(\"{}\", crate::c::D) }"), ["c::D"]);
    assert_eq!(paths("#[serde(with = \"crate::time\")] struct S;"), ["time"]);
}

#[test]
fn comments_and_strings_are_no_code() {
    assert!(paths("// use crate::c;\n/* crate::d */ /// crate::e\n fn f() { g(\"crate::h\") }").is_empty());
}

#[test]
fn modules_inside_the_file_shift_super() {
    assert_eq!(paths("mod inner { use super::super::c::D; use super::e; }"), ["a::c::D", "a::b::e"]);
}

#[test]
fn code_for_tests_is_left_out() {
    let source = "#[cfg(test)] mod tests { use crate::c; }
        #[cfg(test)] #[allow(x)] fn f() { crate::d() }
        #[cfg(test)] mod file;
        use crate::e;";
    let facts = scan(source, &["a".to_owned()]).expect("source");
    assert_eq!(facts.paths.len(), 1);
    assert_eq!(facts.test_modules, [["a".to_owned(), "file".to_owned()]]);
    assert!(scan("struct S { #[cfg(test)] }", &[]).is_ok());
    assert!(scan("#![cfg(test)] use crate::c;", &[]).expect("source").paths.is_empty());
}

#[test]
fn strings_of_all_sorts_are_found_and_documentation_is_not() {
    let source = "/// SELECT doc\nfn f() { g(\"one\", r#\"two \"quoted\"\"#, b\"three\", 'c', 4, x != y); h!(\"five\") }";
    let facts = scan(source, &[]).expect("source");
    let strings: Vec<&str> = facts.strings.iter().map(|found| found.what.as_str()).collect();
    assert_eq!(strings, ["one", "two \"quoted\"", "three", "five"]);
    assert_eq!(facts.strings[0].line, 2);
    let macros: Vec<&str> = facts.macros.iter().map(|found| found.what.as_str()).collect();
    assert_eq!(macros, ["h"]);
}

#[test]
fn what_the_roof_passes_on_is_known_by_name() {
    let facts = scan("pub use cell::{Cell, CellRef as Ref}; mod cell;", &[]).expect("source");
    let names: Vec<(String, String)> =
        facts.imports.into_iter().map(|(path, name)| (path.join("::"), name)).collect();
    let expected = [("cell::Cell", "Cell"), ("cell::CellRef", "Ref")];
    assert_eq!(names, expected.map(|(path, name)| (path.to_owned(), name.to_owned())));
}

#[test]
fn a_broken_file_is_an_error() {
    assert!(scan("fn f( {", &[]).is_err());
}
