//! The collections of a new folder.

use super::definition::{Collection, CollectionKind, SUPERUSERS};
use super::scaffold;
use crate::fields::Field;
use crate::fields::autodate::AutodateOptions;
use crate::fields::file::FileOptions;
use crate::fields::password::PasswordOptions;
use crate::fields::text::TextOptions;
use crate::{ids, time};

pub const MFAS: &str = "_mfas";
pub const OTPS: &str = "_otps";
pub const EXTERNAL_AUTHS: &str = "_externalAuths";
pub const AUTH_ORIGINS: &str = "_authOrigins";
pub const USERS: &str = "users";
pub const USERS_ID: &str = "_pb_users_auth_";

/// How long superusers stay signed in, in seconds.
const SUPERUSER_TOKEN_DURATION: i64 = 86_400;
/// Whose sign-in data a row is.
const OWNER_RULE: &str =
    "@request.auth.id != '' && recordRef = @request.auth.id && collectionRef = @request.auth.collectionId";
const SAME_RECORD_RULE: &str = "id = @request.auth.id";

/// The five system collections and `users`, in the order in which a new folder gets them.
pub fn all() -> Vec<Collection> {
    vec![mfas(), otps(), external_auths(), auth_origins(), superusers(), users()]
}

fn mfas() -> Collection {
    let mut collection = owned(MFAS, [required_text("method")]);
    collection.indexes.push(
        "CREATE INDEX `idx_mfas_collectionRef_recordRef` ON `_mfas` (collectionRef,recordRef)".to_owned(),
    );
    finish(collection, true)
}

fn otps() -> Collection {
    let password = PasswordOptions { cost: 8, ..PasswordOptions::default() };
    let password = Field { required: true, hidden: true, ..Field::new("password", password) };
    let sent_to = Field { hidden: true, ..Field::new("sentTo", TextOptions::default()) };
    let mut collection = owned(OTPS, [password, sent_to]);
    collection.indexes.push(
        "CREATE INDEX `idx_otps_collectionRef_recordRef` ON `_otps` (collectionRef, recordRef)".to_owned(),
    );
    finish(collection, true)
}

fn external_auths() -> Collection {
    let mut collection = owned(EXTERNAL_AUTHS, [required_text("provider"), required_text("providerId")]);
    collection.delete_rule = Some(OWNER_RULE.to_owned());
    collection.indexes = vec![
        "CREATE UNIQUE INDEX `idx_externalAuths_record_provider` ON `_externalAuths` (collectionRef, recordRef, provider)".to_owned(),
        "CREATE UNIQUE INDEX `idx_externalAuths_collection_provider` ON `_externalAuths` (collectionRef, provider, providerId)".to_owned(),
    ];
    finish(collection, true)
}

fn auth_origins() -> Collection {
    let mut collection = owned(AUTH_ORIGINS, [required_text("fingerprint")]);
    collection.delete_rule = Some(OWNER_RULE.to_owned());
    collection.indexes.push(
        "CREATE UNIQUE INDEX `idx_authOrigins_unique_pairs` ON `_authOrigins` (collectionRef, recordRef, fingerprint)".to_owned(),
    );
    finish(collection, true)
}

fn superusers() -> Collection {
    let mut collection = named(SUPERUSERS, CollectionKind::auth());
    if let CollectionKind::Auth(options) = &mut collection.kind {
        options.auth_token.duration = SUPERUSER_TOKEN_DURATION;
    }
    scaffold::ensure_system_fields(&mut collection);
    finish(collection, true)
}

fn users() -> Collection {
    let mut collection = named(USERS, CollectionKind::auth());
    USERS_ID.clone_into(&mut collection.id);
    if let CollectionKind::Auth(options) = &mut collection.kind {
        "name".clone_into(&mut options.oauth2.mapped_fields.name);
        "avatar".clone_into(&mut options.oauth2.mapped_fields.avatar_url);
    }
    let same_record = || Some(SAME_RECORD_RULE.to_owned());
    collection.list_rule = same_record();
    collection.view_rule = same_record();
    collection.create_rule = Some(String::new());
    collection.update_rule = same_record();
    collection.delete_rule = same_record();
    scaffold::ensure_system_fields(&mut collection);
    let image_types = ["image/jpeg", "image/png", "image/svg+xml", "image/gif", "image/webp"];
    let avatar = FileOptions {
        max_select: 1,
        mime_types: image_types.map(str::to_owned).to_vec(),
        ..FileOptions::default()
    };
    collection.fields.push(Field::new("name", TextOptions { max: 255, ..TextOptions::default() }));
    collection.fields.push(Field::new("avatar", avatar));
    finish(collection, false)
}

fn named(name: &str, kind: CollectionKind) -> Collection {
    let mut collection = Collection::blank(kind);
    collection.id = ids::checksum_id("pbc_", &format!("{}{name}", collection.type_name()));
    name.clone_into(&mut collection.name);
    collection
}

/// A collection of sign-in data that belong to an auth record.
fn owned<const COUNT: usize>(name: &str, fields: [Field; COUNT]) -> Collection {
    let mut collection = named(name, CollectionKind::Base);
    collection.list_rule = Some(OWNER_RULE.to_owned());
    collection.view_rule = Some(OWNER_RULE.to_owned());
    scaffold::ensure_system_fields(&mut collection);
    collection.fields.push(required_text("collectionRef"));
    collection.fields.push(required_text("recordRef"));
    collection.fields.extend(fields);
    collection
}

fn required_text(name: &str) -> Field {
    Field { required: true, ..Field::new(name, TextOptions::default()) }
}

/// Adds the dates and, for auth collections, the indexes.
fn finish(mut collection: Collection, system: bool) -> Collection {
    collection.fields.push(Field::new("created", AutodateOptions { on_create: true, on_update: false }));
    collection.fields.push(Field::new("updated", AutodateOptions { on_create: true, on_update: true }));
    if system {
        collection.system = true;
        for field in &mut collection.fields {
            field.system = true;
        }
    }
    let id = collection.id.clone();
    scaffold::ensure_auth_indexes(&mut collection, &id);
    collection.created = time::now();
    collection.updated.clone_from(&collection.created);
    collection.index_fields();
    collection
}
