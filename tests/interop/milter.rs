//! Gives messages to a milter (OpenDKIM) as a mail server does, and takes what it adds. Only what that needs.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mox_message::Header;

use crate::peers::program;

/// Values keep the white space at their front.
const LEADING_SPACE: u32 = 0x10_0000;

/// A milter that runs and a connection to it; it ends when dropped.
pub(crate) struct Milter {
    child: Child,
    stream: TcpStream,
}

impl Milter {
    /// Starts OpenDKIM with this configuration, in this folder.
    pub(crate) fn opendkim(folder: &Path, config: &str) -> Milter {
        // A port that is free now, and will hardly be taken at once.
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).unwrap().port();
        let file = folder.join("opendkim.conf");
        let keys = folder.join("keys");
        let fixed =
            "Background no\nSyslog no\nRequireSafeKeys no\nAlwaysAddARHeader yes\nAuthservID mx.example.org";
        let config = format!("{config}\n{fixed}\nTestDNSData file:{}\n", keys.display());
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(program("opendkim").unwrap());
        command.arg("-x").arg(&file).arg("-p").arg(format!("inet:{port}@127.0.0.1"));
        let child = command.current_dir(folder).stdin(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(e) => assert!(begun.elapsed() < Duration::from_secs(20), "opendkim does not answer: {e}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        stream.set_nodelay(true).unwrap();
        let mut milter = Milter { child, stream };
        let mut offer = Vec::new();
        for number in [6, 0x1ff, LEADING_SPACE] {
            offer.extend_from_slice(&u32::to_be_bytes(number));
        }
        milter.send(b'O', &offer);
        assert_eq!(milter.receive().0, b'O');
        milter.step(b'C', b"client.example.org\x004\x00\x19127.0.0.1\0");
        milter.step(b'H', b"client.example.org\0");
        milter
    }

    /// Gives a message; returns the fields that are to stand before it, as they are sent.
    pub(crate) fn add(&mut self, message: &[u8]) -> Vec<u8> {
        self.step(b'M', b"<amy@example.org>\0");
        self.step(b'R', b"<bob@example.com>\0");
        for field in Header::of(message).fields() {
            // Mail servers give folds as LF.
            let mut data = field.name.as_bytes().to_vec();
            data.push(0);
            data.extend(field.value.iter().filter(|b| **b != b'\r'));
            data.push(0);
            self.step(b'L', &data);
        }
        self.step(b'N', b"");
        for chunk in mox_message::split(message).1.chunks(60_000) {
            self.step(b'B', chunk);
        }
        self.send(b'E', b"");
        let mut added = Vec::new();
        loop {
            let (reply, data) = self.receive();
            let field = match reply {
                b'a' | b'c' => return added,
                b'i' => &data[4..],
                b'h' => &data[..],
                other => panic!("reply {:?}", char::from(other)),
            };
            // No macros, which nobody answers: it carries the acknowledgement that the milter's system waits for
            // before it sends the next reply, and that ours would send 40 ms later.
            self.send(b'D', b"M");
            let mut parts = field.split(|b| *b == 0);
            added.extend_from_slice(parts.next().unwrap());
            added.push(b':');
            let value = String::from_utf8(parts.next().unwrap().to_vec()).unwrap();
            added.extend_from_slice(value.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes());
            added.extend_from_slice(b"\r\n");
        }
    }

    fn step(&mut self, command: u8, data: &[u8]) {
        self.send(command, data);
        let (reply, _) = self.receive();
        assert_eq!(char::from(reply), 'c', "the milter ends at {:?}", char::from(command));
    }

    fn send(&mut self, command: u8, data: &[u8]) {
        let mut packet = u32::try_from(data.len() + 1).unwrap().to_be_bytes().to_vec();
        packet.push(command);
        packet.extend_from_slice(data);
        self.stream.write_all(&packet).unwrap();
    }

    fn receive(&mut self) -> (u8, Vec<u8>) {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let mut packet = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut packet).unwrap();
        let data = packet.split_off(1);
        (packet[0], data)
    }
}

impl Drop for Milter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
