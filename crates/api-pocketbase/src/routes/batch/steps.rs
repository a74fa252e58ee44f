//! From the entries of a batch to the steps of the write path.

use std::sync::Arc;

use ketch_app::App;
use ketch_model::{Collection, Error};
use ketch_query::fields::FieldPicker;
use ketch_records::batch::{BatchStep, Step};
use ketch_records::{Submission, UploadedFile};
use percent_encoding::percent_decode_str;

use super::entry::Entry;
use crate::body::Upload;
use crate::request::{Caller, QueryParams};
use crate::routes::records;

/// The steps, and for each what its answer shows of the record.
pub(super) fn prepare(
    app: &App,
    caller: &Caller,
    entries: Vec<Entry>,
    uploads: Vec<Upload>,
) -> (Vec<BatchStep>, Vec<Option<FieldPicker>>) {
    let mut files: Vec<Vec<UploadedFile>> = entries.iter().map(|_| Vec::new()).collect();
    for mut upload in uploads {
        if let Some((index, key)) = owner(&upload.field)
            && let Some(files) = files.get_mut(index)
        {
            upload.field = key;
            files.push(records::uploaded(upload));
        }
    }
    let outer = caller.request_info("batch");
    let mut steps = Vec::with_capacity(entries.len());
    let mut pickers = Vec::with_capacity(entries.len());
    for (entry, uploads) in entries.into_iter().zip(files) {
        let Entry { method, url, headers, body } = entry;
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let query = QueryParams::parse(query);
        let mut request = outer.clone();
        request.method.clone_from(&method);
        let parameters = query.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        request.query = Arc::new(parameters.collect());
        for (name, value) in headers {
            let name = name.to_ascii_lowercase().replace('-', "_");
            // Who asks is who asked for the batch.
            if name != "authorization" {
                Arc::make_mut(&mut request.headers).insert(name, value);
            }
        }
        let step = match FieldPicker::parse(query.text("fields")) {
            Ok(picker) => {
                pickers.push((!picker.picks_everything()).then_some(picker));
                step(app, &method, path, Submission { data: body, uploads })
            }
            Err(error) => {
                pickers.push(None);
                Step::Refused(error)
            }
        };
        steps.push(BatchStep { step, request, expand: query.text("expand").to_owned() });
    }
    (steps, pickers)
}

/// The entry and the body key that a file belongs to: `requests.0.avatar` or `requests[0].avatar`.
fn owner(field: &str) -> Option<(usize, String)> {
    let rest = field.strip_prefix("requests")?;
    let (index, key) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once("].")?,
        None => rest.strip_prefix('.')?.split_once('.')?,
    };
    Some((index.parse().ok()?, key.to_owned()))
}

fn step(app: &App, method: &str, path: &str, submission: Submission) -> Step {
    let Some((collection, id)) = target(path) else {
        return Step::Refused(Error::bad_request(""));
    };
    let find = || -> Result<Arc<Collection>, Error> {
        let schema = app.records.schema();
        schema.find(&collection).cloned().ok_or_else(|| Error::not_found("Missing collection context."))
    };
    let found = match (method, &id) {
        ("POST" | "PUT", None) | ("PATCH" | "DELETE", Some(_)) => find(),
        _ => Err(Error::bad_request("")),
    };
    match (found, method, id) {
        (Err(error), ..) => Step::Refused(error),
        (Ok(collection), "PUT", _) => Step::Upsert { collection, submission },
        (Ok(collection), "PATCH", Some(id)) => Step::Update { collection, id, submission },
        (Ok(collection), "DELETE", Some(id)) => Step::Delete { collection, id },
        (Ok(collection), ..) => Step::Create { collection, submission },
    }
}

/// The collection and the record that a path names.
fn target(path: &str) -> Option<(String, Option<String>)> {
    let segments: Vec<&str> = path.strip_prefix("/api/collections/")?.split('/').collect();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    match segments.as_slice() {
        [collection, "records"] if !collection.is_empty() => Some((decoded(collection)?, None)),
        [collection, "records", id] if !collection.is_empty() && !id.is_empty() => {
            Some((decoded(collection)?, Some(decoded(id)?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_of_files() {
        let table = [
            ("requests.0.avatar", Some((0, "avatar"))),
            ("requests[12].docs+", Some((12, "docs+"))),
            ("requests.1.a.b", Some((1, "a.b"))),
            ("requests.x.a", None),
            ("requests[0]avatar", None),
            ("avatar", None),
        ];
        for (field, expected) in table {
            assert_eq!(owner(field), expected.map(|(index, key)| (index, key.to_owned())), "{field}");
        }
    }

    #[test]
    fn targets() {
        let text = |text: &str| text.to_owned();
        assert_eq!(target("/api/collections/a%20b/records"), Some((text("a b"), None)));
        assert_eq!(target("/api/collections/a/records/x"), Some((text("a"), Some(text("x")))));
        for path in
            ["/api/collections/a/records/", "/api/collections", "http://h/api/collections/a/records", ""]
        {
            assert_eq!(target(path), None, "{path}");
        }
    }
}
