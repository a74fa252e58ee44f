//! Rate limit rules that name a collection follow its name.

use ketch_app::App;

/// Changes the labels `old:…` into `new:…`. The rename itself has been done, so a failure is only logged.
pub(super) async fn follow(app: &App, old: &str, new: &str) {
    let prefix = format!("{old}:");
    let names_it = |label: &str| label.starts_with(&prefix);
    if old == new || !app.settings.current().rate_limits.rules.iter().any(|rule| names_it(&rule.label)) {
        return;
    }
    let (prefix, new) = (prefix.clone(), new.to_owned());
    let changed = app.settings.update(move |settings| {
        let mut settings = settings.clone();
        for rule in &mut settings.rate_limits.rules {
            if let Some(action) = rule.label.strip_prefix(&prefix) {
                rule.label = format!("{new}:{action}");
            }
        }
        Ok(settings)
    });
    if let Err(error) = changed.await {
        tracing::warn!(%error, "the rate limits could not follow the new name of a collection");
    }
}
