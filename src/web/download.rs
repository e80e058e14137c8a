//! Contents of other people's files as answers that a browser saves, or shows when they are plain images.
//!
//! RFC 6266 (Content-Disposition in HTTP), RFC 8187 (parameters that are not ASCII).

use std::fmt::Write as _;

use bytes::Bytes;
use mox_httpserver::header::{CONTENT_DISPOSITION, HeaderValue};
use mox_httpserver::{Body, Response, StatusCode};

use crate::answer::{DATA_POLICY, answer, stream};

/// Images that browsers show and that hold no script.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Types that may be named because no browser runs them.
const INERT: [&str; 10] = [
    "application/gzip",
    "application/json",
    "application/pdf",
    "application/zip",
    "audio/mpeg",
    "message/rfc822",
    "text/calendar",
    "text/csv",
    "text/plain",
    "video/mp4",
];

/// Longest file name that is given, in characters.
const MAX_NAME: usize = 120;

/// Whether a media type is one of the images that may be shown.
pub fn is_image(content_type: &str) -> bool {
    IMAGES.contains(&content_type)
}

/// Bytes that a browser saves under `name`, whatever they say that they are.
pub fn save(content_type: &str, name: &str, body: impl Into<Bytes>) -> Response {
    save_stream(content_type, name, Body::from(body.into()))
}

/// [`save`] of what is written while it is sent.
pub fn save_stream(content_type: &str, name: &str, body: Body) -> Response {
    let known = INERT.iter().chain(&IMAGES).find(|known| **known == content_type);
    let known = known.copied().unwrap_or("application/octet-stream");
    let mut response = stream(StatusCode::OK, known, DATA_POLICY, body);
    let value = HeaderValue::from_str(&disposition(name));
    let value = value.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    response.headers_mut().insert(CONTENT_DISPOSITION, value);
    response
}

/// An image that a browser shows; what is no known image is saved.
pub fn show_image(content_type: &str, name: &str, body: impl Into<Bytes>) -> Response {
    match IMAGES.iter().find(|known| **known == content_type) {
        Some(known) => answer(StatusCode::OK, known, DATA_POLICY, body.into()),
        None => save(content_type, name, body),
    }
}

/// `attachment; filename="a.txt"; filename*=UTF-8''%C3%A4.txt`
fn disposition(name: &str) -> String {
    let name = file_name(name);
    let ascii: String =
        name.chars().map(|c| if c.is_ascii() && !"\"\\%".contains(c) { c } else { '_' }).collect();
    let mut text = format!("attachment; filename=\"{ascii}\"");
    if ascii != name {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// A name without folders, control characters and characters that turn text round (which hide what it ends in).
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = last.chars().filter(|c| !c.is_control() && !turns(*c)).take(MAX_NAME).collect();
    let plain = plain.trim().trim_start_matches('.');
    if plain.is_empty() { "unnamed".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_do_more_than_name() {
        for (name, want) in [
            ("report.pdf", "attachment; filename=\"report.pdf\""),
            ("../../etc/passwd", "attachment; filename=\"passwd\""),
            ("C:\\x\\.bashrc", "attachment; filename=\"bashrc\""),
            (
                "a\"; filename=\"b.exe",
                "attachment; filename=\"a_; filename=_b.exe\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe",
            ),
            ("a\r\nSet-Cookie: x", "attachment; filename=\"aSet-Cookie: x\""),
            ("ärger.txt", "attachment; filename=\"_rger.txt\"; filename*=UTF-8''%C3%A4rger.txt"),
            ("gpj.\u{202e}exe", "attachment; filename=\"gpj.exe\""),
            ("", "attachment; filename=\"unnamed\""),
            ("...", "attachment; filename=\"unnamed\""),
        ] {
            assert_eq!(disposition(name), want, "{name}");
        }
        assert_eq!(file_name(&"x".repeat(500)).len(), MAX_NAME);
    }

    #[test]
    fn only_plain_images_are_shown() {
        let kind = |response: &Response| response.headers()["content-type"].to_str().unwrap().to_owned();
        for (content_type, shown, want) in [
            ("image/png", true, "image/png"),
            ("image/svg+xml", false, "application/octet-stream"),
            ("text/html", false, "application/octet-stream"),
            ("text/plain", false, "text/plain"),
            ("application/xhtml+xml", false, "application/octet-stream"),
        ] {
            let response = show_image(content_type, "x", "x");
            assert_eq!(!response.headers().contains_key(CONTENT_DISPOSITION), shown, "{content_type}");
            assert_eq!(kind(&response), want);
            assert!(save(content_type, "x", "x").headers().contains_key(CONTENT_DISPOSITION));
        }
    }
}
