//! A visitor of pages without a browser: keeps cookies, follows nothing, reads forms and links.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// See the file.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// `HOST:PORT` that it connects to, and names.
    pub(crate) at: String,
    /// Cookies by name.
    pub(crate) cookies: BTreeMap<String, String>,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The value of a header; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Whether it is a page.
    pub(crate) fn is_page(&self) -> bool {
        self.header("content-type").starts_with("text/html")
    }

    /// The value of the first field of a form with this name.
    pub(crate) fn field(&self, name: &str) -> String {
        let text = self.text();
        let from = text.find(&format!("name=\"{name}\" value=\""));
        let rest = &text[from.unwrap_or_else(|| panic!("no field {name} in {text}"))..];
        rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// Where its links lead.
    pub(crate) fn links(&self) -> Vec<String> {
        let text = self.text();
        let hrefs = text.split("<a ").skip(1).filter_map(|rest| {
            rest.split('>').next()?.split("href=\"").nth(1)?.split('"').next().map(str::to_owned)
        });
        hrefs.map(|href| href.replace("&#38;", "&").replace("&amp;", "&")).collect()
    }
}

impl Visitor {
    /// Somebody whom nobody knows.
    pub(crate) fn to(at: &str) -> Visitor {
        Visitor { at: at.to_owned(), cookies: BTreeMap::new() }
    }

    /// Somebody who logs in to the pages below `base`.
    pub(crate) fn logged_in(at: &str, base: &str, login: &str, password: &str) -> Visitor {
        let mut visitor = Visitor::to(at);
        let token = visitor.get(&format!("{base}login")).field("token");
        let form = [("token", token.as_str()), ("login", login), ("password", password), ("next", base)];
        let answer = visitor.post(&format!("{base}login"), &form);
        assert_eq!((answer.status, answer.header("location")), (303, base), "{}", answer.text());
        visitor
    }

    /// The page of a path.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    /// What a form is answered with.
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = encoded(form);
        self.ask("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], body.as_bytes())
    }

    /// A request with headers of its own; `Host` takes the place of the usual one.
    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let host =
            headers.iter().find(|(name, _)| *name == "Host").map_or(self.at.as_str(), |(_, host)| host);
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers.iter().filter(|(name, _)| *name != "Host") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            head.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        let mut stream = TcpStream::connect(&self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // Who is refused early may be cut off.
        let _ = stream.write_all(body);
        let mut whole = Vec::new();
        let _ = stream.read_to_end(&mut whole);
        let answer = read(&whole);
        self.remember(&answer);
        answer
    }

    fn remember(&mut self, answer: &Answer) {
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = value.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match rest.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

/// As forms are sent.
pub(crate) fn encoded(form: &[(&str, &str)]) -> String {
    let one = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    form.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect::<Vec<_>>().join("&")
}

fn read(whole: &[u8]) -> Answer {
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(whole)));
    let head = String::from_utf8_lossy(&whole[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = &whole[end + 4..];
    Answer { status, headers, bytes: if chunked { unchunked(body) } else { body.to_vec() } }
}

/// The chunks of a body that came to its end.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").expect("the size of a chunk");
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return out;
        }
        out.extend_from_slice(&body[end + 2..][..size]);
        body = &body[end + 2 + size + 2..];
    }
}
