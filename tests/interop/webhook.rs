//! Webhooks: a program hears of every message, in order, and again of one that it could not take.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::house::House;
use mox_testkit::sender::Session;

/// Longest time until a call comes; the wait before it is tried again is a second.
const CALLED_WITHIN: Duration = Duration::from_secs(20);

/// Reads a call, answers it, and gives its body.
fn take(mut stream: TcpStream, status: &str) -> Value {
    stream.set_read_timeout(Some(CALLED_WITHIN)).unwrap();
    let mut text = String::new();
    let body = loop {
        let mut piece = [0; 4096];
        let n = stream.read(&mut piece).unwrap();
        assert!(n > 0, "{text}");
        text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
        let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
        if let Ok(body) = serde_json::from_str(body) {
            break body;
        }
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
    body
}

#[test]
fn a_program_hears_of_every_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (heard, calls) = mpsc::channel();
    std::thread::spawn(move || {
        for (stream, n) in listener.incoming().zip(0..) {
            let status = if n == 1 { "503 Busy" } else { "204 No Content" };
            if heard.send(take(stream.unwrap(), status)).is_err() {
                return;
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &["--webhook", &url]);
    let mut session = Session::open(&house.mx()).unwrap();
    for subject in ["one", "two", "three"] {
        assert_eq!(session.send("bob@example.org", subject, "x").unwrap().0, 250);
    }
    let mut listed = house.messages();
    listed.sort_by_key(|message| message["id"].as_i64());
    for message in [0, 1, 1, 2].map(|n: usize| &listed[n]) {
        let call = calls.recv_timeout(CALLED_WITHIN).unwrap_or_else(|e| panic!("{e}\n{}", house.said()));
        assert_eq!(call["event"], "arrived");
        assert_eq!(&call["message"], message);
        assert_eq!(call["url"], format!("http://localhost:{}/message/{}", house.base + 80, message["id"]));
    }
}
