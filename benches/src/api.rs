//! JSON calls for set-up and checks, over the same minimal HTTP client as the load.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::http::{self, Connection};
use crate::{Error, Result};

const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct Api {
    connection: Connection<TcpStream>,
    token: String,
}

pub(crate) async fn connect(address: SocketAddr) -> Result<Connection<TcpStream>> {
    let stream =
        TcpStream::connect(address).await.map_err(|error| format!("cannot connect to {address}: {error}"))?;
    stream.set_nodelay(true)?;
    Ok(Connection::new(stream))
}

impl Api {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        Ok(Api { connection: connect(address).await?, token: String::new() })
    }

    /// Signs in with a password; later calls carry the token, which is returned too.
    pub(crate) async fn sign_in(
        &mut self,
        collection: &str,
        identity: &str,
        password: &str,
    ) -> Result<String> {
        let path = format!("/api/collections/{collection}/auth-with-password");
        let body = serde_json::json!({ "identity": identity, "password": password });
        let answer = self.call("POST", &path, Some(&body)).await?;
        let token = answer["token"].as_str().ok_or("the sign-in answer has no token")?;
        self.token = token.to_owned();
        Ok(self.token.clone())
    }

    /// Sends one call and returns its JSON answer; any status but 2xx is an error.
    pub(crate) async fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(Value::to_string);
        let request = http::request(method, path, &self.token, body.as_deref());
        self.send(&request).await.map_err(|error| format!("{method} {path}: {error}").into())
    }

    async fn send(&mut self, request: &[u8]) -> Result<Value> {
        let bytes = self.raw(request).await?;
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(bytes)?) }
    }

    /// Sends ready-made bytes and returns the body of a 2xx answer.
    pub(crate) async fn raw(&mut self, request: &[u8]) -> Result<&[u8]> {
        let status =
            timeout(PATIENCE, self.connection.send(request)).await.map_err(|_| "no answer in time")??;
        let body = self.connection.body();
        if (200..300).contains(&status) {
            Ok(body)
        } else {
            Err(Error::from(format!("status {status}: {}", String::from_utf8_lossy(body))))
        }
    }
}
