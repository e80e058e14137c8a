//! Forms with files, read while they arrive: `multipart/form-data`. RFC 7578, RFC 2046 §5.1.
//!
//! Nothing of a file is held but the piece that came last. Limits: [`MAX_HEADER`] for the header of a part,
//! [`MAX_PARTS`]; how much of a part is taken is for who reads it to say.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use mox_admin::OpError;
use mox_httpserver::Incoming;
use mox_httpserver::header::{CONTENT_TYPE, HeaderMap};

/// Longest header of a part, in bytes.
pub const MAX_HEADER: usize = 16 << 10;

/// Most parts.
pub const MAX_PARTS: usize = 100;

/// Longest boundary, in bytes (RFC 2046 §5.1.1).
const MAX_BOUNDARY: usize = 70;

/// A field of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Name that a file has where it comes from; none of a field that is no file.
    pub file_name: Option<String>,
}

/// A form that arrives.
pub struct Multipart {
    incoming: Option<Incoming>,
    buffer: BytesMut,
    /// What ends a part: CRLF, two dashes, the boundary.
    delimiter: Vec<u8>,
    state: State,
    parts: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a part, or before the first.
    Content,
    /// Behind a delimiter.
    Delimiter,
    /// Behind the last part.
    End,
}

impl Multipart {
    /// The form of a request: its headers, its body while it arrives, and what is there of it.
    pub fn new(headers: &HeaderMap, incoming: Option<Incoming>, body: &Bytes) -> Result<Multipart, OpError> {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary =
            boundary(kind).ok_or_else(|| OpError::usage("only forms with files are taken here"))?;
        // The first delimiter has no line before it.
        let mut buffer = BytesMut::from(&b"\r\n"[..]);
        buffer.extend_from_slice(body);
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        Ok(Multipart { incoming, buffer, delimiter, state: State::Content, parts: 0 })
    }

    /// The next part, past what was not read of the one before; none behind the last.
    pub async fn next(&mut self) -> Result<Option<Part>, OpError> {
        while self.piece().await?.is_some() {}
        if self.state == State::End {
            return Ok(None);
        }
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(OpError::usage(format!("the form has more than {MAX_PARTS} parts")));
        }
        let header = self.header().await?;
        self.state = State::Content;
        Ok(Some(read_header(&String::from_utf8_lossy(&header))))
    }

    /// The next piece of the part; none at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, OpError> {
        while self.state == State::Content {
            if let Some(at) = memmem::find(&self.buffer, &self.delimiter) {
                let piece = self.buffer.split_to(at).freeze();
                if piece.is_empty() {
                    self.buffer.advance(self.delimiter.len());
                    self.behind_delimiter().await?;
                    return Ok(None);
                }
                return Ok(Some(piece));
            }
            // The end of what is there may be the begin of a delimiter.
            let safe = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
            if safe > 0 {
                return Ok(Some(self.buffer.split_to(safe).freeze()));
            }
            self.more().await?;
        }
        Ok(None)
    }

    /// The rest of the part as text of at most `max` bytes.
    pub async fn text(&mut self, max: usize) -> Result<String, OpError> {
        let mut text = Vec::new();
        while let Some(piece) = self.piece().await? {
            text.extend_from_slice(&piece);
            if text.len() > max {
                return Err(OpError::usage(format!("a field of the form has more than {max} bytes")));
            }
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Behind a delimiter stand two dashes where the form ends, else blanks and the end of the line.
    async fn behind_delimiter(&mut self) -> Result<(), OpError> {
        while self.buffer.len() < 2 {
            self.more().await?;
        }
        self.state = if self.buffer.starts_with(b"--") { State::End } else { State::Delimiter };
        Ok(())
    }

    /// The rest of the delimiter's line, and the lines to the next empty one.
    async fn header(&mut self) -> Result<Bytes, OpError> {
        loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                let header = self.buffer.split_to(end).freeze();
                self.buffer.advance(4);
                return Ok(header);
            }
            if self.buffer.len() > MAX_HEADER {
                return Err(OpError::usage(format!("the header of a part has more than {MAX_HEADER} bytes")));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<(), OpError> {
        let piece = match &mut self.incoming {
            Some(incoming) => incoming.next().await.map_err(|e| cut().hint(e.to_string()))?,
            None => None,
        };
        self.buffer.extend_from_slice(&piece.ok_or_else(cut)?);
        Ok(())
    }
}

fn cut() -> OpError {
    OpError::usage("the form broke off before its end")
}

/// The boundary of a media type `multipart/form-data`.
fn boundary(kind: &str) -> Option<String> {
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameter(parameters, "boundary")?;
    (1..=MAX_BOUNDARY).contains(&value.len()).then_some(value)
}

/// What the header of a part says.
fn read_header(header: &str) -> Part {
    let field = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    let parameters = field.and_then(|field| field.split_once(';')).map_or("", |(_, rest)| rest);
    let name = parameter(parameters, "name").unwrap_or_default();
    Part { name, file_name: parameter(parameters, "filename") }
}

/// The value of a parameter, in quotes or not. Browsers write `"` as `%22`, and a backslash as itself.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, behind) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(';').map_or((after.trim_end(), ""), |(value, _)| {
                (value.trim_end(), after.get(value.len()..).unwrap_or_default())
            }),
        };
        if name.trim().trim_start_matches(';').trim().eq_ignore_ascii_case(wanted) {
            return Some(value.to_owned());
        }
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: &str, body: &str) -> Result<Multipart, OpError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        Multipart::new(&headers, None, &Bytes::copy_from_slice(body.as_bytes()))
    }

    async fn all(body: &str) -> Result<Vec<(String, Option<String>, String)>, OpError> {
        let mut form = form("multipart/form-data; boundary=\"b\"", body)?;
        let mut found = Vec::new();
        while let Some(part) = form.next().await? {
            found.push((part.name, part.file_name, form.text(1000).await?));
        }
        Ok(found)
    }

    fn part(name: &str, value: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    #[tokio::test]
    async fn parts_in_order() {
        let file = "--b\r\ncontent-type: text/plain\r\nContent-Disposition: form-data; name=file; filename=\"a;b.txt\"\r\n\r\nx\r\n--\r\n";
        let found =
            all(&format!("{}{}{file}--b--\r\nrest", part("csrf", "x"), part("empty", ""))).await.unwrap();
        let expected = [("csrf", None, "x"), ("empty", None, ""), ("file", Some("a;b.txt"), "x\r\n--")];
        let told: Vec<_> = found.iter().map(|(n, f, t)| (n.as_str(), f.as_deref(), t.as_str())).collect();
        assert_eq!(told, expected);
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        for kind in [
            "text/plain",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/mixed; boundary=b",
        ] {
            assert!(form(kind, "").is_err(), "{kind}");
        }
        assert!(form(&format!("multipart/form-data; boundary={}", "b".repeat(71)), "").is_err());
        for body in
            ["", "--b", "--b\r\n", &part("a", "x"), "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"]
        {
            assert_eq!(all(body).await.unwrap_err().message, "the form broke off before its end", "{body:?}");
        }
        let long = format!("--b\r\nX: {}", "x".repeat(MAX_HEADER));
        assert!(all(&long).await.unwrap_err().message.contains("header of a part"));
        let many = format!("{}--b--", part("a", "x").repeat(MAX_PARTS + 1));
        assert!(all(&many).await.unwrap_err().message.contains("more than 100 parts"));
        let large = format!("{}--b--", part("a", &"x".repeat(1001)));
        assert!(all(&large).await.unwrap_err().message.contains("more than 1000 bytes"));
    }
}
