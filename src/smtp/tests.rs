//! Tables of command lines and what they mean.

use mox_clock::Timestamp;

use crate::{Body, Command, CommandError, ForwardPath, Hold, Return, Syntax, is_http};

fn parse(line: &str) -> Result<Command<'_>, CommandError> {
    Command::parse(line.as_bytes(), Syntax::Lenient)
}

#[test]
fn lines_round_trip() {
    for line in [
        "EHLO mail.example.org",
        "EHLO [192.0.2.1]",
        "HELO odd_name",
        "STARTTLS",
        "AUTH PLAIN",
        "AUTH PLAIN AGEAYg==",
        "AUTH EXTERNAL =",
        "MAIL FROM:<>",
        "MAIL FROM:<userx@y.foo.org>",
        "MAIL FROM:<\"a> b\\\"\"@example.org> SIZE=500000 BODY=8BITMIME",
        "MAIL FROM:<jürgen@example.org> SMTPUTF8",
        "MAIL FROM:<a@example.org> SIZE=1 BODY=BINARYMIME SMTPUTF8 REQUIRETLS HOLDFOR=60 RET=HDRS ENVID=QQ+2B1 AUTH=<>",
        "MAIL FROM:<a@example.org> HOLDUNTIL=2026-11-22T10:20:30Z AUTH=e+3Dmc2@example.com",
        "RCPT TO:<userc@d.bar.org>",
        "RCPT TO:<postmaster>",
        "RCPT TO:<a@[IPv6:2001:db8::1]>",
        "RCPT TO:<a@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+20B@example.com",
        "RCPT TO:<a@example.org> NOTIFY=NEVER",
        "DATA",
        "BDAT 86 LAST",
        "BDAT 100000",
        "RSET",
        "VRFY Crispin",
        "EXPN Example-People",
        "HELP",
        "HELP MAIL",
        "NOOP",
        "QUIT",
    ] {
        assert_eq!(parse(line).unwrap_or_else(|e| panic!("{line}: {e}")).to_string(), line);
    }
}

#[test]
fn equal_spellings() {
    for (odd, plain) in [
        ("mail from:<a@b.example>", "MAIL FROM:<a@b.example>"),
        ("MAIL FROM: <a@b.example> size=10", "MAIL FROM:<a@b.example> SIZE=10"),
        ("RCPT TO:  <Postmaster>  ", "RCPT TO:<postmaster>"),
        ("RCPT TO:<@hosta.int,@jkl.org:userc@d.bar.org>", "RCPT TO:<userc@d.bar.org>"),
        ("auth plain  AGEAYg==", "AUTH plain AGEAYg=="),
        ("bdat 5 last", "BDAT 5 LAST"),
        ("NOOP anything", "NOOP"),
        ("MAIL FROM:<a@b.example> BODY=7bit", "MAIL FROM:<a@b.example>"),
    ] {
        assert_eq!(parse(odd).unwrap().to_string(), plain, "{odd}");
    }
}

#[test]
fn refusals_and_their_codes() {
    for (line, code) in [
        ("", "500 5.5.1"),
        ("FOO", "500 5.5.1"),
        ("MAILFROM:<a@b.example>", "500 5.5.1"),
        ("NOOP \u{7}", "500 5.5.2"),
        ("RSET a\rb", "500 5.5.2"),
        ("EHLO", "501 5.5.4"),
        ("EHLO a b", "501 5.5.4"),
        ("EHLO münchen.example", "501 5.5.4"),
        ("DATA now", "501 5.5.4"),
        ("QUIT please", "501 5.5.4"),
        ("VRFY", "501 5.5.4"),
        ("AUTH", "501 5.5.4"),
        ("AUTH PLAIN a!", "501 5.5.4"),
        ("AUTH PLAIN AGEA YgA=", "501 5.5.4"),
        ("AUTH AVERYLONGMECHANISMNAME", "501 5.5.4"),
        ("BDAT", "501 5.5.4"),
        ("BDAT -1", "501 5.5.4"),
        ("BDAT 5 FIRST", "501 5.5.4"),
        ("BDAT 123456789012345678901", "501 5.5.4"),
        ("MAIL", "501 5.5.2"),
        ("MAIL TO:<a@b.example>", "501 5.5.2"),
        ("MAIL FROM:a@b.example", "501 5.5.2"),
        ("MAIL FROM:<a@b.example", "501 5.5.2"),
        ("MAIL FROM:<a@b.example>SIZE=1", "501 5.5.2"),
        ("MAIL FROM:<a@b@c.example>", "501 5.1.3"),
        ("MAIL FROM:<a>", "501 5.1.3"),
        ("MAIL FROM:<postmaster>", "501 5.1.3"),
        ("RCPT TO:<>", "501 5.1.3"),
        ("MAIL FROM:<a@b.example> FOO=1", "555 5.5.4"),
        ("MAIL FROM:<a@b.example> =1", "555 5.5.4"),
        ("RCPT TO:<a@b.example> SIZE=1", "555 5.5.4"),
        ("MAIL FROM:<a@b.example> SIZE=1 size=2", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> HOLDFOR=1 HOLDUNTIL=2026-11-22T10:20:30Z", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> HOLDUNTIL=2026-11-22", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> SIZE", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> SIZE=1k", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> SMTPUTF8=1", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> BODY=9BIT", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> RET=SOME", "501 5.5.4"),
        ("RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY", "501 5.5.4"),
        ("RCPT TO:<a@b.example> ORCPT=bob", "501 5.5.4"),
        ("MAIL FROM:<jürgen@b.example>", "550 5.6.7"),
        ("MAIL FROM:<a@münchen.example>", "550 5.6.7"),
    ] {
        let reply = parse(line).map(|c| c.to_string()).expect_err(line).reply().to_string();
        assert!(reply.starts_with(code), "{line}: {reply}");
    }
    assert_eq!(Command::parse(b"NOOP \xff", Syntax::Lenient), Err(CommandError::BadBytes));
}

#[test]
fn pedantic_refuses_what_lenient_accepts() {
    for line in ["MAIL FROM: <a@b.example>", "RCPT TO: <a@b.example>", "EHLO a/b", "AUTH PLAIN  AGEAYg=="] {
        assert!(parse(line).is_ok(), "{line}");
        assert!(Command::parse(line.as_bytes(), Syntax::Pedantic).is_err(), "{line}");
    }
}

#[test]
fn many_parameters_are_refused() {
    let line = format!("MAIL FROM:<>{}", (0..20).map(|n| format!(" X{n}=1")).collect::<String>());
    assert_eq!(parse(&line), Err(CommandError::TooManyParameters));
}

#[test]
fn mail_arguments_as_values() {
    let line = "MAIL FROM:<a@b.example> SIZE=99999999999999999999 BODY=8BITMIME HOLDUNTIL=2026-11-22T10:20:30Z \
                RET=FULL ENVID=a+20b";
    let Ok(Command::Mail(args)) = parse(line) else { panic!("{:?}", parse(line)) };
    assert_eq!(args.size, Some(u64::MAX));
    assert_eq!(args.body, Body::EightBitMime);
    assert_eq!(args.hold, Some(Hold::Until(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap())));
    assert_eq!(args.ret, Some(Return::Full));
    assert_eq!(args.envid.as_deref(), Some("a b"));
    let Ok(Command::Rcpt(args)) = parse("RCPT TO:<postmaster>") else { panic!() };
    assert_eq!(args.forward_path, ForwardPath::Postmaster);
}

#[test]
fn web_browsers_are_recognised() {
    assert!(is_http(b"GET / HTTP/1.1") && is_http(b"POST /x HTTP/1.1"));
    assert!(!is_http(b"EHLO x") && !is_http(b"GETTING"));
}
