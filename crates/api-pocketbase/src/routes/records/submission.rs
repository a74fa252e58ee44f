//! The body of a create or update.

use axum::body::Body;
use ketch_model::{Collection, FieldKind};
use ketch_records::submission::UploadedContent;
use ketch_records::{Submission, UploadedFile};

use crate::body::{self, Content, DEFAULT_LIMIT, Upload};
use crate::error::ApiResult;
use crate::request::Caller;

/// Reads a body of at most the bytes that the collection's fields may hold.
pub async fn read(collection: &Collection, caller: &Caller, body: Body) -> ApiResult<Submission> {
    let submitted = body::read(body, &caller.headers, limit(collection)).await?;
    let uploads = submitted.uploads.into_iter().map(uploaded).collect();
    Ok(Submission { data: submitted.data, uploads })
}

/// A received file as the record core takes it.
pub(crate) fn uploaded(upload: Upload) -> UploadedFile {
    UploadedFile {
        key: upload.field,
        original_name: upload.file_name,
        size: upload.size,
        content: match upload.content {
            Content::Memory(bytes) => UploadedContent::Memory(bytes),
            Content::File { path, head } => UploadedContent::File { path, head },
        },
    }
}

/// The default limit and what the large fields may hold on top of it.
fn limit(collection: &Collection) -> u64 {
    let allowances = collection.fields.iter().map(|field| match &field.kind {
        FieldKind::File(file) => file.effective_max_size().saturating_mul(file.effective_max_select()),
        FieldKind::Json(json) => json.effective_max_size(),
        FieldKind::Editor(editor) => editor.effective_max_size(),
        _ => 0,
    });
    allowances.fold(DEFAULT_LIMIT, |sum, bytes| sum.saturating_add(u64::try_from(bytes).unwrap_or(0)))
}
