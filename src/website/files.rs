//! WebStatic: files of a directory, with ranges and conditions.
//!
//! Nothing outside of the directory is served: names are taken apart first, and where they lead is compared with the
//! directory, symbolic links followed. Only regular files are opened, as a pipe would wait for a writer. Who can change
//! the directory while it is read is trusted. RFC 9110 §13 (conditions), §14 (ranges).

use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use mox_config::webhandler::WebStatic;
use mox_httpserver::header::{ACCEPT_RANGES, CONTENT_TYPE, HeaderValue};
use mox_httpserver::{Body, Response, StatusCode, text};
use tower_http::services::ServeFile;

use crate::asked::Asked;
use crate::site::{Outcome, add_fields, method_not_allowed, not_found};
use crate::{listing, redirect};

/// What a name stands for.
enum Found {
    File(PathBuf),
    /// A directory, which needs a slash at the end.
    Slash,
    Listing(Vec<listing::Entry>),
    Forbidden,
    Nothing,
}

/// Answers with a file.
pub(crate) async fn serve(files: &WebStatic, asked: &Asked) -> Outcome {
    let Some(name) = asked.path.strip_prefix(files.strip_prefix.as_str()) else { return Outcome::Next };
    if !asked.reads() {
        return match files.continue_not_found {
            true => Outcome::Next,
            false => Outcome::Answer(method_not_allowed("GET, HEAD")),
        };
    }
    let (root, name, list) = (files.root.clone(), name.to_owned(), files.list_files);
    let found = tokio::task::spawn_blocking(move || find(&root, &name, list)).await;
    let mut response = match found.unwrap_or(Found::Nothing) {
        Found::File(path) => file(&path, asked).await,
        Found::Slash => slash(asked),
        Found::Listing(entries) => listing::page(&asked.path, &entries),
        Found::Forbidden if files.continue_not_found => return Outcome::Next,
        Found::Forbidden => text(StatusCode::FORBIDDEN, "forbidden\n"),
        Found::Nothing if files.continue_not_found => return Outcome::Next,
        Found::Nothing => not_found(),
    };
    add_fields(&mut response, &files.response_headers);
    Outcome::Answer(response)
}

/// Looks a name up, without leaving the directory.
fn find(root: &Path, name: &str, list: bool) -> Found {
    let Ok(root) = root.canonicalize() else {
        tracing::warn!(root = %root.display(), "WebStatic: Root cannot be read");
        return Found::Nothing;
    };
    let Some(relative) = relative(name) else { return Found::Nothing };
    let slash = name.is_empty() || name.ends_with('/');
    let path = match inside(&root, &root.join(relative)) {
        Ok(path) => path,
        Err(found) => return found,
    };
    match path.metadata() {
        Ok(meta) if meta.is_file() && !slash => Found::File(path),
        Ok(meta) if meta.is_dir() && !slash => Found::Slash,
        Ok(meta) if meta.is_dir() => directory(&root, &path, list),
        _ => Found::Nothing,
    }
}

fn directory(root: &Path, path: &Path, list: bool) -> Found {
    match inside(root, &path.join("index.html")) {
        Ok(index) if index.is_file() => return Found::File(index),
        Err(Found::Forbidden) => return Found::Forbidden,
        _ => {}
    }
    match list.then(|| listing::read(path)) {
        Some(Ok(entries)) => Found::Listing(entries),
        _ => Found::Forbidden,
    }
}

/// The name in the form of this system; none for one that means something else than a place below.
fn relative(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for segment in name.split('/').filter(|segment| !segment.is_empty()) {
        let mut parts = Path::new(segment).components();
        let normal = matches!(parts.next(), Some(Component::Normal(part)) if part == segment);
        // On Windows a colon begins a stream of a file.
        let foreign = segment.contains('\\') || (MAIN_SEPARATOR == '\\' && segment.contains(':'));
        if !normal || parts.next().is_some() || foreign {
            return None;
        }
        path.push(segment);
    }
    Some(path)
}

/// Where a path leads, if that is in the directory.
fn inside(root: &Path, path: &Path) -> Result<PathBuf, Found> {
    match path.canonicalize() {
        Ok(path) if path.starts_with(root) => Ok(path),
        Ok(path) => {
            tracing::warn!(path = %path.display(), "WebStatic: a link that leads out of Root is not served");
            Err(Found::Nothing)
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Found::Forbidden),
        Err(_) => Err(Found::Nothing),
    }
}

/// A temporary redirect: a directory may become a file.
fn slash(asked: &Asked) -> Response {
    let scheme = if asked.https { "https" } else { "http" };
    let path = format!("{}/", asked.raw_path);
    redirect::to_url(StatusCode::TEMPORARY_REDIRECT, scheme, &asked.authority, &path, asked)
}

async fn file(path: &Path, asked: &Asked) -> Response {
    let mut request = hyper::Request::new(());
    *request.method_mut() = asked.method.clone();
    request.headers_mut().clone_from(&asked.headers);
    // What is compressed is so on the way, for this handler only.
    request.headers_mut().remove(mox_httpserver::header::ACCEPT_ENCODING);
    match ServeFile::new(path).try_call(request).await {
        Ok(response) => {
            let mut response = response.map(Body::of);
            with_charset(&mut response);
            if response.status() == StatusCode::NOT_MODIFIED {
                response.headers_mut().remove(ACCEPT_RANGES);
            }
            response
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            text(StatusCode::FORBIDDEN, "forbidden\n")
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "WebStatic: file not read");
            text(StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be read\n")
        }
    }
}

/// Texts without a charset are UTF-8.
fn with_charset(response: &mut Response) {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let bare = kind.filter(|kind| kind.starts_with("text/") && !kind.contains(';'));
    if let Some(kind) = bare.and_then(|kind| HeaderValue::from_str(&format!("{kind}; charset=utf-8")).ok()) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, want) in [
            ("", Some("")),
            ("/", Some("")),
            ("/a//b/", Some("a/b")),
            ("/.well-known/x", Some(".well-known/x")),
            ("/..", None),
            ("/a/../b", None),
            ("/.", None),
            ("/a\\b", None),
            ("/..\\x", None),
        ] {
            assert_eq!(relative(name), want.map(PathBuf::from), "{name}");
        }
    }
}
