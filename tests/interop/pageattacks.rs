//! What must be refused on pages, tried on a running `mox serve`: each test is named after the attack.

use mox_testkit::house::{PATIENCE, until};

use crate::filled::{ACTS, ADMINISTRATOR, Filled, HOSTILE, LOGIN, OWNER};
use crate::peers::installed;
use crate::visitor::{Answer, Visitor};

/// Most pages that are looked at.
const PAGES_MAX: usize = 300;

fn administrator(filled: &Filled) -> Visitor {
    Visitor::logged_in(&filled.admin(), "/admin/", "", ADMINISTRATOR)
}

fn owner(filled: &Filled) -> Visitor {
    Visitor::logged_in(&filled.account(), "/", LOGIN, OWNER)
}

/// Each page along all links from the first, with its path.
fn pages(visitor: &mut Visitor, first: &str) -> Vec<(String, Answer)> {
    let (mut known, mut seen, mut at) = (vec![first.to_owned()], Vec::new(), 0);
    while at < known.len().min(PAGES_MAX) {
        let path = known[at].clone();
        at += 1;
        let answer = visitor.get(&path);
        for link in if answer.is_page() { answer.links() } else { Vec::new() } {
            let link = link.split('#').next().unwrap().to_owned();
            if link.starts_with(first) && !known.contains(&link) {
                known.push(link);
            }
        }
        seen.push((path, answer));
    }
    seen
}

/// Nobody who is not ours may frame, read or run it.
fn closed(what: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {} has the policy {policy:?}", answer.status);
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    for opens in ["access-control-allow-origin", "access-control-allow-credentials"] {
        assert_eq!(answer.header(opens), "", "{what}");
    }
}

#[test]
fn cross_site_scripting() {
    if !installed(&["swaks"]) {
        return;
    }
    let filled = Filled::start();
    filled.fill();
    // A login that nobody has, and a path that there is not, are shown or kept, too.
    let mut stranger = Visitor::to(&filled.account());
    let token = stranger.get("/login").field("token");
    let answer = stranger
        .post("/login", &[("token", &token), ("login", HOSTILE), ("password", "x"), ("next", HOSTILE)]);
    assert_eq!(answer.status, 403);
    let mut all = vec![("/login".to_owned(), answer)];
    let hostile = crate::visitor::encoded(&[("note", HOSTILE)]);
    for (mut visitor, first) in [(administrator(&filled), "/admin/"), (owner(&filled), "/")] {
        all.extend(pages(&mut visitor, first));
        for path in
            [format!("{first}{hostile}"), format!("{first}?{hostile}"), format!("{first}queue?{hostile}")]
        {
            let answer = visitor.get(&path);
            all.push((path, answer));
        }
    }
    for (path, answer) in all.iter().filter(|(_, answer)| answer.is_page()) {
        let text = answer.text();
        for acts in ACTS {
            assert!(!text.contains(acts), "{path} has {acts} as it came:\n{text}");
        }
        for inline in [" onclick=", " onload=", " onerror=", "javascript:", " style=", "<style", "<script>"] {
            let plain = text.replace("onerror=hostile", "");
            assert!(!plain.contains(inline), "{path} has {inline}");
        }
        closed(path, answer);
    }
    let shown = all.iter().filter(|(_, answer)| answer.text().contains("hostile()")).count();
    assert!(shown > 0, "nothing hostile was shown");
}

#[test]
fn cross_site_request_forgery() {
    let filled = Filled::start();
    let suppressed = || filled.served.json(&["queue", "suppress", "list"]).as_array().unwrap().len();
    let mut visitor = owner(&filled);
    let right = visitor.get("/").field("csrf");
    let other = owner(&filled).get("/").field("csrf");
    let of_administrator = administrator(&filled).get("/admin/").field("csrf");
    let form = |token: &str| crate::visitor::encoded(&[("csrf", token), ("address", "x@example.com")]);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    for path in ["/suppression/add", "/mail/import", "/logout", "/nothing"] {
        for (what, body, headers) in [
            ("no token", "address=x%40example.com".to_owned(), vec![kind]),
            ("an empty token", form(""), vec![kind]),
            ("the token of another session", form(&other), vec![kind]),
            ("the token of the administrator", form(&of_administrator), vec![kind]),
            ("a foreign origin", form(&right), vec![kind, ("Origin", "http://evil.example")]),
            ("no origin", form(&right), vec![kind, ("Origin", "null")]),
            ("another port", form(&right), vec![kind, ("Origin", "http://127.0.0.1:1")]),
            (
                "a frame",
                form(&right),
                vec![kind, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
            ),
            ("a neighbour", form(&right), vec![kind, ("Sec-Fetch-Site", "same-site")]),
            ("JSON", "{}".to_owned(), vec![("Content-Type", "application/json")]),
            ("text that looks as a form", form(&right), vec![("Content-Type", "text/plain")]),
        ] {
            let answer = visitor.ask("POST", path, &headers, body.as_bytes());
            assert!([400, 403].contains(&answer.status), "{path}: {what}: {}", answer.status);
            closed(&format!("{path}: {what}"), &answer);
        }
    }
    assert_eq!(suppressed(), 0);
    assert_eq!(visitor.get("/").status, 200, "nobody was logged out");
    // What GET does, a link elsewhere does.
    for path in ["/suppression/add?address=x%40example.com", "/logout"] {
        assert!(visitor.get(path).status >= 400, "{path}");
    }
    assert_eq!((suppressed(), visitor.get("/").status), (0, 200));
    let answer = visitor.post("/suppression/add", &[("csrf", &right), ("address", "x@example.com")]);
    assert_eq!((answer.status, suppressed()), (303, 1), "{}", answer.text());
}

#[test]
fn clickjacking() {
    let filled = Filled::start();
    for (at, first, mut known) in
        [(filled.admin(), "/admin/", administrator(&filled)), (filled.account(), "/", owner(&filled))]
    {
        let mut stranger = Visitor::to(&at);
        let style = known.get(first).text();
        let style = style.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let below = |path: &str| format!("{first}{path}");
        for (what, answer) in [
            ("a page", known.get(first)),
            ("no page", known.get(&below("nothing/like/that"))),
            ("a query that is not known", known.get(&below("?nothing=1"))),
            ("the login", stranger.get(&below("login"))),
            ("the way to the login", stranger.get(first)),
            ("a form of a stranger", stranger.post(&below("logout"), &[])),
            ("a file", known.get(style)),
            ("a file that is not there", known.get(&below("static/nothing"))),
            ("a method that is not known", known.ask("DELETE", first, &[], b"")),
            (
                "a frame elsewhere",
                known.ask(
                    "GET",
                    first,
                    &[
                        ("Sec-Fetch-Site", "cross-site"),
                        ("Sec-Fetch-Dest", "iframe"),
                        ("Sec-Fetch-Mode", "navigate"),
                    ],
                    b"",
                ),
            ),
            ("another origin", known.ask("GET", first, &[("Origin", "http://evil.example")], b"")),
        ] {
            closed(what, &answer);
        }
    }
}

#[test]
fn dns_rebinding() {
    let filled = Filled::start();
    for (at, first, visitor) in
        [(filled.admin(), "/admin/", administrator(&filled)), (filled.account(), "/", owner(&filled))]
    {
        // With cookies and without: the name is looked at before all else.
        for mut visitor in [visitor, Visitor::to(&at)] {
            for host in [
                "evil.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "evil.example:80",
                "example.org",
            ] {
                let answer = visitor.ask("GET", first, &[("Host", host)], b"");
                assert!([400, 404, 421].contains(&answer.status), "{host}: {}", answer.status);
                assert!(!answer.text().contains("csrf") && !answer.text().contains("Log in"), "{host}");
                assert_eq!(answer.header("set-cookie"), "", "{host}");
            }
            for host in [at.as_str(), "localhost", "mail.example.org"] {
                let answer = visitor.ask("GET", first, &[("Host", host)], b"");
                assert!([200, 303].contains(&answer.status), "{host}: {}", answer.status);
            }
        }
    }
}

#[test]
fn session_fixation() {
    let filled = Filled::start();
    let mut visitor = Visitor::to(&filled.account());
    let planted = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    visitor.cookies.insert("moxaccountsession".to_owned(), planted.to_owned());
    assert_eq!(visitor.get("/").status, 303, "a token that we did not make is none");
    let token = visitor.get("/login").field("token");
    let before = visitor.clone();
    let form = [("token", token.as_str()), ("login", LOGIN), ("password", OWNER), ("next", "/")];
    // The form of the attacker's own browser, sent by the victim's.
    let mut victim = Visitor::to(&filled.account());
    assert_eq!(victim.post("/login", &form).status, 200, "asked again");
    assert!(!victim.cookies.contains_key("moxaccountsession"));
    assert_eq!(visitor.post("/login", &form).status, 303);
    let session = visitor.cookies["moxaccountsession"].clone();
    assert_ne!(session, planted);
    assert_eq!(
        before.clone().get("/").status,
        303,
        "what was known before the login is worth nothing after it"
    );
    // Another login is another session; and where two are named, none counts.
    assert_ne!(owner(&filled).cookies["moxaccountsession"], session);
    let twice = format!("moxaccountsession={planted}; moxaccountsession={session}");
    assert_eq!(Visitor::to(&filled.account()).ask("GET", "/", &[("Cookie", &twice)], b"").status, 303);
    // The session of an owner opens no pages of the administrator, not on their port either.
    let mut there = Visitor::to(&filled.admin());
    there.cookies.insert("moxadminsession".to_owned(), session.clone());
    there.cookies.insert("moxaccountsession".to_owned(), session.clone());
    assert_eq!(there.get("/admin/").status, 303);
    // Where the login leads is ours.
    for next in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "/%0d%0aSet-Cookie:%20x=y",
        "\t//evil.example",
    ] {
        let mut visitor = Visitor::to(&filled.account());
        let token = visitor.get("/login").field("token");
        let answer = visitor
            .post("/login", &[("token", &token), ("login", LOGIN), ("password", OWNER), ("next", next)]);
        let location = answer.header("location");
        assert!(
            location.starts_with('/') && !location.starts_with("//") && !location.contains('\\'),
            "{next}: {location}"
        );
    }
    // After the logout the cookie is worth nothing.
    let kept = visitor.clone();
    let csrf = visitor.get("/").field("csrf");
    assert_eq!(visitor.post("/logout", &[("csrf", &csrf)]).status, 303);
    assert_eq!(kept.clone().get("/").status, 303);
}

/// A tar archive of one file, or of a link.
fn tar(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut head = [0_u8; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    for (at, text) in [
        (100, "0000644\0"),
        (108, "0000000\0"),
        (116, "0000000\0"),
        (136, "00000000000\0"),
        (257, "ustar\x0000"),
    ] {
        head[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    let size = format!("{:011o}\0", content.len());
    head[124..136].copy_from_slice(size.as_bytes());
    head[156] = kind;
    head[157..157 + link.len()].copy_from_slice(link.as_bytes());
    head[148..156].fill(b' ');
    let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = head.to_vec();
    out.extend_from_slice(content);
    out.resize(out.len().div_ceil(512) * 512, 0);
    out
}

/// A form with a file.
fn upload(visitor: &mut Visitor, csrf: &str, name: &str, content: &[u8]) -> Answer {
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body = format!(
        "{}{}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n",
        part("csrf", csrf),
        part("mailbox", "Up")
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--b--\r\n");
    visitor.ask("POST", "/mail/import", &[("Content-Type", "multipart/form-data; boundary=b")], &body)
}

#[test]
fn path_traversal_in_imports() {
    let filled = Filled::start();
    let mut visitor = owner(&filled);
    let csrf = visitor.get("/mail").field("csrf");
    let secret = filled.served.dir.join("config/adminpasswd");
    let message = |name: &str| format!("Subject: in {name}\r\n\r\nx\r\n").into_bytes();
    let files = || -> Vec<String> {
        let all = ["", "config", "keys", "data"]
            .map(|folder| std::fs::read_dir(filled.served.dir.join(folder)).unwrap());
        let mut all: Vec<String> =
            all.into_iter().flatten().flatten().map(|entry| entry.path().display().to_string()).collect();
        all.retain(|path| !path.contains("/data/mox.db") && !path.contains("-wal") && !path.contains("-shm"));
        all.sort();
        all
    };
    let before = files();
    let names = [
        "../../../../../../tmp/mox-escaped/cur/1:2,",
        "/tmp/mox-escaped/cur/2:2,",
        "a/../../../../tmp/mox-escaped/cur/3:2,",
        "..\\..\\tmp\\mox-escaped\\cur\\4:2,",
        "C:\\mox-escaped\\cur\\5:2,",
    ];
    for name in names {
        let mut archive = tar(name, b'0', "", &message(name));
        archive.resize(archive.len() + 1024, 0);
        // Names find mailboxes and are nothing else; or the archive is refused.
        let answer = upload(&mut visitor, &csrf, name, &archive);
        assert!(answer.status < 500, "{name}: {} {}", answer.status, answer.text());
    }
    for (kind, what) in [(b'2', "a symbolic link"), (b'1', "a hard link")] {
        for link in [secret.to_str().unwrap(), "../../config/adminpasswd", "/etc/passwd"] {
            let mut archive = tar("m/cur/9:2,", kind, link, b"");
            archive.extend(tar("m/cur/10:2,", b'0', "", &message(what)));
            archive.resize(archive.len() + 1024, 0);
            let answer = upload(&mut visitor, &csrf, "links.tar", &archive);
            assert!(answer.status < 500, "{what}: {}", answer.status);
        }
    }
    assert!(!std::path::Path::new("/tmp/mox-escaped").exists());
    // All that was taken is in mailboxes of this account, and nothing of what links lead to.
    until(
        PATIENCE,
        "files to go",
        || format!("{:?} {before:?}", files()),
        || (files() == before).then_some(()),
    );
    let found = filled.served.json(&["message", "list"]);
    for row in found.as_array().unwrap() {
        assert_eq!(row["account"], "a", "{row}");
        let mailbox = row["mailbox"].as_str().unwrap();
        assert!(!mailbox.split('/').any(|level| level == ".." || level.is_empty()), "{mailbox}");
        let text = filled.served.mox(&["message", "cat", &row["id"].to_string()]);
        assert!(!text.contains("$argon2") && !text.contains("root:"), "{text}");
    }
}
