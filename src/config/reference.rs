//! The reference of both files, from the doc comments of their fields: an annotated config file
//! (`mox config describe-static`, `describe-domains`) and manual pages.
//!
//! The annotated file is valid syntax, with `x` where names are to be chosen; required keys are empty.

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

/// How the format works, for both references.
const FORMAT: &str = "Indent with tabs. A value is the rest of the line, without quotes. Lines that start with # are \
                      comments. A list has its items on deeper lines that start with \"- \". nil stands for an \
                      empty section.";

/// An annotated file with every key.
pub fn annotated(which: Which) -> String {
    let mut out = String::new();
    let intro = format!(
        "{}: {}.\n{FORMAT}\nWhere x stands before a colon, write a name.",
        which.name(),
        which.about()
    );
    comment(&mut out, 0, &intro);
    write_fields(&mut out, 0, which.fields());
    out.push('\n');
    comment(
        &mut out,
        0,
        "Accepted with a warning, because their features are not built yet (* is any name):",
    );
    for path in which.later() {
        comment(&mut out, 0, path);
    }
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

fn write_fields(out: &mut String, depth: usize, fields: &[Field]) {
    for (n, field) in fields.iter().enumerate() {
        if n > 0 || depth == 0 {
            out.push('\n');
        }
        comment(out, depth, &format!("{} {}", documentation(field), remark(field)));
        let head = format!("{}:", field.key);
        match default(field) {
            Some(default) => push_line(out, depth, &format!("{head} {default}")),
            None => write_shape(out, depth, &head, &(field.shape)()),
        }
    }
}

/// Writes a key or dash with an example of what may follow.
fn write_shape(out: &mut String, depth: usize, head: &str, shape: &Shape) {
    push_line(out, depth, head);
    match shape {
        Shape::Scalar(_) => {}
        Shape::Section(fields) => write_fields(out, depth + 1, fields),
        Shape::Map(values) => write_shape(out, depth + 1, "x:", values),
        Shape::List(items) => write_shape(out, depth + 1, "-", items),
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

/// Type and default in parentheses.
fn remark(field: &Field) -> String {
    let presence = match (field.default.is_some(), default(field)) {
        (false, _) => "required".to_owned(),
        (true, None) => "optional".to_owned(),
        (true, Some(default)) => format!("default {default}"),
    };
    format!("({}; {presence})", kind(&(field.shape)()))
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
    out.push_str(&format!(".SH DESCRIPTION\n{}\n", roff(FORMAT)));
    out.push_str(".PP\nA name in angle brackets is to be chosen; a key in brackets is an item of a list.\n");
    out.push_str(".SH KEYS\n");
    manual_section(&mut out, "", which.fields());
    out.push_str(".SH NOT BUILT YET\nThe following keys, and all below them, are accepted with a warning.\n");
    for path in which.later() {
        out.push_str(&format!(".br\n{}\n", roff(&path.replace('*', "<name>"))));
    }
    let other = if which == Which::Static { "domains.conf" } else { "mox.conf" };
    out.push_str(&format!(".SH SEE ALSO\n.BR mox (1),\n.BR {} (5)\n", roff(other)));
    out
}

/// Writes the keys of a section, then the sections below it.
fn manual_section(out: &mut String, path: &str, fields: &[Field]) {
    if !path.is_empty() {
        out.push_str(&format!(".SS \"{}\"\n", roff(path)));
    }
    for field in fields {
        let (key, remark, doc) = (roff(field.key), roff(&remark(field)), roff(&documentation(field)));
        out.push_str(&format!(".TP\n\\fB{key}\\fR {remark}\n{doc}\n"));
    }
    for field in fields {
        let mut path = if path.is_empty() { field.key.to_owned() } else { format!("{path}.{}", field.key) };
        let mut shape = (field.shape)();
        loop {
            match shape {
                Shape::Scalar(_) => break,
                Shape::Section(fields) => {
                    manual_section(out, &path, fields);
                    break;
                }
                Shape::Map(values) => {
                    path.push_str(".<name>");
                    shape = *values;
                }
                Shape::List(items) => {
                    path.push_str("[]");
                    shape = *items;
                }
            }
        }
    }
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
                Which::Static => from_tree::<Static>(&tree, &[]).errors,
                Which::Dynamic => from_tree::<Dynamic>(&tree, &[]).errors,
            };
            let unknown: Vec<_> =
                errors.iter().filter(|e| matches!(e.fault, Fault::UnknownKey { .. })).collect();
            assert!(unknown.is_empty(), "{unknown:?}");
            assert!(text.lines().all(|l| l.trim_start_matches('\t').len() <= WIDTH + 2 && l.trim_end() == l));
        }
        let text = annotated(Which::Static);
        assert!(text.contains("\n\t\t\t# TCP port. (number; default 25)\n\t\t\tPort: 25\n"), "{text}");
        assert!(text.contains("# Listeners.*.IMAPS\n"));
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
        assert!(manual(Which::Dynamic).contains(".SS \"Accounts.<name>.Routes[]\"\n"));
        assert_eq!(roff(".a-b \\ \"c\""), "\\&.a\\-b \\e \\(dqc\\(dq");
    }
}
