#![no_main]

use ketch_query::fields::FieldPicker;
use ketch_query::{expand, filter};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|text: &str| {
    let _ = filter::parse(text);
    let _ = expand::parse(text);
    if let Ok(picker) = FieldPicker::parse(text) {
        picker.apply(json!({"a": {"b": [1, text]}, "c": text}));
    }
});
