//! Whether the rules of a collection can be resolved.

use std::sync::Arc;

use ketch_model::error::Invalid;
use ketch_model::{Collection, FieldError, FieldErrors, Schema};
use ketch_query::{RequestInfo, Resolver};

/// Notes each rule that does not resolve; a key that has an error keeps it. The schema must hold
/// the collection as it will be.
pub(super) fn check(schema: &Arc<Schema>, collection: &Arc<Collection>, errors: &mut FieldErrors) {
    let shared = [
        ("listRule", &collection.list_rule),
        ("viewRule", &collection.view_rule),
        ("createRule", &collection.create_rule),
        ("updateRule", &collection.update_rule),
        ("deleteRule", &collection.delete_rule),
    ];
    for (key, rule) in shared {
        check_one(schema, collection, key, rule.as_deref(), errors);
    }
    let Some(options) = collection.auth() else {
        return;
    };
    check_one(schema, collection, "authRule", options.auth_rule.as_deref(), errors);
    check_one(schema, collection, "manageRule", options.manage_rule.as_deref(), errors);
    if options.mfa.enabled && !errors.contains_key("mfa") {
        let mut nested = FieldErrors::new();
        check_one(schema, collection, "rule", Some(&options.mfa.rule), &mut nested);
        if !nested.is_empty() {
            errors.insert("mfa".to_owned(), FieldError::Nested(nested));
        }
    }
}

fn check_one(
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    key: &str,
    rule: Option<&str>,
    errors: &mut FieldErrors,
) {
    let Some(rule) = rule.filter(|rule| !rule.is_empty()) else {
        return;
    };
    let request = RequestInfo::default();
    let mut resolver = Resolver::new(schema.clone(), collection.clone(), &request);
    if let Err(error) = resolver.rule(rule) {
        let message = format!("Invalid rule. Raw error: {}", error.message);
        let invalid = Invalid::new("validation_invalid_rule", message);
        errors.entry(key.to_owned()).or_insert_with(|| invalid.into());
    }
}
