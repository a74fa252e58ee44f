//! Who may write and read streams.

use ketch_cel::Action;
use ketch_model::attr::STREAMS;
use ketch_model::{Object, Record};

use super::rows::label;
use crate::error::{Error, Result};
use crate::permissions::Context;
use crate::permissions::entity::object_of;
use crate::service::Instant;
use crate::viewer::Viewer;

/// Somebody who writes or reads, with what they say of themselves.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub viewer: Viewer,
    pub context: Context,
    pub params: Object,
}

impl Instant {
    /// Refuses who may not begin a stream of this name.
    pub(super) async fn check_stream_creation(
        &self,
        visitor: &Visitor,
        id: &str,
        client_id: &str,
    ) -> Result<()> {
        self.check_stream(visitor, Action::Create, named(Some(id), client_id)).await
    }

    /// Refuses who may not read a stream.
    pub(super) async fn check_stream_view(&self, visitor: &Visitor, row: &Record) -> Result<()> {
        let object = object_of(self.records.schema().attrs(), STREAMS, row);
        self.check_stream(visitor, Action::View, object).await
    }

    /// Refuses who could not read a stream of this name if there were one: whether there is one is
    /// nothing that they are told.
    pub(super) async fn check_absent_stream(&self, visitor: &Visitor, client_id: &str) -> Result<()> {
        self.check_stream(visitor, Action::View, named(None, client_id)).await
    }

    async fn check_stream(&self, visitor: &Visitor, action: Action, stream: Object) -> Result<()> {
        if visitor.viewer.is_admin() {
            return Ok(());
        }
        let schema = self.records.schema();
        let inquiry = self.permissions.inquiry(&schema, &visitor.viewer, &visitor.context, None);
        let inquiry = inquiry.with_params(&visitor.params);
        if inquiry.allows_object(self.records.store(), STREAMS, action, stream).await? {
            return Ok(());
        }
        Err(Error::denied(&[STREAMS, action.name()], "perms-pass?"))
    }
}

fn named(id: Option<&str>, client_id: &str) -> Object {
    let id = id.map(|id| ("id".to_owned(), id.into()));
    id.into_iter().chain([(label::CLIENT_ID.to_owned(), client_id.into())]).collect()
}
