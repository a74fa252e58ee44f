//! `ketch superuser …`

use std::sync::Arc;

use ketch_app::App;
use ketch_model::collection::SUPERUSERS;
use ketch_model::error::{FieldError, FieldErrors};
use ketch_model::{Cell, Collection, Error, Object, Record, Value};

use crate::cli::{Global, Superuser};
use crate::console::say;
use crate::failure::Failure;
use crate::stores;

pub(crate) async fn run(global: &Global, command: Superuser) -> Result<(), Failure> {
    // What was typed is looked at before a folder is opened, or even made.
    let step = Step::read(command)?;
    let app = stores::open(global).await?;
    let result = step.apply(&app).await;
    app.close().await;
    say(&result?);
    Ok(())
}

enum Step {
    Create { email: String, password: String },
    Upsert { email: String, password: String },
    Update { email: String, password: String },
    Delete { email: String },
    Otp { email: String },
    Ips(Vec<String>),
}

impl Step {
    fn read(command: Superuser) -> Result<Self, Failure> {
        Ok(match command {
            Superuser::Create(words) => {
                let (email, password) = credentials(words.words)?;
                Self::Create { email, password }
            }
            Superuser::Upsert(words) => {
                let (email, password) = credentials(words.words)?;
                Self::Upsert { email, password }
            }
            Superuser::Update(words) => {
                let (email, password) = credentials(words.words)?;
                Self::Update { email, password }
            }
            Superuser::Delete(words) => Self::Delete { email: address(words.words)? },
            Superuser::Otp(words) => Self::Otp { email: address(words.words)? },
            Superuser::Ips(words) => Self::Ips(words.words),
        })
    }

    /// Answers what to tell whoever typed it.
    async fn apply(self, app: &App) -> Result<String, Failure> {
        let collection = superusers(app)?;
        match self {
            Self::Create { email, password } => {
                create(app, &collection, &email, &password)
                    .await
                    .map_err(|error| failed("Failed to create new superuser account", &error))?;
                Ok(format!("Successfully created new superuser \"{email}\"!"))
            }
            Self::Upsert { email, password } => upsert(app, &email, &password).await,
            Self::Update { email, password } => {
                let Some(record) = find(app, &collection, &email).await? else {
                    return Err(Failure::new(format!("Superuser with email \"{email}\" doesn't exist.")));
                };
                let failure = format!("Failed to change superuser \"{email}\" password");
                change(app, &record, &password).await.map_err(|error| failed(&failure, &error))?;
                Ok(format!("Successfully changed superuser \"{email}\" password!"))
            }
            Self::Delete { email } => {
                let Some(record) = find(app, &collection, &email).await? else {
                    return Ok(format!("Superuser \"{email}\" is missing or already deleted."));
                };
                let failure = format!("Failed to delete superuser \"{email}\"");
                app.records.delete_internal(&record).await.map_err(|error| failed(&failure, &error))?;
                Ok(format!("Successfully deleted superuser \"{email}\"!"))
            }
            Self::Otp { email } => {
                let Some(record) = find(app, &collection, &email).await? else {
                    return Err(Failure::new(format!("Superuser with email \"{email}\" doesn't exist.")));
                };
                let failure = format!("Failed to create an OTP for superuser \"{email}\"");
                let otp = app.auth.issue_otp(&record).await.map_err(|error| failed(&failure, &error))?;
                Ok(format!(
                    "Successfully created OTP for superuser \"{email}\":\n├─ Id:    {}\n├─ Pass:  {}\n└─ Valid: {}s\n",
                    otp.id, otp.password, otp.seconds
                ))
            }
            Self::Ips(addresses) => set_addresses(app, addresses).await,
        }
    }
}

/// Makes a superuser or changes the password of the one that is there; answers what to tell.
pub(crate) async fn upsert(app: &App, email: &str, password: &str) -> Result<String, Failure> {
    let collection = superusers(app)?;
    let saved = match find(app, &collection, email).await? {
        Some(record) => change(app, &record, password).await,
        None => create(app, &collection, email, password).await,
    };
    saved.map_err(|error| failed("Failed to upsert superuser account", &error))?;
    Ok(format!("Successfully saved superuser \"{email}\"!"))
}

async fn create(app: &App, collection: &Arc<Collection>, email: &str, password: &str) -> Result<(), Error> {
    let data = Object::from_iter([
        ("email".to_owned(), Value::from(email)),
        ("password".to_owned(), Value::from(password)),
    ]);
    app.records.create_internal(collection, data).await.map(drop)
}

async fn change(app: &App, record: &Record, password: &str) -> Result<(), Error> {
    let data = Object::from_iter([("password".to_owned(), Value::from(password))]);
    app.records.update_internal(record, data).await.map(drop)
}

async fn find(app: &App, collection: &Arc<Collection>, email: &str) -> Result<Option<Record>, Failure> {
    app.records
        .find_by_field(collection, "email", Cell::text(email), true)
        .await
        .map_err(|error| failed("The superusers could not be read", &error))
}

async fn set_addresses(app: &App, addresses: Vec<String>) -> Result<String, Failure> {
    let changed = app.settings.update(move |current| {
        let mut settings = current.clone();
        settings.superuser_ips = addresses;
        let errors = settings.validate();
        if errors.is_empty() { Ok(settings) } else { Err(Error::bad_request("").with_fields(errors)) }
    });
    let settings = changed.await.map_err(|error| failed("Failed to update the superuser IPs", &error))?;
    let note = "A running server takes this over in a second.";
    Ok(match settings.superuser_ips.as_slice() {
        [] => format!("Successfully cleared SuperuserIPs setting!\n{note}"),
        addresses => format!("Successfully updated SuperuserIPs setting: {}\n{note}", addresses.join(", ")),
    })
}

fn superusers(app: &App) -> Result<Arc<Collection>, Failure> {
    let schema = app.records.schema();
    schema
        .by_name(SUPERUSERS)
        .cloned()
        .ok_or_else(|| Failure::new("This data folder has no superusers collection."))
}

fn address(words: Vec<String>) -> Result<String, Failure> {
    match <[String; 1]>::try_from(words) {
        Ok([email]) if looks_like_email(&email) => Ok(email),
        _ => Err(Failure::new("Invalid or missing email address.")),
    }
}

fn credentials(words: Vec<String>) -> Result<(String, String), Failure> {
    let Ok([email, password]) = <[String; 2]>::try_from(words) else {
        return Err(Failure::new("Missing email and password arguments."));
    };
    if !looks_like_email(&email) {
        return Err(Failure::new("Missing or invalid email address."));
    }
    Ok((email, password))
}

/// A first look; the field of the collection decides.
fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// The error with its fields: `Failed to …: password: Must be at least 8 character(s).`
fn failed(what: &str, error: &Error) -> Failure {
    let mut causes = Vec::new();
    gather("", &error.fields, &mut causes);
    if causes.is_empty() {
        let cause = error.cause.as_deref().filter(|_| error.message.is_empty()).unwrap_or(&error.message);
        causes.push(cause.to_owned());
    }
    Failure::sentence(&format!("{what}: {}", causes.join("; ")))
}

fn gather(path: &str, errors: &FieldErrors, causes: &mut Vec<String>) {
    for (name, error) in errors {
        match error {
            FieldError::Invalid(invalid) => causes.push(format!("{path}{name}: {}", invalid.message)),
            FieldError::Nested(nested) => gather(&format!("{path}{name}."), nested, causes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ketch_model::error::Invalid;

    #[test]
    fn failures_name_the_field() {
        let error = Error::bad_request("Failed to create record.").with_field(
            "password",
            Invalid::new("validation_min_text_constraint", "Must be at least 8 character(s)."),
        );
        assert_eq!(
            failed("Failed to upsert superuser account", &error).to_string(),
            "Failed to upsert superuser account: password: Must be at least 8 character(s)."
        );
        assert_eq!(failed("X", &Error::bad_request("no")).to_string(), "X: no.");
        assert_eq!(failed("X", &Error::internal("disk full")).to_string(), "X: disk full.");
    }
}
