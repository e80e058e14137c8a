//! Hostile messages in tables: what each tries, and that nothing of it is left.

use std::fmt::Write;

use mox_message::part::Tree;
use mox_testkit::html::assert_harmless;

use crate::{MAX_DEPTH, MAX_ELEMENTS, MAX_INPUT, MAX_REMOTE, SafeHtml, links, report, safe_html};

const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

/// A message with this HTML, a picture `cid:pic@x`, and an SVG `cid:svg@x`.
fn message(html: &str) -> Vec<u8> {
    let mut message = String::from("Content-Type: multipart/related; boundary=b\r\n\r\n");
    let svg = "PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIj48L3N2Zz4=";
    for (kind, id, encoding, body) in [
        ("text/html; charset=utf-8", "root@x", "8bit", html),
        ("image/png", "pic@x", "base64", PNG),
        ("image/png", "svg@x", "base64", svg),
        ("image/svg+xml", "svg2@x", "base64", svg),
        ("text/html", "html@x", "8bit", "<script>alert(1)</script>"),
    ] {
        let _ = write!(
            message,
            "--b\r\nContent-Type: {kind}\r\nContent-ID: <{id}>\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"
        );
    }
    message += "--b--\r\n";
    message.into_bytes()
}

fn safe(html: &str) -> SafeHtml {
    let message = message(html);
    let safe = safe_html(&message, &Tree::parse(&message)).unwrap();
    assert_harmless(&safe.document);
    safe
}

/// What stands in the body.
fn body(html: &str) -> String {
    let document = safe(html).document;
    let (_, rest) = document.split_once("<body>").unwrap();
    rest.rsplit_once("</body>").unwrap().0.to_owned()
}

#[test]
fn documents_stay_what_they_are() {
    let rel = "target=\"_blank\" rel=\"noopener noreferrer nofollow\"";
    for (html, clean) in [
        ("<p>a &amp; b &lt; &eacute;</p>", "<p>a &amp; b &lt; é</p>".to_owned()),
        ("<a href='https://example.org/?a=1&amp;b=2'>x</a>", format!("<a href=\"https://example.org/?a=1&amp;b=2\" {rel}>x</a>")),
        ("<a href=mailto:a@example.org>x", format!("<a href=\"mailto:a@example.org\" {rel}>x</a>")),
        ("<p style='color:red;font-family:\"Open Sans\"'>x</p>", "<p style=\"color:red;font-family:'Open Sans';\">x</p>".to_owned()),
        ("<body bgcolor=#eee style='margin:0' onload=x><p>x</body>", "<div style=\"background-color:#eee;margin:0;\"><p>x</p></div>".to_owned()),
        ("<table width=100% cellpadding=0><tr><td align=center>x</table>",
            "<table width=\"100%\" cellpadding=\"0\"><tbody><tr><td align=\"center\">x</td></tr></tbody></table>".to_owned()),
        ("<table><td>a<tr><td>b<td>c</table>d",
            "<table><tbody><tr><td>a</td></tr><tr><td>b</td><td>c</td></tr></tbody></table>d".to_owned()),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>".to_owned()),
        ("<p>a<p>b<div>c</div>", "<p>a</p><p>b</p><div>c</div>".to_owned()),
        ("<p><b>a</p>b", "<p><b>a</b></p><b>b</b>".to_owned()),
        ("<b><p class=x>a</b>b</p>", "<b><p class=\"x\">a</p></b><p class=\"x\">b</p>".to_owned()),
        ("<center><table><tr><td>a</center>b</table>c",
            "<center><table><tbody><tr><td>ab</td></tr></tbody></table>c</center>".to_owned()),
        ("<img src=cid:pic@x alt='a \"b\"'>", format!("<img src=\"data:image/png;base64,{PNG}\" alt=\"a &quot;b&quot;\">")),
        ("<img src='https://example.org/a.png' alt=logo width=10>", "<img alt=\"logo\" width=\"10\">".to_owned()),
        ("<textarea><b>x</textarea><xmp>&lt;</xmp>", "&lt;b&gt;x&amp;lt;".to_owned()),
        ("<nobr>a</nobr><o:p>b</o:p><unknown>c</unknown>", "abc".to_owned()),
    ] {
        assert_eq!(body(html), clean, "{html}");
    }
    let document = safe(
        "<html lang=de-AT dir=ltr onload=x><style media=screen>p{color:red}</style><title>t</title><p>x",
    )
    .document;
    assert!(document.starts_with(
        "<!DOCTYPE html>\n<html lang=\"de-AT\" dir=\"ltr\"><head><meta charset=\"utf-8\"><style>\n"
    ));
    assert!(
        document.contains("@media screen{p{color:red;}\n}\n</style></head>\n<body><p>x</p></body></html>\n"),
        "{document}"
    );
}

/// What is left of each: it can neither run nor fetch, submit or deceive. `assert_harmless` looks at it, too.
fn leaves(table: &[(&str, &str)]) {
    for (html, rest) in table {
        assert_eq!(body(html), *rest, "{html:?}");
    }
}

/// Scripts, whole and in pieces.
#[test]
fn scripts_do_nothing() {
    leaves(&[
        ("a<script>alert(1)</script>b", "ab"),
        ("a<SCRIPT\n/x>alert(1)</SCRIPT >b", "ab"),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
    ]);
}

/// Attributes that would run or fetch.
#[test]
fn event_handlers_do_nothing() {
    leaves(&[
        ("<p onclick=alert(1) OnMouseOver=x formaction=x style=x:expression(1)>y", "<p>y</p>"),
        ("<img src=x onerror=alert(1) srcset='https://x.example/ 2x' lowsrc=x dynsrc=x usemap=#a>", "<img>"),
        ("<p align='center\" onclick=alert(1)'>y", "<p>y</p>"),
    ]);
}

/// SVG, which may hold scripts, links and pages.
#[test]
fn svg_does_nothing() {
    leaves(&[
        ("<svg onload=alert(1)>", ""),
        ("<svg><script>alert(1)</script></svg>", ""),
        ("<svg><image xlink:href=https://x.example/ /></svg>", "<img>"),
        (
            "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
            "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>",
        ),
        ("<svg><foreignObject><iframe src=x></foreignObject></svg>", ""),
        ("<svg><animate attributeName=href values=javascript:alert(1) /><use href=data:x>", ""),
        ("<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", "<img>\"&gt;"),
    ]);
}

/// MathML, which changes what the parser makes of the rest.
#[test]
fn mathml_does_nothing() {
    leaves(&[
        ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<table></table>"),
        ("<math href=javascript:alert(1)>x</math>", "x"),
        ("<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", ""),
        (
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<table><tbody><tr><td><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\"></td></tr></tbody></table>",
        ),
    ]);
}

/// What would lead the whole page elsewhere, or fetch before anything is shown.
#[test]
fn refresh_base_and_links_of_the_head_do_nothing() {
    leaves(&[
        ("<meta http-equiv=refresh content='0;url=javascript:alert(1)'>x", "x"),
        ("<base href=https://x.example/>x", "x"),
        (
            "<link rel=prefetch href=//x.example/><link rel=dns-prefetch href=//x.example><link rel=stylesheet href=//x.example>",
            "",
        ),
    ]);
}

/// Parts of the message: pictures are shown, nothing else is.
#[test]
fn cid_shows_pictures_of_the_message_alone() {
    leaves(&[
        (
            "<img src=cid:svg@x><img src=cid:svg2@x><img src=cid:html@x><img src=cid:root@x><img src=cid:no@x>",
            "<img><img><img><img><img>",
        ),
        (
            "<a href=cid:pic@x name=a>y",
            "<a name=\"a\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">y</a>",
        ),
    ]);
}

/// CSS that would fetch, cover the page or end its attribute.
#[test]
fn styles_of_elements_cannot_tell_an_outsider() {
    leaves(&[
        ("<p style='background:url(https://x.example/)'>y", "<p>y</p>"),
        ("<p style='background:\\75rl(https://x.example/)'>y", "<p>y</p>"),
        ("<p style='background:ur/**/l(https://x.example/)'>y", "<p>y</p>"),
        ("<p style=\"background:url(&quot;https://x.example/&quot;)\">y", "<p>y</p>"),
        ("<p style=\"color:red;&quot;onclick=alert(1)\">y", "<p style=\"color:red;\">y</p>"),
        ("<p style='position:fixed;top:0;z-index:9'>y", "<p>y</p>"),
    ]);
}

/// What could be filled in or sent.
#[test]
fn forms_do_nothing() {
    leaves(&[
        (
            "<form action=https://x.example/><input name=a value=b><button>c</button><select><option>d</select></form>",
            "cd",
        ),
        ("<input type=image src=https://x.example/ onerror=alert(1)>", ""),
        ("<textarea><a title=\"</textarea><img src=x onerror=alert(1)>\">", "&lt;a title=\"<img>\"&gt;"),
        (
            "<select><template><style><!--</style><a rel=\"--></style></template></select><img id=x src onerror=alert(1)>\">",
            "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\"></a>",
        ),
        ("<marquee onstart=alert(1)>y</marquee><bgsound src=x><keygen><isindex action=x>", "y"),
    ]);
}

/// Frames, objects, media and backgrounds.
#[test]
fn what_is_embedded_does_nothing() {
    leaves(&[
        ("<iframe srcdoc='<script>alert(1)</script>'></iframe><frameset><frame src=x></frameset>", ""),
        ("<object data=data:text/html,x><embed src=x><applet code=x></applet></object>", ""),
        (
            "<video src=x poster=https://x.example/><source src=x><track src=x></video><audio src=x></audio>",
            "",
        ),
        ("<body onload=alert(1) background=https://x.example/>x", "x"),
        (
            "<table background=https://x.example/><tr><td background=x>y</table>",
            "<table><tbody><tr><td>y</td></tr></tbody></table>",
        ),
        ("<img src=data:image/svg+xml,x><img src=data:text/html,x>", "<img><img>"),
    ]);
}

/// What one parser reads as text and another one as elements.
#[test]
fn what_confuses_parsers_does_nothing() {
    leaves(&[
        ("a<script><!--<script></script>b", "ab"),
        (
            "<p title='--><script>alert(1)</script>'>y",
            "<p title=\"--&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">y</p>",
        ),
        (
            "<p title=\"</style><img src=x onerror=alert(1)>\">y",
            "<p title=\"&lt;/style&gt;&lt;img src=x onerror=alert(1)&gt;\">y</p>",
        ),
        ("<!-- <!-- --> --><script>x</script>y", " --&gt;y"),
        ("<!--[if gte mso 9]><script>alert(1)</script><![endif]-->y<![if !mso]>z<![endif]>", "yz"),
        ("<![CDATA[<script>alert(1)</script>]]>y", "alert(1)]]&gt;y"),
        ("<?php <script>alert(1)</script> ?>", "alert(1) ?&gt;"),
        ("<!--><script>alert(1)</script>-->y", "--&gt;y"),
        ("<!--->y<script>alert(1)//--></script>", "y"),
        ("a<scr\0ipt>alert(1)</scr\0ipt>", "aalert(1)"),
        ("<img src=x\0 one\0rror=alert(1)>", "<img>"),
        (
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<p title=\"&lt;/noscript&gt;&lt;img src=x onerror=alert(1)&gt;\"></p>",
        ),
        ("<style><a title=\"</style><img src=x onerror=alert(1)>\">", "<img>\"&gt;"),
        ("<title><a title=\"</title><img src=x onerror=alert(1)>\">", "<img>\"&gt;"),
        ("<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">", "&lt;p title=\"<img>\"&gt;"),
        ("<template><script>alert(1)</script><img src=x onerror=alert(1)></template>", "<img>"),
        ("<noembed><img title=\"</noembed><img src onerror=alert(1)>\"></noembed>", "<img>\"&gt;"),
        ("<plaintext><img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<img/src=`x`onerror=alert(1)>", "<img>"),
        ("<img src=\"x` `<script>alert(1)</script>\"` `>", "<img>"),
        ("<<img src=x onerror=alert(1)>", "&lt;<img>"),
        ("<a<b href=javascript:x>y</a<b>", "y"),
    ]);
}

#[test]
fn links_lead_to_the_web_or_to_mail() {
    for url in [
        "javascript:alert(1)",
        " jav&#x09;ascript:alert(1)",
        "jav\tascript:alert(1)",
        "JaVaScRiPt&colon;alert(1)",
        "&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)",
        "&#0000106avascript&#0000058alert(1)",
        "\u{1}javascript:alert(1)",
        "java\0script:alert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "blob:https://x.example/1",
        "view-source:https://x.example",
        "feed:javascript:alert(1)",
        "cid:html@x",
        "#fragment",
        "/api/v1/messages",
        "//x.example/",
        "?x",
        "",
    ] {
        assert!(!body(&format!("<a href=\"{url}\">y</a>")).contains("href"), "{url}");
    }
}

#[test]
fn style_sheets_cannot_tell_an_outsider() {
    let html = "<style>@import url(https://1.example/); @import 'https://2.example/';
        @font-face{font-family:x;src:url(https://3.example/)} input[value^=a]{background:url(https://4.example/)}
        a{background:\\75rl(https://5.example/)} b{background:ur/**/l(https://6.example/)} .ok{color:red}
        c{list-style:url('https://7.example/')}</style><!--<style>.no{color:red}</style>-->
        <style>.a{color:red}</style ><style>.b{color:\"</style><style>.c{color:blue}";
    let safe = safe(html);
    assert!(safe.document.contains("<style>\nimg:not([src]){outline:1px dashed #888}\n.ok{color:red;}\n.a{color:red;}\n.c{color:blue;}\n</style>"), "{}", safe.document);
    let hosts: Vec<&str> = safe.remote.iter().map(|url| url.as_str()).collect();
    assert_eq!(hosts, [1, 2, 3, 4, 5, 7].map(|n| format!("https://{n}.example/")));
}

#[test]
fn what_was_cut_is_told() {
    let safe = safe(
        "<script src=https://a.example/s></script><img src=https://b.example/i srcset='https://c.example/i 2x'>\
         <img src=https://b.example/i><p onclick=x style='background:url(https://d.example/)'><form action=https://no.example/>\
         <link rel=icon href=//e.example/><a href=javascript:x>y</a><table background=http://f.example/>",
    );
    assert_eq!(
        safe.remote,
        [
            "https://a.example/s",
            "https://b.example/i",
            "https://c.example/i",
            "https://d.example/",
            "//e.example/",
            "http://f.example/"
        ]
    );
    assert_eq!(
        safe.removed,
        ["background", "form", "javascript: in a href", "link", "onclick", "script", "srcset", "style"]
    );
    assert!(!safe.cut);
}

#[test]
fn deep_wide_and_long_documents_are_bounded() {
    // Enough to show what takes more than linear time: a debug build would not come back.
    let many = 50_000;
    let attributes: String = (0..many).fold(String::new(), |mut all, n| {
        let _ = write!(all, " a{n:x}");
        all
    });
    for (name, html, cut) in [
        ("nested divs, closed", format!("{}x{}", "<div>".repeat(200_000), "</div>".repeat(200_000)), true),
        ("nested spans, other ends", format!("{}{}", "<span>".repeat(many), "</i>".repeat(many)), true),
        ("nested tables", "<table><tr><td>".repeat(5000), true),
        ("tables without cells", "<table><table>".repeat(many), true),
        ("formatting before paragraphs", format!("{}{}", "<b><i>".repeat(90), "<p>x".repeat(5000)), false),
        ("formatting left open", "<p><b><i>x</p>".repeat(5000), false),
        ("misnested formatting", "<b><p></b>".repeat(5000), false),
        ("links in links", "<a><div>".repeat(5000), true),
        ("breaks in a table", format!("<table>{}", "<br>".repeat(5000)), false),
        ("text in a table", format!("<table>{}", "x<tr>".repeat(5000)), false),
        ("many attributes", format!("<p{attributes}>x"), false),
        ("many elements", "<br>".repeat(MAX_ELEMENTS + 1), true),
        ("many lone angles", "<".repeat(many), false),
        ("open comments", "<!--".repeat(many), false),
        ("open tags", "<a ".repeat(many), false),
        ("open quotes", "<a b='".repeat(many), false),
        ("raw text", "<script></scrip".repeat(many), false),
        ("ends of nothing", "</p>".repeat(many), false),
        ("references", "&amp;&#x41;&".repeat(many / 5), false),
        ("style", format!("<style>/*{}*/", "x".repeat(1 << 20)), true),
        ("style attributes", "<p style='a:url(x)'>".repeat(5000), false),
        ("longer than is read", "x".repeat(MAX_INPUT + 1), true),
        ("svg", "<svg><g>".repeat(many), false),
    ] {
        let message = format!("Content-Type: text/html; charset=utf-8\r\n\r\n{html}");
        let tree = Tree::parse(message.as_bytes());
        let safe = safe_html(message.as_bytes(), &tree).unwrap();
        assert_harmless(&safe.document);
        assert_eq!(safe.cut, cut, "{name}");
        report(message.as_bytes(), &tree);
    }
    let deep = safe(&"<div>".repeat(1000));
    assert_eq!(deep.document.matches("<div>").count(), MAX_DEPTH);
}

#[test]
fn lists_of_urls_are_bounded() {
    let html: String = (0..2 * MAX_REMOTE).fold(String::new(), |mut all, n| {
        let _ = write!(all, "<img src=https://x.example/{n}>");
        all
    });
    let safe = safe(&html);
    assert_eq!((safe.remote.len(), safe.cut), (MAX_REMOTE, true));
    let message = message(&html);
    let links = report(&message, &Tree::parse(&message)).links;
    assert_eq!(links.len(), links::MAX_LINKS);
}

#[test]
fn pictures_are_bounded_and_decoded_once() {
    let big = format!("{PNG}{}", "A".repeat(4 << 20));
    let message = format!(
        "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
         <img src=cid:a><img src=CID:a><img src='cid:%61'>\r\n\
         --b\r\nContent-Type: image/png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        big.replace('=', "")
    );
    let safe = safe_html(message.as_bytes(), &Tree::parse(message.as_bytes())).unwrap();
    assert_eq!(safe.document.matches("src=\"data:image/png;base64,").count(), 1);
    assert!(safe.cut);
    assert_eq!(body("<img src=cid:pic@x><img src=cid:pic%40x>").matches("src=").count(), 2);
}

#[test]
fn no_html_part_no_document() {
    let message = b"Content-Type: text/plain\r\n\r\n<p>x";
    assert_eq!(safe_html(message, &Tree::parse(message)), None);
    let message = b"Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>caf=E9";
    assert!(safe_html(message, &Tree::parse(message)).unwrap().document.contains("<p>café</p>"));
}

#[test]
fn links_of_all_texts_are_found_once() {
    let html = "<a href='https://a.example/'>go <b>there</b> <img alt=now src=cid:pic@x></a><a href=https://a.example/>again</a>\
        <a name=x></a><a href=#x>x</a><a href=#y>y</a><img src=http://b.example/p.gif width=1 height=1>\
        <a href=https://evil.example/>https://bank.example/</a><p style='background:url(https://c.example/)'>";
    let message = format!(
        "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nSee https://a.example/. Or (http://d.example/x), \
         www.e.example!\r\n--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n"
    );
    let links = report(message.as_bytes(), &Tree::parse(message.as_bytes())).links;
    let shown: Vec<String> = links
        .iter()
        .map(|link| {
            let ids: Vec<&str> = link.problems.iter().map(|problem| problem.id.as_str()).collect();
            format!(
                "{:?} {:?} {} {} {:?} {}",
                link.place,
                link.kind,
                link.url,
                link.count,
                link.text,
                ids.join(",")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Html Image cid:pic@x 1 \"now\" missing-part",
            "Html Link https://a.example/ 2 \"go there now\" ",
            "Html Link #x 1 \"x\" ",
            "Html Link #y 1 \"y\" missing-anchor",
            "Html Image http://b.example/p.gif 1 \"\" tracking-pixel,no-https",
            "Html Link https://evil.example/ 1 \"https://bank.example/\" other-host-shown",
            "Html Other https://c.example/ 1 \"\" ",
            "Text Link https://a.example/ 1 \"\" ",
            "Text Link http://d.example/x 1 \"\" no-https",
            "Text Link www.e.example 1 \"\" no-https",
        ]
    );
}

#[test]
fn json_names_are_stable() {
    let message = b"Content-Type: text/html\r\nList-Unsubscribe: <https://x.example/>\r\n\r\n<script></script><a href=http://x.example>y</a>";
    let json = serde_json::to_value(report(message, &Tree::parse(message))).unwrap();
    assert_eq!(json["html"]["findings"][0]["id"], "script");
    assert_eq!(json["html"]["findings"][0]["severity"], "error");
    assert_eq!(json["links"][0]["place"], "html");
    assert_eq!(json["links"][0]["kind"], "link");
    assert_eq!(json["links"][0]["problems"][0]["severity"], "warning");
    assert_eq!(json["unsubscribe"]["one_click"], false);
    assert_eq!(json["unsubscribe"]["https"][0], "https://x.example/");
}
