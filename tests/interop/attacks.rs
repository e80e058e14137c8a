//! What must be refused or bounded, tried on the built binary: each test is named after the attack.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mox_testkit::sender::Session;

use crate::house::House;

fn house(folder: &tempfile::TempDir) -> House {
    House::start(&folder.path().join("house"), &[])
}

/// The server still takes mail, and holds nothing but that.
fn unharmed(house: &House) {
    let before = house.messages().len();
    let (code, reply) =
        Session::open(&house.mx()).unwrap().send("a@example.org", "unharmed", "text").unwrap();
    assert_eq!(code, 250, "{reply}");
    assert_eq!(house.messages().len(), before + 1);
}

#[test]
fn smtp_smuggling() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let ends = [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r\n.\r",
        "\r.\r\n",
        "\n.\r",
        "\r\n\0.\r\n",
        "\r\r\n.\r\r\n",
    ];
    for end in ends {
        let mut session = Session::open(&house.mx()).unwrap();
        session.say("MAIL FROM:<outer@client.example>\r\n").unwrap();
        session.say("RCPT TO:<box@example.org>\r\n").unwrap();
        session.say("DATA\r\n").unwrap();
        let inner = "MAIL FROM:<inner@client.example>\r\nRCPT TO:<smuggled@example.org>\r\nDATA\r\nSubject: inner\r\n\r\nx";
        let (code, reply) = session.say(&format!("Subject: outer\r\n\r\ntext{end}{inner}\r\n.\r\n")).unwrap();
        // A NUL is no line end; the message may be taken, as one.
        assert!(code >= 500 || end.contains('\0'), "{end:?}: {reply}");
        let (code, reply) = session.say("NOOP\r\n").unwrap_or((421, "closed".to_owned()));
        assert!(code == 250 || code == 421, "{end:?}: exactly one reply to the data, then: {reply}");
    }
    let smuggled: Vec<_> =
        house.messages().into_iter().filter(|m| m.to_string().contains("smuggled@")).collect();
    assert!(smuggled.is_empty(), "{smuggled:?}");
    unharmed(&house);
}

#[test]
fn starttls_command_injection() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    for port in [25, 587] {
        let mut session = Session::open(&house.at(port)).unwrap();
        session.push(b"STARTTLS\r\nNOOP\r\n").unwrap();
        let (code, first) = session.reply().unwrap();
        if code == 220 {
            // TLS begins, so nothing may be said in clear text any more.
            assert!(
                !session.reply().is_ok_and(|(code, _)| code == 250),
                "the injected command was carried out"
            );
        } else {
            assert!(code >= 400, "{first}");
        }
    }
    unharmed(&house);
}

#[test]
fn endless_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let mut stream = TcpStream::connect(house.mx()).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let sent = (0..1024).take_while(|_| stream.write_all(&[b'A'; 16 * 1024]).is_ok()).count();
    let mut said = Vec::new();
    let ended = stream.read_to_end(&mut said);
    assert!(sent < 1024 || ended.is_ok(), "16 MB of command line, and still listening");
    unharmed(&house);
}

#[test]
fn recipient_flood() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let mut session = Session::open(&house.mx()).unwrap();
    session.say("MAIL FROM:<load@client.example>\r\n").unwrap();
    let refused = (0..20_000).find_map(|number| {
        let (code, reply) = session.say(&format!("RCPT TO:<r{number}@example.org>\r\n")).unwrap();
        (code != 250).then_some((number, code, reply))
    });
    let (accepted, code, reply) = refused.expect("a limit on recipients");
    assert!(accepted >= 100, "RFC 5321 §4.5.3.1.8 asks for 100, not {accepted}: {reply}");
    assert!(code == 452 || code == 421, "RFC 5321 §4.5.3.1.10: {reply}");
    let ended = (0..20_000).any(|_| session.say("RCPT TO:<r@example.org>\r\n").is_err());
    assert!(ended, "20,000 recipients too many, and still listening");
    unharmed(&house);
}

#[test]
fn command_loop() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    for command in
        ["NOOP", "RSET", "HELP", "VRFY x", "EHLO x.example", "BDAT 0", "FOO", "RCPT TO:<a@b.example>"]
    {
        let mut session = Session::open(&house.mx()).unwrap();
        session.say("MAIL FROM:<load@client.example>\r\n").unwrap();
        session.say("RCPT TO:<a@example.org>\r\n").unwrap();
        let ended = (0..5_000).any(|_| session.say(&format!("{command}\r\n")).is_err());
        assert!(ended, "5,000 times {command}, and still listening");
    }
    let mut session = Session::open(&house.at(587)).unwrap();
    let ended = (0..5_000).any(|_| session.say("AUTH LOGIN\r\n").and_then(|_| session.say("*\r\n")).is_err());
    assert!(ended, "5,000 logins cancelled, and still listening");
    unharmed(&house);
}

#[test]
fn bdat_count_confusion() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let inner = "MAIL FROM:<inner@client.example>\r\nRCPT TO:<smuggled@example.org>\r\nDATA\r\n";
    // Nobody asked for the chunk, or its line is malformed in a way that does not matter to the count.
    for line in [format!("BDAT {}\r\n", inner.len()), format!("BDAT {} LAST\n", inner.len())] {
        let mut session = Session::open(&house.mx()).unwrap();
        let (code, reply) = session.say(&format!("{line}{inner}")).unwrap();
        assert!(code >= 500, "{line:?}: {reply}");
        let (code, reply) = session.say("NOOP\r\n").unwrap();
        assert_eq!(code, 250, "{line:?}: exactly one reply to the chunk, then: {reply}");
    }
    for bad in ["BDAT -1", "BDAT", "BDAT 1 FIRST", "BDAT +1", "BDAT 0x1", "BDAT 123456789012345678901"] {
        let (code, reply) = Session::open(&house.mx()).unwrap().say(&format!("{bad}\r\n")).unwrap();
        assert!(code >= 500, "{bad}: {reply}");
    }
    unharmed(&house);
}

#[test]
fn bare_line_ends_in_commands() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    for line in [
        "MAIL FROM:<a@client.example>\nRCPT TO:<smuggled@example.org>\n",
        "MAIL FROM:<a\r@client.example>\r\n",
    ] {
        let (code, reply) = Session::open(&house.mx()).unwrap().say(line).unwrap();
        assert_eq!(code, 500, "{line:?}: {reply}");
    }
    unharmed(&house);
}

#[test]
fn header_injection() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let hello = "EHLO a);x\\(=?utf-8?q?=0d=0aX-Injected:y?=\r\n";
    let from = "MAIL FROM:<\"a>\\\"b X-Injected: y\"@client.example>\r\n";
    let to = "RCPT TO:<\"c>d X-Injected: y\"@example.org>\r\n";
    let mut session = Session::open(&house.mx()).unwrap();
    for line in [hello, from, to] {
        let (code, reply) = session.say(line).unwrap();
        assert_eq!(code, 250, "{reply}");
    }
    session.say("DATA\r\n").unwrap();
    let (code, reply) = session.say("Subject: injected\r\n\r\ntext\r\n.\r\n").unwrap();
    assert_eq!(code, 250, "{reply}");
    for encoded in
        ["MAIL FROM:<a@b.example> AUTH=a+0D+0Ab\r\n", "MAIL FROM:<\"a\u{85}\"@b.example> SMTPUTF8\r\n"]
    {
        let (code, reply) = session.say(encoded).unwrap();
        assert!(code >= 500, "{encoded:?}: {reply}");
    }
    let id = house.messages()[0]["id"].to_string();
    let whole = house.mox(&["message", "cat", &id]);
    let header = whole.split("\r\n\r\n").next().unwrap();
    let names: Vec<_> = header
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap())
        .collect();
    let ours = ["Return-Path", "Delivered-To", "Authentication-Results", "Received-SPF", "Received"];
    assert_eq!(names, [&ours[..], &["Subject"]].concat(), "{header}");
    unharmed(&house);
}

#[test]
fn mime_bomb() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let nested: String = (0..5_000)
        .map(|n| format!("--b{n}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n", n + 1))
        .collect();
    let bombs = [
        format!("Content-Type: multipart/mixed; boundary=b0\r\n\r\n{nested}"),
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\nx\r\n".repeat(50_000)),
        format!("{}x\r\n", "Content-Type: message/rfc822\r\n\r\n".repeat(5_000)),
        format!("X-Long: {}\r\n\r\nx\r\n", "x".repeat(1_000_000)),
        format!("{}\r\nx\r\n", "X-Many: y\r\n".repeat(10_000)),
        format!(
            "Content-Type: a/b{}\r\n\r\nx\r\n",
            (0..10_000).map(|n| format!(";\r\n x*{n}*=a")).collect::<String>()
        ),
        format!("From: {}\r\nTo: {}\r\n\r\nx\r\n", "(".repeat(100_000), "a:b;".repeat(50_000)),
    ];
    for bomb in &bombs {
        let mut session = Session::open(&house.mx()).unwrap();
        let (code, reply) = session.send("bomb@example.org", "bomb", &format!("x\r\n{bomb}")).unwrap();
        assert_eq!(code, 250, "{reply}");
        session.say("MAIL FROM:<load@client.example>\r\n").unwrap();
        session.say("RCPT TO:<bomb@example.org>\r\n").unwrap();
        session.say("DATA\r\n").unwrap();
        let (code, reply) = session.say(&format!("{bomb}.\r\n")).unwrap();
        assert!(code == 250 || code >= 500, "{reply}");
    }
    for message in house.messages() {
        let from = std::time::Instant::now();
        house.mox(&["message", "show", &message["id"].to_string()]);
        assert!(from.elapsed() < Duration::from_secs(20), "{message}");
    }
    unharmed(&house);
}

#[test]
fn dns_rebinding() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    for port in [80, 81] {
        for (host, status) in [
            ("localhost", "200"),
            ("127.0.0.1:1", "200"),
            ("evil.example", "421"),
            ("localhost.evil.example", "421"),
        ] {
            let mut stream = TcpStream::connect(house.at(port)).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{host}: {said}");
        }
    }
    unharmed(&house);
}

#[test]
fn password_guessing() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let mut session = Session::open(&house.at(587)).unwrap();
    // base64 of NUL mox@localhost NUL wrongwrong
    let guess = "AUTH PLAIN AG1veEBsb2NhbGhvc3QAd3Jvbmd3cm9uZw==\r\n";
    let refused = (0..50).take_while(|_| session.say(guess).is_ok_and(|(code, _)| code == 535)).count();
    assert!((1..=10).contains(&refused), "{refused} guesses in one session");
    unharmed(&house);
}

#[test]
fn log_and_terminal_injection() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    for hello in [
        &b"EHLO \x1b[31mred\r\n"[..],
        b"EHLO a\x07b\r\n",
        "EHLO \u{202e}gro\r\n".as_bytes(),
        b"EHLO a\x00b\r\n",
    ] {
        let mut session = Session::open(&house.mx()).unwrap();
        session.push(hello).unwrap();
        let _ = session.reply();
    }
    let mut session = Session::open(&house.mx()).unwrap();
    let (code, reply) = session.send("a@example.org", "esc \u{1b}[2J\u{202e}end", "text").unwrap();
    assert!(code == 250 || code >= 500, "{reply}");
    for said in [house.said_all(), house.mox(&["message", "list"]).into_bytes()] {
        let text = String::from_utf8_lossy(&said);
        let raw = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(raw), "control characters come out raw:\n{text:?}");
    }
    unharmed(&house);
}

#[test]
fn mail_loop() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let mut session = Session::open(&house.mx()).unwrap();
    session.say("MAIL FROM:<load@client.example>\r\n").unwrap();
    session.say("RCPT TO:<a@example.org>\r\n").unwrap();
    session.say("DATA\r\n").unwrap();
    let received = "Received: from a by b; Sun, 22 Nov 2026 12:00:00 +0000\r\n".repeat(150);
    let (code, reply) = session.say(&format!("{received}Subject: round\r\n\r\nx\r\n.\r\n")).unwrap();
    assert!(code >= 550 && reply.contains("5.4.6"), "RFC 5321 §6.3, RFC 3463 §3.5: {reply}");
    unharmed(&house);
}

#[test]
fn cross_protocol_request() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let mut stream = TcpStream::connect(house.mx()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let smtp =
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<smuggled@example.org>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n";
    let _ = stream.write_all(format!("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n{smtp}").as_bytes());
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    assert!(house.messages().is_empty(), "a web page sent mail: {}", String::from_utf8_lossy(&said));
    unharmed(&house);
}

#[test]
fn submission_without_login() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let mut session = Session::open(&house.at(587)).unwrap();
    let (code, reply) = session.say("MAIL FROM:<mox@localhost>\r\n").unwrap();
    assert_eq!(code, 530, "RFC 4954 §6: {reply}");
    let (code, reply) = session.say("RCPT TO:<a@example.org>\r\n").unwrap();
    assert!(code >= 500, "{reply}");
    unharmed(&house);
}
