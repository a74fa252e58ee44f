//! The list of a collection's fields: adding by id or name, and the fields that every record has.

use crate::fields::bool::BoolOptions;
use crate::fields::email::EmailOptions;
use crate::fields::password::PasswordOptions;
use crate::fields::text::{ID_PATTERN, TextOptions};
use crate::fields::{Field, FieldKind};

/// The id of the `id` field, whoever wrote the collection.
const ID_FIELD_ID: &str = "text3208210256";

/// Adds a field as a submission means it: one without id takes that of a field of the same name,
/// else its default one; a field of the same id is replaced where it stands.
pub fn add(fields: &mut Vec<Field>, mut field: Field) {
    if field.id.is_empty() {
        field.id = match fields.iter().find(|known| known.name == field.name) {
            Some(known) => known.id.clone(),
            None => free_id(fields, &field),
        };
    }
    match fields.iter_mut().find(|known| known.id == field.id) {
        Some(known) => *known = field,
        None => fields.push(field),
    }
}

/// Submitted fields do not say what the Instant dialect knows of them: they keep it, as long as the
/// type stays. A relation with a table of its own stays one to many.
pub fn keep_attrs(fields: &mut [Field], before: &[Field]) {
    for field in fields {
        let Some(known) = before.iter().find(|known| known.id == field.id) else { continue };
        if known.type_name() != field.type_name() {
            continue;
        }
        field.nullable = known.nullable;
        field.attr.clone_from(&known.attr);
        if let (true, FieldKind::Relation(options), FieldKind::Relation(known)) =
            (field.is_link_table(), &mut field.kind, &known.kind)
        {
            options.max_select = known.max_select;
        }
    }
}

/// The default id, with a counter from 2 if it is taken.
fn free_id(fields: &[Field], field: &Field) -> String {
    let first = Field::default_id(field.type_name(), &field.name);
    let is_free = |id: &String| !fields.iter().any(|known| known.id == *id);
    if is_free(&first) {
        return first;
    }
    (2..).map(|counter: u32| format!("{first}{counter}")).find(is_free).unwrap_or(first)
}

/// Adds the `id` field, or restores what a submission must not change of it.
pub fn ensure_id(fields: &mut Vec<Field>) {
    for field in fields.iter_mut().filter(|field| field.name == "id") {
        if let FieldKind::Text(options) = &mut field.kind {
            options.primary_key = true;
            if options.pattern.is_empty() {
                options.pattern = ID_PATTERN.into();
            }
            (field.system, field.required, field.hidden) = (true, true, false);
            return;
        }
    }
    // Another field under this id stays, and the collection is refused for want of an id field.
    if !fields.iter().any(|field| field.id == ID_FIELD_ID) {
        fields.insert(0, id_field());
    }
}

/// Adds the fields of auth records, or restores what a submission must not change of them.
pub fn ensure_auth(fields: &mut Vec<Field>) {
    for default in auth_fields() {
        let known = fields
            .iter_mut()
            .find(|field| field.name == default.name && field.type_name() == default.type_name());
        let Some(known) = known else {
            add(fields, Field { id: String::new(), ..default });
            continue;
        };
        known.system = true;
        match &default.kind {
            FieldKind::Email(_) => known.hidden = false,
            FieldKind::Bool(_) => {}
            _ => (known.hidden, known.required) = (true, true),
        }
    }
}

fn id_field() -> Field {
    let options = TextOptions {
        min: 15,
        max: 15,
        pattern: ID_PATTERN.into(),
        autogenerate_pattern: "[a-z0-9]{15}".into(),
        primary_key: true,
    };
    Field { system: true, required: true, ..Field::new("id", options) }
}

fn auth_fields() -> [Field; 5] {
    let password = PasswordOptions { min: 8, ..PasswordOptions::default() };
    let token_key = TextOptions {
        min: 30,
        max: 60,
        autogenerate_pattern: "[a-zA-Z0-9]{50}".into(),
        ..TextOptions::default()
    };
    let secret = |field: Field| Field { system: true, hidden: true, required: true, ..field };
    let flag = |name: &str| Field { system: true, ..Field::new(name, BoolOptions::default()) };
    [
        secret(Field::new("password", password)),
        secret(Field::new("tokenKey", token_key)),
        Field { system: true, required: true, ..Field::new("email", EmailOptions::default()) },
        flag("emailVisibility"),
        flag("verified"),
    ]
}
