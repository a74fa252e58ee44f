//! The same client without `async`.

use std::sync::Arc;
use std::time::Duration;

use ketch_client::blocking;
use ketch_client::pocketbase::{Client, Record, RecordChange};
use serde_json::json;

use crate::fake::{Answer, Fake};
use crate::ketch::Ketch;

/// Clients and stores go from thread to thread, and calls too.
#[test]
fn clients_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    fn moved<T: Send>() {}
    shared::<Client>();
    shared::<ketch_client::instant::Client>();
    shared::<ketch_client::Error>();
    shared::<ketch_client::transport::Http>();
    moved::<ketch_client::Call<Record>>();
    moved::<ketch_client::instant::LiveQuery>();
    moved::<ketch_client::pocketbase::Subscription>();
}

#[test]
fn calls_wait_on_many_threads() {
    let Some(ketch) = Ketch::start() else { return };
    blocking::start(async { Ok(()) }).wait().unwrap();
    let root = tokio::runtime::Runtime::new().unwrap().block_on(ketch.root());
    let changes = root.collection("posts").subscribe::<Record>("*").wait().unwrap();
    let client = Arc::new(ketch.client());
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let client = client.clone();
            std::thread::spawn(move || {
                client.collection("posts").create::<Record>(json!({"stars": n})).wait().unwrap()
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let created =
        blocking::iterate(changes).take(8).filter(|change| matches!(change, Ok(RecordChange::Created(_))));
    assert_eq!(created.count(), 8);
    // The runtime of the sign-in has ended; its connections are not used again.
    assert_eq!(root.collection("posts").get_list::<Record>(1, 30).wait().unwrap().total_items, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_can_be_given_up() {
    let server = Fake::start(|_, _| Answer::Hang).await;
    let client = Client::new(&server.url).unwrap();
    let mut pending = client.health().start();
    assert!(pending.wait_for(Duration::from_millis(30)).is_none());
    pending.cancel();
    let error = client.health().wait_at_most(Duration::from_millis(50)).unwrap_err();
    assert_eq!(error.kind(), ketch_client::ErrorKind::Timeout);
}
