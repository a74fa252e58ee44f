//! `ketch app …`

use ketch_app::{Apps, Identity, PinnedIdentity};
use serde_json::{Value, json};

use crate::cli::{AppCommand, Global};
use crate::console::say;
use crate::failure::Failure;
use crate::stores;

pub(crate) async fn run(global: &Global, command: AppCommand) -> Result<(), Failure> {
    let apps = stores::open_all(global).await?;
    let result = apply(&apps, command).await;
    apps.close().await;
    say(&result?);
    Ok(())
}

/// Answers what to tell whoever typed it.
async fn apply(apps: &Apps, command: AppCommand) -> Result<String, Failure> {
    match command {
        AppCommand::List { json } => {
            let identities = apps.identities().await?;
            Ok(if json { pretty(&identities.iter().map(to_json).collect()) } else { table(&identities) })
        }
        AppCommand::Create { title, json } => {
            let pinned = PinnedIdentity { title: Some(title), ..PinnedIdentity::default() };
            let app = apps.create(pinned).await?;
            let identity = app.identity().await.map_err(failed)?;
            Ok(if json { pretty(&to_json(&identity)) } else { lines(&identity) })
        }
        AppCommand::RotateToken { id } => {
            let Some(app) = apps.find(&id).await? else { return Err(unknown(&id)) };
            if id == apps.main().id() && apps.main().config.identity.admin_token.is_some() {
                return Err(Failure::new(
                    "This app's admin token is fixed by --admin-token or KETCH_ADMIN_TOKEN: change it there.",
                ));
            }
            Ok(lines(&app.rotate_admin_token().await.map_err(failed)?))
        }
        AppCommand::Delete { id, yes } => {
            if !yes {
                return Err(Failure::new(format!(
                    "This deletes all records and files of app {id}: say so with --yes."
                )));
            }
            match apps.delete(&id).await? {
                true => Ok(format!("Deleted app {id}.")),
                false => Err(unknown(&id)),
            }
        }
    }
}

fn unknown(id: &str) -> Failure {
    Failure::new(format!("There is no app with the id {id}: `ketch app list` shows those there are."))
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn failed(error: ketch_model::Error) -> Failure {
    let text = error.cause.as_deref().unwrap_or(&error.message);
    Failure::sentence(&format!("The app's identity cannot be used: {text}"))
}

fn to_json(identity: &Identity) -> Value {
    json!({
        "id": identity.id,
        "adminToken": identity.admin_token,
        "title": identity.title,
        "created": identity.created,
    })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn lines(identity: &Identity) -> String {
    format!("App id:      {}\nAdmin token: {}", identity.id, identity.admin_token)
}

fn table(identities: &[Identity]) -> String {
    let mut lines = vec![format!("{:<36}  {:<36}  TITLE", "APP ID", "ADMIN TOKEN")];
    lines.extend(
        identities.iter().map(|app| format!("{:<36}  {:<36}  {}", app.id, app.admin_token, app.title)),
    );
    lines.join("\n")
}
