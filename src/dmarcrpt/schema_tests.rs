//! What is written is held against the schema of RFC 9990 (appendix A, `tests/data/dmarc-xml-0.2.xsd`), which is read
//! as far as it goes: sequences, `all`, how often, enumerations, namespaces. Tests with real peers ask xmllint, too.

use std::collections::BTreeMap;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::write_tests::rich;
use crate::*;

const SCHEMA: &str = include_str!("../../tests/data/dmarc-xml-0.2.xsd");

/// An element.
#[derive(Debug, Default)]
struct Node {
    name: String,
    namespace: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Node>,
    text: String,
}

impl Node {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }
}

fn begin(namespace: ResolveResult<'_>, start: &BytesStart<'_>) -> Node {
    let text = |text: &str| text.to_owned();
    let attributes = start.attributes().map(Result::unwrap);
    Node {
        name: text(start.local_name().as_ref()),
        namespace: match namespace {
            ResolveResult::Bound(namespace) => text(namespace.as_ref()),
            _ => String::new(),
        },
        attributes: attributes.map(|a| (text(a.key.as_ref()), text(&a.value))).collect(),
        ..Node::default()
    }
}

/// A document as a tree.
fn tree(document: &str) -> Node {
    let mut reader = NsReader::from_str(document);
    let mut open = vec![Node::default()];
    loop {
        let (namespace, event) = reader.read_resolved_event().unwrap();
        let top = open.last_mut().unwrap();
        match event {
            Event::Start(start) => open.push(begin(namespace, &start)),
            Event::Empty(start) => top.children.push(begin(namespace, &start)),
            Event::Text(text) => top.text.push_str(&text),
            Event::GeneralRef(_) => top.text.push('&'),
            Event::End(_) => {
                let node = open.pop().unwrap();
                open.last_mut().unwrap().children.push(node);
            }
            Event::Eof => return open.pop().unwrap().children.pop().unwrap(),
            _ => {}
        }
    }
}

struct Schema {
    root: Node,
    problems: Vec<String>,
}

impl Schema {
    fn problems(document: &str) -> Vec<String> {
        let mut schema = Schema { root: tree(SCHEMA), problems: Vec::new() };
        let document = tree(document);
        let root = schema.root.children.pop().unwrap();
        assert_eq!((root.name.as_str(), root.attribute("name")), ("element", document.name.as_str()));
        schema.complex(&document, root.child("complexType").unwrap());
        schema.problems
    }

    fn problem(&mut self, node: &Node, what: &str) {
        self.problems.push(format!("{}: {what}", node.name));
    }

    fn typed(&mut self, node: &Node, kind: &str) {
        let definition = self.root.children.iter().position(|one| one.attribute("name") == kind);
        match (kind, definition) {
            ("xs:string", _) => self.simple(node, true),
            ("xs:integer", _) => self.simple(node, node.text.parse::<i128>().is_ok()),
            ("xs:decimal", _) => self.simple(node, node.text.parse::<f64>().is_ok()),
            (_, None) => self.problem(node, &format!("type {kind} is not in the schema")),
            (_, Some(at)) => {
                // Put back when it was looked at: the rest of the schema is asked meanwhile.
                let definition = std::mem::take(&mut self.root.children[at]);
                match definition.child("restriction") {
                    Some(words) => {
                        let word = words.children.iter().any(|word| word.attribute("value") == node.text);
                        self.simple(node, word);
                    }
                    None if definition.child("simpleContent").is_some() => self.simple(node, true),
                    None => self.complex(node, &definition),
                }
                self.root.children[at] = definition;
            }
        }
    }

    fn simple(&mut self, node: &Node, fits: bool) {
        if !fits || !node.children.is_empty() {
            self.problem(node, &format!("{:?} is not what it may hold", node.text));
        }
    }

    fn complex(&mut self, node: &Node, definition: &Node) {
        if node.namespace != self.root.attribute("targetNamespace") || !node.text.trim().is_empty() {
            self.problem(node, "in another namespace, or with text");
        }
        let (particles, ordered) = match (definition.child("sequence"), definition.child("all")) {
            (Some(sequence), _) => (sequence, true),
            (_, Some(all)) => (all, false),
            _ => return self.problem(node, "a type that is not understood"),
        };
        let mut rest: Vec<&Node> = node.children.iter().collect();
        for particle in particles.children.iter().filter(|particle| particle.name == "element") {
            let name = particle.attribute("name");
            let mut found = Vec::new();
            while let Some(at) = rest.iter().position(|child| child.name == name) {
                if ordered && at > 0 {
                    break;
                }
                found.push(rest.remove(at));
            }
            let most = particle.attribute("maxOccurs").parse().unwrap_or(usize::MAX);
            let least = particle.attribute("minOccurs").parse().unwrap();
            if !(least..=most).contains(&found.len()) {
                self.problem(node, &format!("{} times {name}", found.len()));
            }
            for child in found {
                self.typed(child, particle.attribute("type"));
            }
        }
        for child in rest {
            self.problem(node, &format!("{} is not expected there", child.name));
        }
    }
}

fn written(feedback: &Feedback, form: Form) -> String {
    String::from_utf8(write(feedback, form)).unwrap()
}

#[test]
fn what_is_written_is_what_the_schema_has() {
    let full = rich();
    let mut every = rich();
    let template = every.records.first().unwrap().clone();
    every.records = Vec::new();
    for (at, result) in AuthResult::ALL.into_iter().enumerate() {
        let mut record = template.clone();
        record.disposition = Action::ALL[at % Action::ALL.len()];
        record.reasons = ReasonKind::ALL.map(|kind| Reason { kind, comment: "\0<&>".to_owned() }).to_vec();
        record.dkim_results.iter_mut().for_each(|signature| signature.result = result);
        record.spf_results.iter_mut().for_each(|spf| spf.result = result);
        every.records.push(record);
    }
    let bare = Feedback {
        records: vec![Record {
            source_ip: None,
            envelope_from: None,
            envelope_to: None,
            dkim_results: Vec::new(),
            spf_results: Vec::new(),
            reasons: Vec::new(),
            ..template
        }],
        ..Feedback::default()
    };
    for (name, report) in [("full", full), ("every", every), ("bare", bare)] {
        assert_eq!(Schema::problems(&written(&report, Form::Rfc9990)), [""; 0], "{name}");
    }
}

#[test]
fn what_the_schema_has_not_is_found() {
    let good = written(&rich(), Form::Rfc9990);
    for (from, to, problem) in [
        ("email>", "mail>", "report_metadata: 0 times email"),
        ("ns:dmarc-2.0", "ns:dmarc-1.0", "feedback: in another namespace, or with text"),
        ("<count>3<", "<count>three<", "count: \"three\" is not what it may hold"),
        ("<type>other<", "<type>forwarded<", "type: \"forwarded\" is not what it may hold"),
        ("<scope>mfrom<", "<scope>helo<", "scope: \"helo\" is not what it may hold"),
        ("<version>1.0</version>", "", ""),
        ("        <selector>s2</selector>\n", "", "dkim: 0 times selector"),
        ("<p>reject</p>", "<p>reject</p><p>none</p>", "policy_published: 2 times p"),
        ("<p>reject</p>", "<pct>100</pct><p>reject</p>", "policy_published: pct is not expected there"),
    ] {
        assert!(good.contains(from), "{from}");
        let found = Schema::problems(&good.replace(from, to));
        assert!(
            found.iter().any(|one| one == problem) || (problem.is_empty() && found.is_empty()),
            "{found:?}"
        );
    }
    // The order counts where the schema says so.
    let row = good.find("    <row>").unwrap()..good.find("    <identifiers>").unwrap();
    let identifiers = row.end..good.find("    <auth_results>").unwrap();
    let mut swapped = good.clone();
    let turned = format!("{}{}", &good[identifiers.clone()], &good[row.clone()]);
    swapped.replace_range(row.start..identifiers.end, &turned);
    assert!(!Schema::problems(&swapped).is_empty());
    // The form before is another.
    assert!(!Schema::problems(&written(&rich(), Form::Rfc7489)).is_empty());
}

/// The schema that RFC 7489 prints does not compile, so its order stands here.
#[test]
fn the_form_of_rfc_7489_has_its_elements_in_order() {
    let document = tree(&written(&rich(), Form::Rfc7489));
    fn names(node: &Node) -> String {
        node.children.iter().map(|child| child.name.as_str()).collect::<Vec<_>>().join(" ")
    }
    assert_eq!(document.namespace, "");
    assert_eq!(names(&document), "version report_metadata policy_published record record");
    let [_, metadata, policy, record, _] = document.children.as_slice() else { panic!() };
    assert_eq!(names(metadata), "org_name email extra_contact_info report_id date_range error");
    assert_eq!(names(policy), "domain adkim aspf p sp pct fo");
    assert_eq!(names(record), "row identifiers auth_results");
    let [row, identifiers, results] = record.children.as_slice() else { panic!() };
    assert_eq!(names(row), "source_ip count policy_evaluated");
    assert_eq!(names(row.child("policy_evaluated").unwrap()), "disposition dkim spf reason reason reason");
    assert_eq!(names(identifiers), "envelope_to envelope_from header_from");
    assert_eq!(names(results), "dkim dkim dkim dkim spf");
    assert_eq!(names(results.children.last().unwrap()), "domain scope result");
    assert_eq!(names(results.children.first().unwrap()), "domain selector result");
}
