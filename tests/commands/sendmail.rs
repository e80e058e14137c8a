//! `mox sendmail`, by its own name too: sysexits codes, and what a server gets.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use crate::commands::shell::shell;

/// Takes one session and returns what the client said; refuses recipients with `no` in them.
fn server() -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, std::thread::spawn(move || session(listener.accept().unwrap().0)))
}

fn session(mut stream: TcpStream) -> String {
    let mut said = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut in_data = false;
    stream.write_all(b"220 test\r\n").unwrap();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return said;
        }
        said.push_str(&line);
        let reply = match line.get(..4).unwrap_or(&line) {
            _ if in_data && line != ".\r\n" => continue,
            "DATA" => "354 go\r\n",
            "QUIT" => "221 bye\r\n",
            "RCPT" if line.contains("no") => "550 5.1.1 nobody\r\n",
            _ => "250 ok\r\n",
        };
        in_data = line == "DATA\r\n";
        stream.write_all(reply.as_bytes()).unwrap();
    }
}

fn folder(port: u16) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let conf = format!("Host: 127.0.0.1\nPort: {port}\nUsername:\nFrom: ops@example.org\n");
    std::fs::write(dir.path().join("submit.conf"), conf).unwrap();
    dir
}

#[test]
fn message_reaches_the_server() {
    let (port, server) = server();
    let dir = folder(port);
    let line =
        "printf 'Subject: hi\\n\\n.dot\\n.\\nnever' | mox sendmail -oi -C submit.conf -i bob@example.org";
    let Some(ran) = shell(dir.path(), line) else { return };
    assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
    let said = server.join().unwrap();
    assert!(said.contains("MAIL FROM:<ops@example.org>"), "{said}");
    assert!(said.contains("RCPT TO:<bob@example.org>\r\nDATA\r\n"), "{said}");
    assert!(said.contains("Subject: hi\r\n\r\n..dot\r\n..\r\nnever\r\n.\r\n"), "{said}");
}

#[test]
fn refused_recipient_is_no_user_and_the_message_is_kept() {
    let (port, server) = server();
    let dir = folder(port);
    let line = "printf 'Subject: hi\\n\\nhello\\n' | mox sendmail -C submit.conf nobody@example.org";
    let Some(ran) = shell(dir.path(), line) else { return };
    assert_eq!(ran.code, Some(67), "{}", ran.transcript(line));
    assert!(
        ran.stderr.contains("error: nobody@example.org: ")
            && ran.stderr.contains("hint: the message is kept in ")
    );
    assert_eq!(std::fs::read_dir(dir.path().join("moxsubmit.failures")).unwrap().count(), 1);
    server.join().unwrap();
}

#[test]
fn codes_are_those_of_sysexits() {
    let dir = folder(1);
    for (line, code) in [
        ("mox sendmail -C submit.conf", 64),
        ("mox sendmail --nonsense", 64),
        ("mox sendmail -bp", 64),
        ("echo x | mox sendmail -C submit.conf 'a b'", 64 + 3),
        ("echo x | mox sendmail -C submit.conf bob@example.org", 75),
        ("echo x | mox sendmail -C nothing.conf bob@example.org", 78),
        ("ln -s \"$(command -v mox)\" sendmail && echo x | ./sendmail -t -C submit.conf", 64),
        ("mox sendmail --help", 0),
    ] {
        let Some(ran) = shell(dir.path(), line) else { continue };
        assert_eq!(ran.code, Some(code), "{}", ran.transcript(line));
    }
}
