//! Files: ranges, conditions, directories, and names that would lead out.

use std::fs;

use super::House;

fn house(root: &std::path::Path) -> House {
    House::new(&format!(
        "WebHandlers:
	-
		Domain: a.example
		PathRegexp: ^/try/
		WebStatic:
			StripPrefix: /try
			Root: {root}
			ContinueNotFound: true
	-
		Domain: a.example
		PathRegexp: ^/try/
		WebRedirect:
			BaseURL: https://next.example
	-
		Domain: a.example
		PathRegexp: ^/list/
		WebStatic:
			StripPrefix: /list
			Root: {root}
			ListFiles: true
	-
		Domain: a.example
		PathRegexp: ^/
		Compress: true
		WebStatic:
			Root: {root}
			ResponseHeaders:
				X-Added: yes
",
        root = root.display()
    ))
}

#[tokio::test]
async fn files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("dir")).unwrap();
    fs::create_dir_all(root.join("with")).unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    fs::write(root.join("a.txt"), "0123456789").unwrap();
    fs::write(root.join("dir/b & c.html"), "<p>").unwrap();
    fs::write(root.join("with/index.html"), "index").unwrap();
    let house = house(&root);
    for (line, status, body) in [
        ("GET https://a.example/a.txt", 200, "0123456789"),
        ("GET https://a.example/a%2etxt", 200, "0123456789"),
        ("GET https://a.example//a.txt", 200, "0123456789"),
        ("GET https://a.example/with/", 200, "index"),
        ("GET https://a.example/a.txt/", 404, "not found\n"),
        ("GET https://a.example/none", 404, "not found\n"),
        ("GET https://a.example/dir/", 403, "forbidden\n"),
        ("POST https://a.example/a.txt", 405, "method not allowed\n"),
        ("GET https://a.example/../secret", 400, "bad path\n"),
        ("GET https://a.example/%2e%2e/secret", 400, "bad path\n"),
        ("GET https://a.example/..%2fsecret", 400, "bad path\n"),
        ("GET https://a.example/..%5csecret", 400, "bad path\n"),
        ("GET https://a.example/a.txt%00", 400, "bad path\n"),
        ("GET https://a.example/a%5cb", 404, "not found\n"),
        ("GET https://a.example//etc/passwd", 404, "not found\n"),
        ("GET https://a.example/try/a.txt", 200, "0123456789"),
    ] {
        let answer = house.ask(line, &[]).await;
        assert_eq!((answer.status, answer.text()), (status, body), "{line}");
    }
    let answer = house.ask("GET https://a.example/with?q", &[]).await;
    assert_eq!((answer.status, answer.field("location")), (307, "https://a.example/with/?q"));
    for line in [
        "GET https://a.example/try/none",
        "POST https://a.example/try/a.txt",
        "GET https://a.example/try/dir/",
    ] {
        let answer = house.ask(line, &[]).await;
        assert!(answer.field("location").starts_with("https://next.example/try/"), "{line}");
    }
    let listing = house.ask("GET https://a.example/list/dir/", &[]).await;
    assert!(
        listing.text().contains("<a href=\"./b%20&amp;%20c.html\">b &amp; c.html</a>"),
        "{}",
        listing.text()
    );
    assert_eq!(listing.field("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn parts_and_conditions() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "0123456789").unwrap();
    let house = house(folder.path());
    let whole = house.ask("GET https://a.example/a.txt", &[]).await;
    assert_eq!(whole.field("content-type"), "text/plain; charset=utf-8");
    assert_eq!(whole.field("x-added"), "yes");
    let (etag, modified) = (whole.field("etag"), whole.field("last-modified"));
    assert!(!etag.is_empty() && !modified.is_empty());
    for (fields, status, body) in [
        (&[("range", "bytes=2-4")][..], 206, "234"),
        (&[("range", "bytes=-3")], 206, "789"),
        (&[("range", "bytes=20-")], 416, ""),
        (&[("if-none-match", etag)], 304, ""),
        (&[("if-none-match", "\"other\"")], 200, "0123456789"),
        (&[("if-modified-since", modified)], 304, ""),
        (&[("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT")], 200, "0123456789"),
    ] {
        let answer = house.ask("GET https://a.example/a.txt", fields).await;
        assert_eq!((answer.status, answer.text()), (status, body), "{fields:?}");
    }
}

#[tokio::test]
async fn texts_are_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let text = "all work and no play ".repeat(100_000);
    fs::write(folder.path().join("a.txt"), &text).unwrap();
    fs::write(folder.path().join("short.txt"), "short").unwrap();
    fs::write(folder.path().join("a.png"), &text).unwrap();
    let house = house(folder.path());
    let gzip = [("accept-encoding", "gzip")];
    let answer = house.ask("GET https://a.example/a.txt", &gzip).await;
    assert_eq!((answer.field("content-encoding"), answer.field("vary")), ("gzip", "accept-encoding"));
    assert!(answer.field("etag").starts_with("W/") && answer.field("content-length").is_empty());
    assert!(answer.body.len() < text.len() / 50);
    let mut read = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*answer.body), &mut read).unwrap();
    assert!(read == text);
    let again =
        house.ask("GET https://a.example/a.txt", &[gzip[0], ("if-none-match", answer.field("etag"))]).await;
    assert_eq!(again.status, 304, "the weak tag stands for the file, too");
    let plain = house.ask("GET https://a.example/a.txt", &[]).await;
    assert_eq!((plain.field("content-encoding"), plain.field("vary")), ("", "accept-encoding"));
    for (path, fields) in
        [("short.txt", &gzip[..]), ("a.png", &gzip), ("a.txt", &[gzip[0], ("range", "bytes=0-999")])]
    {
        let answer = house.ask(&format!("GET https://a.example/{path}"), fields).await;
        assert_eq!(answer.field("content-encoding"), "", "{path}");
    }
}
