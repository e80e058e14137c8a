//! The reference of both files, from the doc comments of their fields: an annotated config file
//! (`mox config describe-static`, `describe-domains`) and manual pages.
//!
//! The annotated file is valid syntax, with `x` where names are to be chosen; required keys are empty. The manual
//! page describes sections that are the same once.

use crate::domain::Dynamic;
use crate::not_built;
use crate::section::{Describe, Field, Shape};
use crate::server::Static;
use crate::tree::Value;

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// `mox.conf`.
    Static,
    /// `domains.conf`.
    Dynamic,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Which::Static => "mox.conf",
            Which::Dynamic => "domains.conf",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Which::Static => "static configuration of the mail server, read at start",
            Which::Dynamic => "domains and accounts of the mail server, read again when changed",
        }
    }

    /// Paragraphs that say how the file is used.
    fn introduction(self) -> [&'static str; 2] {
        match self {
            Which::Static => [
                "mox.conf says on which addresses and ports the server serves what, with which certificates, and how \
                 mail leaves. It is read once, at start; a change takes effect after a restart.",
                "Paths are relative to the directory of the file unless it says otherwise.",
            ],
            Which::Dynamic => [
                "domains.conf stands beside mox.conf. It says for which domains mail is received, who has mail here, \
                 and what the web server does. It is read again when it changes: a change takes effect at once, and a \
                 file with an error changes nothing.",
                "Commands that change the file keep its comments and order.",
            ],
        }
    }

    /// A small file.
    fn example(self) -> &'static str {
        match self {
            Which::Static => EXAMPLE_STATIC,
            Which::Dynamic => EXAMPLE_DYNAMIC,
        }
    }

    fn fields(self) -> &'static [Field] {
        let shape = match self {
            Which::Static => Static::shape(),
            Which::Dynamic => Dynamic::shape(),
        };
        match shape {
            Shape::Section(fields) => fields,
            _ => &[],
        }
    }

    fn later(self) -> &'static [&'static str] {
        match self {
            Which::Static => not_built::STATIC,
            Which::Dynamic => not_built::DYNAMIC,
        }
    }
}

const EXAMPLE_STATIC: &str = "\
DataDir: ../data
Hostname: mail.example.org
Listeners:
\tpublic:
\t\tIPs:
\t\t\t- 198.51.100.7
\t\t\t- 2001:db8::7
\t\tTLS:
\t\t\tKeyCerts:
\t\t\t\t-
\t\t\t\t\tCertFile: mail.example.org.crt
\t\t\t\t\tKeyFile: mail.example.org.key
\t\tSMTP:
\t\t\tEnabled: true
\t\tSubmissions:
\t\t\tEnabled: true

# Mail for postmaster is read by jane.
Postmaster:
\tAccount: jane
\tMailbox: Inbox
";

const EXAMPLE_DYNAMIC: &str = "\
Domains:
\texample.org:
\t\tLocalpartCatchallSeparator: +
\t\tAliases:
\t\t\tsales:
\t\t\t\tAddresses:
\t\t\t\t\t- jane@example.org
\t\t\t\tPostPublic: true
Accounts:
\tjane:
\t\tDomain: example.org
\t\tFullName: Jane Doe
\t\tDestinations:
\t\t\tjane@example.org: nil
\t\t\tinfo@example.org:
\t\t\t\tMailbox: Info
";

/// How the format works, for both references.
const FORMAT: &str = "Indent with tabs. A value is the rest of the line, without quotes. Lines that start with # are \
                      comments. A list has its items on deeper lines that start with \"- \". nil stands for an \
                      empty section. Keys that are not built yet are accepted, with a warning, and do nothing.";

/// Paths of all keys, `*` for names that are chosen and `[]` after a list: `Listeners.*.TLS.KeyCerts[].CertFile`.
pub fn paths(which: Which) -> Vec<String> {
    fn walk(path: &Path, fields: &[Field], found: &mut Vec<String>) {
        for field in fields {
            let path = path.key(field.key);
            found.push(path.0.clone());
            let (path, shape) = path.inside((field.shape)());
            if let Shape::Section(fields) = shape {
                walk(&path, fields, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::default(), which.fields(), &mut found);
    found
}

/// A path as in [`paths`].
#[derive(Default, Clone)]
struct Path(String);

impl Path {
    fn key(&self, key: &str) -> Path {
        Path(if self.0.is_empty() { key.to_owned() } else { format!("{}.{key}", self.0) })
    }

    /// The path and shape of what a map or list holds, at any depth.
    fn inside(mut self, mut shape: Shape) -> (Path, Shape) {
        loop {
            shape = match shape {
                Shape::Map(values) => {
                    self.0.push_str(".*");
                    *values
                }
                Shape::List(items) => {
                    self.0.push_str("[]");
                    *items
                }
                shape => return (self, shape),
            };
        }
    }

    /// As people read it.
    fn shown(&self) -> String {
        self.0.replace('*', "<name>")
    }
}

/// An annotated file with every key.
pub fn annotated(which: Which) -> String {
    let mut out = String::new();
    let intro = format!(
        "{}: {}.\n{FORMAT}\nWhere x stands before a colon, write a name.",
        which.name(),
        which.about()
    );
    comment(&mut out, 0, &intro);
    write_fields(&mut out, 0, which, &Path::default(), which.fields());
    out
}

/// Longest line of a comment, without indentation.
const WIDTH: usize = 100;

/// Writes text as comment lines, wrapped.
fn comment(out: &mut String, depth: usize, text: &str) {
    for line in text.lines() {
        let mut row = String::new();
        for word in line.split_whitespace() {
            if !row.is_empty() && row.len() + word.len() >= WIDTH {
                push_line(out, depth, &format!("# {row}"));
                row.clear();
            } else if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
        push_line(out, depth, format!("# {row}").trim_end());
    }
}

fn push_line(out: &mut String, depth: usize, line: &str) {
    out.extend(std::iter::repeat_n('\t', depth));
    out.push_str(line);
    out.push('\n');
}

fn write_fields(out: &mut String, depth: usize, which: Which, path: &Path, fields: &[Field]) {
    for (n, field) in fields.iter().enumerate() {
        if n > 0 || depth == 0 {
            out.push('\n');
        }
        let path = path.key(field.key);
        comment(out, depth, &format!("{} {}", documentation(field), remark(field, which, &path)));
        let head = format!("{}:", field.key);
        match default(field) {
            Some(default) => push_line(out, depth, &format!("{head} {default}")),
            None => write_shape(out, depth, &head, which, path, (field.shape)()),
        }
    }
}

/// Writes a key or dash with an example of what may follow.
fn write_shape(out: &mut String, depth: usize, head: &str, which: Which, path: Path, shape: Shape) {
    push_line(out, depth, head);
    match shape {
        Shape::Scalar(_) => {}
        Shape::Section(fields) => write_fields(out, depth + 1, which, &path, fields),
        Shape::Map(values) => write_shape(out, depth + 1, "x:", which, Path(path.0 + ".*"), *values),
        Shape::List(items) => write_shape(out, depth + 1, "-", which, Path(path.0 + "[]"), *items),
    }
}

/// The documentation of a field on one line.
fn documentation(field: &Field) -> String {
    field.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// The default, if it is a value that fits a line.
fn default(field: &Field) -> Option<String> {
    match field.default.map(|default| default()) {
        Some(Value::Scalar(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Type and default in parentheses, and whether the feature is there.
fn remark(field: &Field, which: Which, path: &Path) -> String {
    let presence = match (field.default.is_some(), default(field)) {
        (false, _) => "required".to_owned(),
        (true, None) => "optional".to_owned(),
        (true, Some(default)) => format!("default {default}"),
    };
    let later = if which.later().contains(&path.0.as_str()) { "; not built yet" } else { "" };
    format!("({}; {presence}{later})", kind(&(field.shape)()))
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Scalar(words) => (*words).to_owned(),
        Shape::Section(_) => "section".to_owned(),
        Shape::Map(values) => format!("by name: {}", kind(values)),
        Shape::List(items) => format!("list: {}", kind(items)),
    }
}

/// A manual page of section 5 in roff.
pub fn manual(which: Which) -> String {
    let name = which.name();
    let mut out = format!(".TH {} 5 \"\" mox \"File formats\"\n", name.to_uppercase());
    out.push_str(&format!(".SH NAME\n{} \\- {}\n", roff(name), roff(which.about())));
    out.push_str(".SH DESCRIPTION\n");
    for paragraph in which.introduction().iter().chain(&[FORMAT]) {
        out.push_str(&format!("{}\n.PP\n", roff(paragraph)));
    }
    out.push_str("A name in angle brackets is to be chosen; a key in brackets is an item of a list.\n");
    out.push_str(".SH KEYS\n");
    let mut seen = Vec::new();
    manual_section(&mut out, which, &[Path::default()], which.fields(), &mut seen);
    out.push_str(&format!(".SH EXAMPLE\n.nf\n{}.fi\n", which.example().replace('\t', "    ")));
    out.push_str(".SH FILES\nBoth files stand in one directory, and \\fBmox config path\\fR says which. ");
    out.push_str("\\fBmox config test\\fR checks them.\n");
    let other = if which == Which::Static { "domains.conf" } else { "mox.conf" };
    out.push_str(&format!(".SH SEE ALSO\n.BR mox (1),\n.BR mox\\-config (1),\n.BR {} (5)\n", roff(other)));
    out
}

/// Sections that are described, with their first place.
type Seen = Vec<(&'static [Field], String)>;

/// Writes the keys of sections that are the same, then the sections below. A section that was described before is
/// only named.
fn manual_section(
    out: &mut String,
    which: Which,
    places: &[Path],
    fields: &'static [Field],
    seen: &mut Seen,
) {
    let Some(path) = places.first() else { return };
    if !path.0.is_empty() {
        let shown: Vec<String> = places.iter().map(Path::shown).collect();
        out.push_str(&format!(".SS \"{}\"\n", roff(&shown.join(", "))));
        if let Some((_, first)) = seen.iter().find(|(known, _)| same(known, fields)) {
            return out.push_str(&format!("As {}.\n", roff(first)));
        }
        seen.push((fields, path.shown()));
    }
    for field in fields {
        let remark = remark(field, which, &path.key(field.key));
        let (key, remark, doc) = (roff(field.key), roff(&remark), roff(&documentation(field)));
        out.push_str(&format!(".TP\n\\fB{key}\\fR {remark}\n{doc}\n"));
    }
    let mut groups: Vec<(&'static [Field], Vec<Path>)> = Vec::new();
    for field in fields {
        let (path, Shape::Section(below)) = path.key(field.key).inside((field.shape)()) else { continue };
        match groups.iter_mut().find(|(known, _)| same(known, below)) {
            Some((_, places)) => places.push(path),
            None => groups.push((below, vec![path])),
        }
    }
    for (fields, places) in groups {
        manual_section(out, which, &places, fields, seen);
    }
}

/// Whether two sections are one.
fn same(a: &[Field], b: &[Field]) -> bool {
    let fits = |(a, b): (&Field, &Field)| a.key == b.key && a.doc == b.doc && default(a) == default(b);
    a.len() == b.len() && a.iter().zip(b).all(fits)
}

/// Escapes text for roff; no line of it starts with a control character.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('"', "\\(dq");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::from_tree;
    use crate::error::Fault;
    use crate::tree::parse;

    #[test]
    fn the_annotated_files_have_known_keys_only() {
        for which in [Which::Static, Which::Dynamic] {
            let text = annotated(which);
            let tree = parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
            let errors = match which {
                Which::Static => from_tree::<Static>(&tree).errors,
                Which::Dynamic => from_tree::<Dynamic>(&tree).errors,
            };
            let unknown: Vec<_> =
                errors.iter().filter(|e| matches!(e.fault, Fault::UnknownKey { .. })).collect();
            assert!(unknown.is_empty(), "{unknown:?}");
            assert!(text.lines().all(|l| l.trim_start_matches('\t').len() <= WIDTH + 2 && l.trim_end() == l));
        }
        let text = annotated(Which::Static);
        assert!(text.contains("\n\t\t\t# TCP port. (number; default 25)\n\t\t\tPort: 25\n"), "{text}");
        assert!(text.contains(
            "# IMAP for reading mail, with TLS from the start. (section; optional; not built yet)\n"
        ));
    }

    #[test]
    fn every_key_of_the_go_server_is_there() {
        let list = include_str!("../../tests/data/config/fields.txt");
        let (server, dynamic) = list.split_once("\n# domains.conf\n").unwrap();
        for (which, listed) in [(Which::Static, server), (Which::Dynamic, dynamic)] {
            let known = paths(which);
            let listed: Vec<&str> = listed.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
            let missing: Vec<_> = listed.iter().filter(|path| !known.iter().any(|k| k == *path)).collect();
            assert!(missing.is_empty(), "not described: {missing:?}");
            const OURS: [&str; 7] = [
                "Limits",
                "Sandbox",
                "AllowEgress",
                "OutgoingDMARCReportsRFC7489",
                "Transports.*.Direct.RequireDANE",
                "Transports.*.Socks.Username",
                "Transports.*.Socks.Password",
            ];
            let ours = known
                .iter()
                .filter(|k| !listed.contains(&k.as_str()) && !OURS.iter().any(|own| k.starts_with(own)));
            let ours: Vec<_> = ours.collect();
            assert!(ours.is_empty(), "not in tests/data/config/fields.txt: {ours:?}");
            let text = annotated(which);
            for path in listed {
                let key = path.rsplit('.').next().unwrap().trim_end_matches("[]");
                assert!(text.lines().any(|l| l.trim_start().starts_with(&format!("{key}:"))), "{path}");
            }
        }
    }

    #[test]
    fn the_examples_load() {
        let config = crate::Config::parse(std::path::Path::new("mox.conf"), EXAMPLE_STATIC, EXAMPLE_DYNAMIC);
        assert_eq!(config.unwrap_or_else(|e| panic!("{e}")).warnings, []);
    }

    #[test]
    fn every_field_is_documented() {
        fn walk(fields: &[Field]) {
            for field in fields {
                let doc = documentation(field);
                assert!(doc.ends_with('.') && doc.len() > 8, "{}: {doc}", field.key);
                let mut shape = (field.shape)();
                loop {
                    match shape {
                        Shape::Scalar(_) => break,
                        Shape::Section(fields) => break walk(fields),
                        Shape::Map(inner) | Shape::List(inner) => shape = *inner,
                    }
                }
            }
        }
        walk(Which::Static.fields());
        walk(Which::Dynamic.fields());
    }

    #[test]
    fn manual_pages_are_roff() {
        let page = manual(Which::Static);
        assert!(page.starts_with(".TH MOX.CONF 5"));
        assert!(page.contains(
            ".SS \"Listeners.<name>.SMTP\"\n.TP\n\\fBEnabled\\fR (true or false; default false)\n"
        ));
        let routes = ".SS \"Accounts.<name>.Routes[]\"\nAs Domains.<name>.Routes[].\n";
        assert!(manual(Which::Dynamic).contains(routes));
        assert!(page.contains(".AccountHTTPS, Listeners.<name>.AdminHTTP,"));
        assert!(
            page.contains(".SS \"Listeners.<name>.IMAP\"\n"),
            "its ports differ from those of Submission"
        );
        assert_eq!(roff(".a-b \\ \"c\""), "\\&.a\\-b \\e \\(dqc\\(dq");
    }
}
