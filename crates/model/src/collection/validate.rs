//! Every check of a collection that needs neither the database nor the query language.

use super::auth::AuthOptions;
use super::check::{check, in_list, length, no_via, put, required, word};
use super::definition::{Collection, CollectionKind};
use super::schema::Schema;
use super::{auth_checks, field_checks, index_checks};
use crate::error::{FieldErrors, Invalid};

const TYPES: [&str; 3] = ["base", "auth", "view"];
/// Tables of the server that are no collections.
const INTERNAL_TABLES: [&str; 3] = ["_migrations", "_collections", "_params"];
/// Names that start so belong to the database or to Ketch.
const INTERNAL_PREFIXES: [&str; 2] = ["sqlite_", "_ketch_"];

impl Collection {
    /// Checks the collection by itself, against what it was (`before`; none if it is new) and against
    /// the other collections. Errors are by key of the collection's JSON.
    ///
    /// Left to whoever has a database: whether rules resolve, indexes can be made and a view's query runs.
    pub fn validate(&self, before: Option<&Collection>, schema: &Schema) -> FieldErrors {
        let mut errors = FieldErrors::new();
        check(&mut errors, "id", self.validate_id(before, schema));
        check(&mut errors, "system", self.validate_system(before));
        check(&mut errors, "type", self.validate_type());
        check(&mut errors, "name", self.validate_name(before, schema));
        self.validate_rules(before, &mut errors);
        if let Some(error) = field_checks::validate(self, before, schema) {
            put(&mut errors, "fields", error);
        }
        if let Some(error) = index_checks::validate(self, before, schema) {
            put(&mut errors, "indexes", error);
        }
        match &self.kind {
            CollectionKind::Base => {}
            CollectionKind::Auth(options) => auth_checks::validate(self, options, &mut errors),
            CollectionKind::View { query } => check(&mut errors, "viewQuery", required(query)),
        }
        // What the refused type would need is missing too, and clients are told so.
        match self.refused_type.as_deref() {
            Some("auth") => auth_checks::validate(self, &AuthOptions::default(), &mut errors),
            Some("view") => {
                put(&mut errors, "viewQuery", Invalid::required());
                put(&mut errors, "fields", Invalid::required());
            }
            _ => {}
        }
        errors
    }

    fn validate_id(&self, before: Option<&Collection>, schema: &Schema) -> Result<(), Invalid> {
        if before.is_some() {
            return Ok(());
        }
        length(&self.id, 1, 100)?;
        word(&self.id)?;
        if schema.by_id(&self.id).is_some() {
            let message = "The model id is invalid or already exists.";
            return Err(Invalid::new("validation_invalid_or_existing_id", message));
        }
        Ok(())
    }

    fn validate_system(&self, before: Option<&Collection>) -> Result<(), Invalid> {
        match before {
            Some(before) if before.system != self.system => Err(Invalid::new(
                "validation_collection_system_flag_change",
                "System collection state cannot be changed.",
            )),
            _ => Ok(()),
        }
    }

    fn validate_type(&self) -> Result<(), Invalid> {
        let Some(refused) = &self.refused_type else { return Ok(()) };
        in_list(TYPES.contains(&refused.as_str()))?;
        Err(Invalid::new("validation_collection_type_change", "Collection type cannot be changed."))
    }

    fn validate_name(&self, before: Option<&Collection>, schema: &Schema) -> Result<(), Invalid> {
        length(&self.name, 1, 255)?;
        no_via(&self.name)?;
        word(&self.name)?;
        if before.is_some_and(|before| before.system && before.name != self.name) {
            return Err(Invalid::new(
                "validation_collection_system_name_change",
                "System collection name cannot be changed.",
            ));
        }
        let others = || schema.collections().iter().filter(|other| other.id != self.id || before.is_none());
        if others().any(|other| other.name.eq_ignore_ascii_case(&self.name)) {
            return Err(Invalid::new(
                "validation_collection_name_exists",
                "Collection name must be unique (case insensitive).",
            ));
        }
        if others().any(|other| other.id == self.name) {
            return Err(Invalid::new(
                "validation_collection_name_id_duplicate",
                "The name must not match an existing collection id.",
            ));
        }
        let lower = self.name.to_ascii_lowercase();
        if INTERNAL_TABLES.contains(&lower.as_str())
            || INTERNAL_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
        {
            return Err(Invalid::new(
                "validation_collection_name_invalid",
                "The name shouldn't match with an existing internal table.",
            ));
        }
        Ok(())
    }

    fn validate_rules(&self, before: Option<&Collection>, errors: &mut FieldErrors) {
        if let Some(before) = before.filter(|before| before.system) {
            for ((key, rule), (_, old)) in self.all_rules().into_iter().zip(before.all_rules()) {
                if rule != old {
                    let message = "System collection API rule cannot be changed.";
                    put(errors, key, Invalid::new("validation_collection_system_rule_change", message));
                }
            }
        }
        if self.is_view() {
            let writing = [
                ("createRule", &self.create_rule),
                ("updateRule", &self.update_rule),
                ("deleteRule", &self.delete_rule),
            ];
            for (key, _) in writing.into_iter().filter(|(_, rule)| rule.is_some()) {
                put(errors, key, Invalid::new("validation_nil", "must be blank"));
            }
        }
    }

    /// The record rules and, for auth collections, the two of sign-in.
    fn all_rules(&self) -> Vec<(&'static str, Option<&str>)> {
        let mut rules: Vec<_> = self.rules().into_iter().map(|(key, rule)| (key, rule.as_deref())).collect();
        if let Some(options) = self.auth() {
            rules.push(("authRule", options.auth_rule.as_deref()));
            rules.push(("manageRule", options.manage_rule.as_deref()));
        }
        rules
    }
}
