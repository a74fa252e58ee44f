//! From submitted data to the record that would be stored: names for uploads, hashes for
//! passwords, modifiers, generated values, and every check that needs no store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ketch_files::{mime, names};
use ketch_model::error::Invalid;
use ketch_model::fields::file::FileOptions;
use ketch_model::modifiers;
use ketch_model::{Collection, Field, FieldErrors, FieldKind, Object, Record, Result, Value, ids, time};

use crate::submission::{Submission, UploadedContent, field_of_key};

/// What bcrypt takes at most.
pub(crate) const PASSWORD_BYTES_MAX: usize = 72;

/// A submission with everything slow or random done once, so that a transaction can be planned
/// from it again without bcrypt and without new file names.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    pub data: Object,
    pub files: Vec<NewFile>,
    /// By field name: the hash of the submitted plain text, or why there is none.
    pub hashes: BTreeMap<String, Result<String, Invalid>>,
    /// The stored hash that the submitted `oldPassword` was found to match.
    pub old_password_of: Option<String>,
    /// The server made the passwords itself: what their fields demand of people's does not count.
    pub trusts_passwords: bool,
    /// The address that the owner of a new account is known to have: with it, the account is verified.
    pub verified_email: Option<String>,
    /// The id that a new record gets if none was submitted: its files are already stored under it.
    pub new_id: Option<String>,
}

/// An upload under the name that it will be stored by.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub field: String,
    pub name: String,
    pub original_name: String,
    pub size: u64,
    pub content_type: String,
    pub content: UploadedContent,
}

impl Prepared {
    /// Names the uploads and merges them into the data, as values under their own keys.
    pub fn of(collection: &Collection, submission: Submission) -> Self {
        let Submission { mut data, uploads } = submission;
        let mut files = Vec::new();
        for upload in uploads {
            let Some(field) = collection.field(field_of_key(&upload.key)) else {
                continue;
            };
            if !matches!(field.kind, FieldKind::File(_)) {
                continue;
            }
            let content_type = match &upload.content {
                UploadedContent::Memory(bytes) => names::sniff(bytes),
                UploadedContent::File { head, .. } => names::sniff(head),
            };
            let name = names::stored_name(&upload.original_name, &content_type);
            let entry = data.entry(upload.key.clone()).or_insert_with(|| Value::Array(Vec::new()));
            let mut named = match entry.take() {
                Value::Array(items) => items,
                Value::Null => Vec::new(),
                Value::String(text) if text.is_empty() => Vec::new(),
                // A form sends a list of existing names as JSON text.
                Value::String(text) => match serde_json::from_str(&text) {
                    Ok(Value::Array(items)) => items,
                    _ => vec![Value::String(text)],
                },
                other => vec![other],
            };
            named.push(Value::String(name.clone()));
            *entry = Value::Array(named);
            files.push(NewFile {
                field: field.name.clone(),
                name,
                size: upload.size,
                original_name: upload.original_name,
                content_type,
                content: upload.content,
            });
        }
        Self { data, files, ..Self::default() }
    }

    /// Whether a submitted password is longer than bcrypt takes.
    pub fn has_unhashable(&self, collection: &Collection) -> bool {
        collection.fields.iter().any(|field| {
            matches!(field.kind, FieldKind::Password(_))
                && self
                    .data
                    .get(&field.name)
                    .and_then(Value::as_str)
                    .is_some_and(|plain| plain.len() > PASSWORD_BYTES_MAX)
        })
    }

    /// The password fields whose plain text is acceptable and has to be hashed: name, plain text, bcrypt cost.
    pub fn to_hash(&self, collection: &Collection) -> Vec<(String, String, u32)> {
        let fields = collection.fields.iter().filter_map(|field| match &field.kind {
            FieldKind::Password(options) => Some((field, options)),
            _ => None,
        });
        fields
            .filter_map(|(field, options)| {
                let plain = field.normalize(self.data.get(&field.name)?);
                let plain = plain.as_str().filter(|text| !text.is_empty())?;
                options.validate_plain(plain).ok()?;
                Some((field.name.clone(), plain.to_owned(), options.effective_cost()))
            })
            .collect()
    }
}

/// What a submission makes of a record, before rules and store are asked.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The record to store.
    pub record: Record,
    /// `None` where nobody asks.
    pub question: Option<Question>,
    pub errors: FieldErrors,
}

/// What rules look at.
#[derive(Debug)]
pub(crate) struct Question {
    /// The record of a create rule: nothing generated yet, never verified. That of an update rule is
    /// the stored one.
    pub unsaved: Option<Record>,
    /// `@request.body`.
    pub body: Object,
}

impl Draft {
    /// `asked`: whether rules will look at it.
    pub fn of_create(collection: &Arc<Collection>, prepared: &Prepared, asked: bool) -> Self {
        let blank = Record::blank(collection.clone());
        let mut draft = Self::apply(&blank, true, prepared, asked);
        if let Some(question) = &mut draft.question {
            question.unsaved = Some(unsaved(&draft.record));
        }
        generate(&mut draft.record, prepared.new_id.as_deref());
        draft.check(&blank, prepared);
        draft
    }

    /// `asked`: whether rules will look at it.
    pub fn of_update(current: &Record, prepared: &Prepared, asked: bool) -> Self {
        let mut draft = Self::apply(current, false, prepared, asked);
        touch(&mut draft.record);
        draft.check(current, prepared);
        draft
    }

    fn apply(base: &Record, is_new: bool, prepared: &Prepared, asked: bool) -> Self {
        let collection = &base.collection;
        let body = modifiers::apply(collection, base, &prepared.data);
        let question = asked.then(|| {
            let mut body = body.clone();
            describe_files(&mut body, prepared);
            Question { unsaved: None, body }
        });
        let mut record = base.clone();
        let mut errors = FieldErrors::new();
        for (key, value) in body {
            let Some(index) = collection.field_index(&key) else {
                continue;
            };
            let field = &collection.fields[index];
            match &field.kind {
                FieldKind::Autodate(_) => {}
                FieldKind::Password(_) => {
                    let hash = prepared.hashes.get(&key).and_then(|hash| hash.clone().ok());
                    record.values[index] = Value::String(hash.unwrap_or_default());
                }
                FieldKind::Text(text) if text.primary_key && !is_new => {
                    if value.as_str() != Some(base.id()) {
                        let invalid =
                            Invalid::new("validation_pk_change", "The record primary key cannot be changed.");
                        errors.insert(key, invalid.into());
                    }
                }
                _ => record.replace(index, value),
            }
        }
        Self { record, question, errors }
    }

    /// Every check of values that needs no store; the first failure of each field is kept.
    fn check(&mut self, base: &Record, prepared: &Prepared) {
        let collection = self.record.collection.clone();
        for (field, (value, before)) in
            collection.fields.iter().zip(self.record.values.iter().zip(&base.values))
        {
            if self.errors.contains_key(&field.name) {
                continue;
            }
            let checked = match &field.kind {
                FieldKind::Autodate(_) => Ok(()),
                FieldKind::Password(_) => check_password(field, value, prepared),
                FieldKind::File(_) => check_files(field, value, before, prepared),
                // It may have got an id that clients of this dialect could not choose.
                FieldKind::Text(text) if text.primary_key && value == before && *value != "" => Ok(()),
                _ => field.validate(value),
            };
            if let Err(invalid) = checked {
                self.errors.insert(field.name.clone(), invalid.into());
            }
        }
    }
}

fn check_password(field: &Field, value: &Value, prepared: &Prepared) -> Result<(), Invalid> {
    let FieldKind::Password(options) = &field.kind else {
        return Ok(());
    };
    let submitted = prepared.data.get(&field.name).map(|raw| field.normalize(raw));
    match submitted.as_ref().and_then(Value::as_str) {
        Some(plain) if !plain.is_empty() => {
            if !prepared.trusts_passwords {
                options.validate_plain(plain)?;
            }
            match prepared.hashes.get(&field.name) {
                Some(Ok(_)) => Ok(()),
                Some(Err(invalid)) => Err(invalid.clone()),
                None => Err(Invalid::value()),
            }
        }
        _ if field.required && value.as_str().is_none_or(str::is_empty) => Err(Invalid::required()),
        _ => Ok(()),
    }
}

fn check_files(field: &Field, value: &Value, before: &Value, prepared: &Prepared) -> Result<(), Invalid> {
    let FieldKind::File(options) = &field.kind else {
        return Ok(());
    };
    let new: Vec<&NewFile> = prepared.files.iter().filter(|file| file.field == field.name).collect();
    let mut unknown = FileOptions::unknown_names(value, before);
    unknown.retain(|name| !new.iter().any(|file| file.name == *name));
    if !unknown.is_empty() {
        return Err(FileOptions::invalid_names(&unknown));
    }
    field.validate(value)?;
    let kept = crate::relation::ids_of(value).collect::<BTreeSet<_>>();
    for file in new.iter().filter(|file| kept.contains(file.name.as_str())) {
        options.validate_size(&file.original_name, file.size)?;
        if !mime::is_allowed(&file.content_type, &options.mime_types) {
            return Err(options.invalid_mime_type(&file.name));
        }
    }
    Ok(())
}

/// Shows uploads to rules as objects: `@request.body.avatar.size`.
fn describe_files(body: &mut Object, prepared: &Prepared) {
    let described = |item: &Value| {
        let name = item.as_str()?;
        let file = prepared.files.iter().find(|file| file.name == name)?;
        let mut object = Object::new();
        object.insert("name".to_owned(), Value::from(file.name.as_str()));
        object.insert("originalName".to_owned(), Value::from(file.original_name.as_str()));
        object.insert("size".to_owned(), Value::from(file.size));
        Some(Value::Object(object))
    };
    let mut fields: Vec<&str> = prepared.files.iter().map(|file| file.field.as_str()).collect();
    fields.dedup();
    for field in fields {
        match body.get_mut(field) {
            Some(Value::Array(items)) => {
                for item in items {
                    if let Some(object) = described(item) {
                        *item = object;
                    }
                }
            }
            Some(item) => {
                if let Some(object) = described(item) {
                    *item = object;
                }
            }
            None => {}
        }
    }
}

fn unsaved(record: &Record) -> Record {
    let mut unsaved = record.clone();
    if unsaved.collection.is_auth() {
        unsaved.set("verified", Value::Bool(false));
    }
    if unsaved.id().is_empty() {
        unsaved.set("id", Value::String(format!("temp_{}", ids::record_id())));
    }
    unsaved
}

/// Fills what a new record gets by itself: generated texts and creation dates.
pub(crate) fn generate(record: &mut Record, id: Option<&str>) {
    let collection = record.collection.clone();
    let now = time::now();
    for (field, value) in collection.fields.iter().zip(&mut record.values) {
        match &field.kind {
            FieldKind::Text(text)
                if !text.autogenerate_pattern.is_empty() && value.as_str().is_none_or(str::is_empty) =>
            {
                *value = match id.filter(|_| text.primary_key) {
                    Some(id) => Value::from(id),
                    None => Value::String(text.autogenerate()),
                };
            }
            FieldKind::Autodate(dates) if dates.on_create => *value = Value::String(now.clone()),
            _ => {}
        }
    }
}

pub(crate) fn touch(record: &mut Record) {
    let collection = record.collection.clone();
    for (field, value) in collection.fields.iter().zip(&mut record.values) {
        if let FieldKind::Autodate(dates) = &field.kind
            && dates.on_update
        {
            *value = Value::String(time::now());
        }
    }
}
