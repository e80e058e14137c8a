//! What the pages of import and export do with forms, right and wrong.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::{
    ExportFolder, ExportFolders, ExportPage, ImportBegin, ImportBegun, ImportEnd, ImportMessages,
    ImportProgress,
};
use mox_admin::{OpError, Operations};
use mox_clock::Timestamp;
use mox_httpserver::{Request, Response, StatusCode};
use mox_store::MailboxName;
use mox_transfer::{Batch, Item};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

/// What was done, in words.
type Done = Arc<Mutex<Vec<String>>>;

fn operations(done: &Done) -> Operations {
    let (begun, pushed, ended, listed, paged) =
        (done.clone(), done.clone(), done.clone(), done.clone(), done.clone());
    let note = |done: &Done, text: String| done.lock().unwrap().push(text);
    Operations::new()
        .on(move |op: ImportBegin| {
            note(&begun, format!("begin {} {}", op.account, op.again));
            async move { Ok(ImportBegun { import: 7, account: op.account }) }
        })
        .on_bulk(move |op: ImportMessages, bytes| {
            let batch = Batch::decode(&bytes).unwrap();
            for item in &batch.items {
                note(&pushed, format!("{} {}: {}", op.import, item.mailbox.as_str(), item.bytes.len()));
            }
            let added = batch.items.len() as u64;
            async move { Ok(ImportProgress { added, ..ImportProgress::default() }) }
        })
        .on(move |op: ImportEnd| {
            note(&ended, format!("end {}", op.import));
            async move { Ok(ImportProgress { added: 2, known: 1, ..ImportProgress::default() }) }
        })
        .on(move |op: ExportFolders| {
            note(&listed, format!("folders of {}", op.account));
            let folder = |id, name: &str| ExportFolder { id, name: name.to_owned(), messages: 1, last: 1 };
            async move { Ok(vec![folder(1, "Inbox"), folder(2, "<b>/x")]) }
        })
        .on_raw(move |op: ExportPage| {
            note(&paged, format!("page of {} {} after {}", op.account, op.mailbox, op.after));
            let mut batch = Batch::default();
            let mailbox = MailboxName::parse("Inbox").unwrap();
            let item = |uid| Item {
                mailbox,
                uid,
                received: Timestamp::from_secs(5),
                marks: Default::default(),
                bytes: b"Subject: x\r\n\r\nexported\r\n".to_vec(),
            };
            if op.after == 0 {
                batch.push(item(1));
            }
            let reply = if op.mailbox == 9 { Err(OpError::failed("no")) } else { Ok(batch.encode()) };
            async move { reply }
        })
}

pub(crate) fn visit(path: &str) -> Visit {
    Visit {
        base: "/account/".into(),
        path: path.into(),
        who: Who { account: "amy".into(), login: "amy@example.org".into() },
        csrf: "0a".into(),
        client: [127, 0, 0, 1].into(),
    }
}

fn request(method: &str, path: &str, kind: &str, body: &[u8]) -> Request {
    let builder = hyper::Request::builder().method(method).uri(path).header("content-type", kind);
    let (head, ()) = builder.body(()).unwrap().into_parts();
    Request::of(head, Bytes::copy_from_slice(body))
}

struct House {
    pages: Box<dyn Pages>,
    done: Done,
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> House {
        let (folder, done) = (tempfile::tempdir().unwrap(), Done::default());
        let clock = Arc::new(mox_platform::SystemClock);
        let scratch = folder.path().to_owned();
        let pages =
            Box::new(crate::pages(Arc::new(operations(&done)), "mox".into(), Vec::new(), clock, scratch));
        House { pages, done, folder }
    }

    async fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Response {
        let at = path.split('?').next().unwrap();
        self.pages.call(request(method, &format!("/account/{path}"), kind, body), visit(at)).await
    }

    async fn page(&self) -> String {
        let response = self.ask("GET", "mail", "", b"").await;
        String::from_utf8(response.body().bytes().unwrap().to_vec()).unwrap()
    }

    async fn upload(&self, parts: &[(&str, &[u8])]) -> Response {
        let mut body = Vec::new();
        for (name, value) in parts {
            let file = if *name == "file" { "; filename=\"<i>.mbox\"" } else { "" };
            let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        self.ask("POST", "mail/import", "multipart/form-data; boundary=b", &body).await
    }

    fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }

    /// Files that are left.
    fn left(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }

    async fn comes_to_rest(&self) -> String {
        loop {
            let page = self.page().await;
            if page.contains("The last import") && self.left() == 0 {
                return page;
            }
            tokio::task::yield_now().await;
        }
    }
}

const MBOX: &[u8] = b"From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\n1\n\nFrom a@b Thu Jan  1 00:00:00 2026\nSubject: two\n\n22\n";

#[tokio::test]
async fn a_file_is_imported_into_the_account_of_the_session() {
    let house = House::new();
    let answer =
        house.upload(&[("csrf", b"0a"), ("mailbox", b"Old/2024"), ("again", b"yes"), ("file", MBOX)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/account/mail?note=begun");
    let page = house.comes_to_rest().await;
    let done: Vec<_> = house.done().into_iter().filter(|text| !text.starts_with("folders")).collect();
    assert_eq!(done, ["begin amy true", "7 Old/2024: 19", "7 Old/2024: 20", "end 7"]);
    assert!(page.contains("<dd>&#60;i&#62;.mbox</dd>") && page.contains(">2</dd>"), "{page}");
    assert!(page.contains("&#60;b&#62;/x") && !page.contains("<b>/x"), "{page}");
}

#[tokio::test]
async fn what_is_wrong_changes_nothing() {
    let house = House::new();
    for (parts, status, says) in [
        (&[("csrf", &b"0b"[..]), ("file", MBOX)][..], 403, "not of your session"),
        (&[("mailbox", b"x"), ("csrf", b"0a"), ("file", MBOX)], 403, "not of your session"),
        (&[("file", MBOX)], 403, "not of your session"),
        (&[("csrf", b"0a")], 400, "holds no file"),
        (&[("csrf", b"0a"), ("file", b"")], 400, "is empty"),
        (&[("csrf", b"0a"), ("file", b"hello")], 400, "no mbox file"),
        (&[("csrf", b"0a"), ("mailbox", b"a//b"), ("file", MBOX)], 400, ""),
        (&[("csrf", b"0a"), ("account", b"bob"), ("file", MBOX)], 400, "no field"),
    ] {
        let answer = house.upload(parts).await;
        let text = String::from_utf8(answer.body().bytes().unwrap().to_vec()).unwrap();
        assert_eq!(answer.status().as_u16(), status, "{says}: {text}");
        assert!(text.contains(says), "{says}: {text}");
    }
    assert_eq!((house.done(), house.left()), (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_formats_are_written_while_they_are_sent() {
    let house = House::new();
    for (format, start) in [
        ("maildir-tgz", &b"\x1f\x8b"[..]),
        ("maildir-zip", b"PK\x03\x04"),
        ("mbox-tgz", b"\x1f\x8b"),
        ("mbox-zip", b"PK\x03\x04"),
        ("mbox", b"From "),
    ] {
        let body = format!("csrf=0a&format={format}&mailbox=");
        let mut answer =
            house.ask("POST", "mail/export", "application/x-www-form-urlencoded", body.as_bytes()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let disposition = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.starts_with("attachment; filename=\"amy."), "{disposition}");
        let mut bytes = Vec::new();
        while let Some(piece) = answer.body_mut().next().await {
            bytes.extend_from_slice(&piece);
        }
        assert!(bytes.starts_with(start), "{format}");
        while house.left() > 0 {
            tokio::task::yield_now().await;
        }
    }
    let body = b"csrf=0a&format=exe";
    let answer = house.ask("POST", "mail/export", "application/x-www-form-urlencoded", body).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(house.done().iter().all(|text| text.contains("of amy")), "{:?}", house.done());
}
