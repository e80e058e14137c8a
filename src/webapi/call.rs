//! A call: who asks, the JSON of the request, and files that came beside it in a form.
//!
//! The JSON is the body (`application/json`) or the field `request` of a form; only forms of parts have files.
//! RFC 7578.

use bytes::Bytes;
use mox_httpserver::header::CONTENT_TYPE;
use mox_httpserver::{Request, StatusCode};
use mox_message::param::Parameterized;
use mox_message::part::Tree;
use mox_web::session::Who;
use serde::de::DeserializeOwned;

use crate::Api;
use crate::error::{Code, Fault};
use crate::methods::Method;
use crate::room::Claim;

/// A call of who logged in.
pub(crate) struct Call {
    /// Account and login.
    pub(crate) who: Who,
    json: Bytes,
    /// Files, by the names of their fields.
    pub(crate) files: Vec<Upload>,
    /// The client and its connection.
    pub(crate) remote: std::net::SocketAddr,
    /// What TLS it uses.
    pub(crate) tls: Option<std::sync::Arc<mox_net::TlsInfo>>,
}

/// A file of a form.
#[derive(Debug)]
pub(crate) struct Upload {
    /// Name of its field.
    pub(crate) field: String,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) content_id: String,
    pub(crate) data: Vec<u8>,
}

/// A request with its whole body, not looked at yet.
pub(crate) struct Read {
    kind: Parameterized,
    body: Bytes,
    remote: std::net::SocketAddr,
    tls: Option<std::sync::Arc<mox_net::TlsInfo>>,
}

impl Read {
    /// Reads the body; one that may be large claims room for what comes.
    pub(crate) async fn of(
        api: &Api,
        method: &Method,
        request: Request,
        claim: &mut Claim,
    ) -> Result<Read, Fault> {
        let limit = if method.large { api.large_body() } else { api.limits.small_body };
        let client = request.mount().client;
        let remote = std::net::SocketAddr::new(client, request.remote.port());
        let (tls, kind) = (request.tls.clone(), content_type(&request)?);
        let body = match request.incoming {
            Some(incoming) if method.large => {
                incoming.whole_with_room(limit, |bytes| api.room.claim(claim, bytes)).await
            }
            Some(incoming) => incoming.whole(limit).await,
            None => Ok(request.body),
        };
        let body = body.map_err(|status| unread(status, limit))?;
        if body.len() > limit {
            return Err(unread(StatusCode::PAYLOAD_TOO_LARGE, limit));
        }
        Ok(Read { kind, body, remote, tls })
    }

    /// The call that it is.
    pub(crate) fn call(self, api: &Api, method: &Method, who: Who) -> Result<Call, Fault> {
        let Read { kind, body, remote, tls } = self;
        let (json, files) = match kind.value.as_str() {
            "application/json" => (body, Vec::new()),
            "application/x-www-form-urlencoded" => (form(&body)?, Vec::new()),
            "multipart/form-data" if method.large => parts(&kind, &body, api.limits.files)?,
            "multipart/form-data" => return Err(Fault::protocol("this method takes no files")),
            _ => {
                return Err(Fault::protocol(
                    "the body must be application/json, or a form with the field request",
                ));
            }
        };
        Ok(Call { who, json, files, remote, tls })
    }
}

impl Call {
    /// What is asked for.
    pub(crate) fn request<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let json: &[u8] = if self.json.trim_ascii().is_empty() { b"{}" } else { &self.json };
        serde_json::from_slice(json).map_err(|error| Fault::protocol(format!("the request: {error}")))
    }
}

fn content_type(request: &Request) -> Result<Parameterized, Fault> {
    let field = request.head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let field = field.ok_or_else(|| Fault::protocol("say `Content-Type: application/json`"))?;
    let mut kind = Parameterized::parse(field);
    kind.value.make_ascii_lowercase();
    Ok(kind)
}

fn unread(status: StatusCode, limit: usize) -> Fault {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Fault::new(Code::MessageTooLarge, format!("the body has more than {limit} bytes"))
        }
        StatusCode::REQUEST_TIMEOUT => Fault::protocol("the body took too long"),
        StatusCode::SERVICE_UNAVAILABLE => {
            Fault::server("too many large calls are being sent to this server; try again later")
        }
        _ => Fault::protocol("the body could not be read"),
    }
}

/// The field `request` of a form.
fn form(body: &[u8]) -> Result<Bytes, Fault> {
    let mut found = None;
    for (name, value) in form_urlencoded::parse(body) {
        if name != "request" {
            return Err(Fault::protocol(format!("the form has a field {name:.100?}; it takes request")));
        }
        if found.replace(value).is_some() {
            return Err(Fault::protocol("the form has more than one field request"));
        }
    }
    found.map(|json| Bytes::from(json.into_owned())).ok_or_else(no_request)
}

fn no_request() -> Fault {
    Fault::protocol("the form has no field request")
}

/// The JSON and the files of a form of parts, which is read like the body of a message.
fn parts(kind: &Parameterized, body: &[u8], most: usize) -> Result<(Bytes, Vec<Upload>), Fault> {
    let boundary = kind.get("boundary").filter(|b| !b.is_empty() && !b.contains(['"', '\\', '\r', '\n']));
    let boundary = boundary.ok_or_else(|| Fault::protocol("multipart/form-data without a boundary"))?;
    let mut message =
        format!("Content-Type: multipart/form-data; boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    message.extend_from_slice(body);
    let tree = Tree::parse(&message);
    let (mut json, mut files) = (None, Vec::new());
    for (_, part) in tree.children(0) {
        let disposition = part.disposition.as_ref();
        let field = disposition.and_then(|d| d.get("name")).unwrap_or_default();
        let data = message.get(part.body()).unwrap_or_default();
        match field {
            "request" if json.is_none() => json = Some(Bytes::copy_from_slice(data)),
            "request" => return Err(Fault::protocol("the form has more than one field request")),
            "inlinefile" | "attachedfile" | "alternativefile" if files.len() < most => files.push(Upload {
                field: field.to_owned(),
                name: part.filename.clone().unwrap_or_default(),
                content_type: part.content_type.clone(),
                content_id: part
                    .content_id
                    .as_deref()
                    .unwrap_or_default()
                    .trim_matches(['<', '>', ' '])
                    .to_owned(),
                data: data.to_vec(),
            }),
            "inlinefile" | "attachedfile" | "alternativefile" => {
                return Err(Fault::user(format!("more than {most} files")));
            }
            other => {
                let text = "it takes request, inlinefile, attachedfile and alternativefile";
                return Err(Fault::protocol(format!("the form has a field {other:.100?}; {text}")));
            }
        }
    }
    json.map(|json| (json, files)).ok_or_else(no_request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_parts() {
        let kind = Parameterized::parse("multipart/form-data; boundary=xyz");
        let body = b"--xyz\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{\"Text\":\"a\"}\r\n\
            --xyz\r\nContent-Disposition: form-data; name=\"attachedfile\"; filename=\"a b.bin\"\r\n\
            Content-Type: application/x-test\r\n\r\n\x00\r\n--xy\xff\r\n\r\n--xyz--\r\n";
        let (json, files) = parts(&kind, body, 1).unwrap();
        assert_eq!(&json[..], b"{\"Text\":\"a\"}");
        assert_eq!(files.len(), 1);
        assert_eq!(
            (files[0].name.as_str(), files[0].content_type.as_str()),
            ("a b.bin", "application/x-test")
        );
        assert_eq!(files[0].data, b"\x00\r\n--xy\xff\r\n");
        assert_eq!(parts(&kind, body, 0).unwrap_err().code, Code::User);
        for odd in [&b""[..], b"--xyz--", b"--xyz\r\n\r\nx\r\n--xyz--"] {
            assert_eq!(parts(&kind, odd, 1).unwrap_err().code, Code::Protocol);
        }
    }

    #[test]
    fn forms() {
        assert_eq!(&form(b"request=%7B%7D").unwrap()[..], b"{}");
        for odd in [&b""[..], b"request=1&request=2", b"other=1"] {
            assert_eq!(form(odd).unwrap_err().code, Code::Protocol);
        }
    }
}
