#![no_main]

use ketch_store::sql::select_records;
use libfuzzer_sys::fuzz_target;

// The tests of the compiler use more of these helpers than this target does.
#[allow(dead_code)]
#[path = "../../crates/store/tests/queries/support.rs"]
mod support;

use support::{App, Sqlite};

thread_local! {
    static APP: App = App::open();
}

fuzz_target!(|text: &str| {
    let (filter, sort) = text.split_once('\n').unwrap_or((text, ""));
    APP.with(|app| {
        for person in ["", "ann"] {
            let request = app.request(person);
            let mut resolver = app.resolver("posts", &request);
            let Ok(predicate) = resolver.rule(filter) else { continue };
            if resolver.sort(sort, true).is_err() {
                continue;
            }
            let statement = select_records(&Sqlite, &resolver.into_select(vec![predicate]));
            app.plan(&statement);
            let _ = app.list("posts", filter, sort, &request);
        }
    });
});
