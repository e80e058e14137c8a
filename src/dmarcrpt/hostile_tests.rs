//! Documents that are made to cost much: each is read or refused, in time that grows as its size does.

use crate::read::{Limits, parse};

/// Bytes of each document, about.
const SIZE: usize = 1 << 18;

fn repeated(text: &str) -> String {
    text.repeat(SIZE / text.len())
}

/// A report with something in it.
fn report(within: &str) -> String {
    format!(
        "<feedback><report_metadata><org_name>o</org_name><email>e@o.example</email><report_id>1</report_id>\
         <date_range><begin>1</begin><end>2</end></date_range></report_metadata>\
         <policy_published><domain>a.example</domain><p>none</p></policy_published>{within}</feedback>"
    )
}

#[test]
fn what_is_made_to_cost_much_is_read_or_refused() {
    let prefixes: String =
        (0..SIZE / 60).map(|n| format!(" xmlns:p{n}=\"urn:ietf:params:xml:ns:dmarc-2.0\"")).collect();
    for (name, document, expected) in [
        ("ampersands in a text", report(&format!("<x>{}</x>", repeated("&"))), "ok"),
        ("ampersands that begin references", report(&format!("<x>{}</x>", repeated("&a "))), "ok"),
        ("long numbers", report(&format!("<x>{}</x>", repeated("&#0000000000065;"))), "ok"),
        ("one long number", report(&format!("<x>&#{};</x>", repeated("0"))), "ok"),
        ("elements that mean nothing", report(&repeated("<a/>")), "ok"),
        ("elements in one", report(&format!("<record>{}</record>", repeated("<a/>"))), "ok"),
        ("the same element in one", report(&format!("<record>{}</record>", repeated("<row/>"))), "ok"),
        ("empty records", report(&repeated("<record/>")), "ok"),
        ("records", report(&repeated("<record><row/></record>")), "ok"),
        ("CDATA", report(&format!("<x>{}</x>", repeated("<![CDATA[]]>"))), "ok"),
        ("CDATA without end", report(&repeated("<![CDATA[")), "not XML"),
        ("comments", report(&repeated("<!---->")), "ok"),
        ("comments without end", report(&repeated("<!--")), "not XML"),
        ("instructions without end", report(&repeated("<?a ")), "not XML"),
        ("attributes", report(&format!("<x {}/>", repeated("a='b' "))), "ok"),
        ("attributes without end", report(&format!("<x {}", repeated("a='"))), "not XML"),
        ("namespaces", report("").replacen("<feedback", &format!("<feedback{prefixes}"), 1), "ok"),
        ("elements without end", report(&repeated("<a>")), "elements are nested"),
        ("a name without end", report(&format!("<{}", repeated("a"))), "the document is cut off"),
        ("brackets", report(&repeated("<")), "the document is cut off"),
        ("blanks before it", format!("{}{}", repeated(" \n"), report("")), "ok"),
        ("nothing behind it", format!("{}{}", report(""), repeated("\0")), "ok"),
    ] {
        let told = parse(document.as_bytes(), &Limits::default()).map_or_else(
            |e| e.to_string(),
            |read| {
                assert!(read.oddities.len() <= 50, "{name}");
                "ok".to_owned()
            },
        );
        assert!(told.starts_with(expected), "{name}: {told:.200}");
    }
}
