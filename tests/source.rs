//! The tree as text, for the tests that read it: files, code without comments, comments without code.

use std::path::{Path, PathBuf};

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file below the root, given with `/` between the parts.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Paths below `folder` (relative to the root, `/` between the parts, sorted) whose name ends in `ending`.
/// Build results, dot folders, fuzz findings and what npm installed are not part of the tree.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && !["target", "corpus-found", "node_modules"].contains(&&*name) {
                    folders.push(entry.path());
                }
            } else if name.ends_with(ending) {
                found.push(relative(entry.path()));
            }
        }
    }
    found.sort();
    found
}

/// Names of the folders directly below `folder`, sorted.
pub(crate) fn folders(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn relative(path: PathBuf) -> String {
    let path = path.strip_prefix(root()).unwrap().to_path_buf();
    path.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("/")
}

/// Rust source taken apart; both texts have the line breaks of the original.
pub(crate) struct Source {
    /// Code with comments and the contents of strings blanked.
    pub(crate) code: String,
    /// Comments alone.
    pub(crate) comments: String,
}

impl Source {
    /// Lines of `code`, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

enum State {
    Code,
    Line,
    Block(usize),
    Text,
    Raw(usize),
}

/// Separates code from comments. Knows nested block comments, raw strings and character literals.
pub(crate) fn split(text: &str) -> Source {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut comments) = (String::new(), String::new());
    let mut state = State::Code;
    let mut at = 0;
    let next_is =
        |at: usize, what: &str| what.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    while let Some(&c) = chars.get(at) {
        if c == '\n' {
            code.push(c);
            comments.push(c);
            if matches!(state, State::Line) {
                state = State::Code;
            }
            at += 1;
            continue;
        }
        let mut step = 1;
        match state {
            State::Code if next_is(at, "//") => state = State::Line,
            State::Code if next_is(at, "/*") => (state, step) = (State::Block(1), 2),
            State::Code if c == '"' => {
                let hashes = code.chars().rev().take_while(|c| *c == '#').count();
                let before = code.chars().rev().nth(hashes);
                let raw = matches!(before, Some('r')) && (hashes > 0 || ends_in_raw_mark(&code));
                state = if raw { State::Raw(hashes) } else { State::Text };
                code.push(c);
            }
            State::Code if c == '\'' && next_is(at + 1, "\\") => {
                step = 4 + chars.iter().skip(at + 3).position(|c| *c == '\'').unwrap_or(0);
            }
            State::Code if c == '\'' && next_is(at + 2, "'") => step = 3,
            State::Code => code.push(c),
            State::Line => comments.push(c),
            State::Block(depth) if next_is(at, "*/") => {
                state = if depth == 1 { State::Code } else { State::Block(depth - 1) };
                step = 2;
            }
            State::Block(depth) if next_is(at, "/*") => (state, step) = (State::Block(depth + 1), 2),
            State::Block(_) => comments.push(c),
            State::Text if c == '\\' && chars.get(at + 1) != Some(&'\n') => step = 2,
            State::Text if c == '"' => {
                state = State::Code;
                code.push(c);
            }
            State::Raw(hashes) if c == '"' && next_is(at + 1, &"#".repeat(hashes)) => {
                (state, step) = (State::Code, 1 + hashes);
                code.push(c);
            }
            State::Text | State::Raw(_) => {}
        }
        at += step;
    }
    Source { code, comments }
}

/// Whether code that ends in `r` ends in the mark of a raw string (`r`, `br`, `cr`), not in a name.
fn ends_in_raw_mark(code: &str) -> bool {
    let word: String = code.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    matches!(word.as_str(), "r" | "rb" | "rc")
}

/// Whether `word` stands in `line` with no letter, digit or underscore beside it.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line.get(..at).unwrap_or("").ends_with(part_of_name)
            && !line.get(at + word.len()..).unwrap_or("").starts_with(part_of_name)
    })
}

#[test]
fn code_and_comments_are_told_apart() {
    for (text, code, comments) in [
        ("a // b\nc", "a \nc", "/ b\n"),
        ("a /* b /* c */ d */ e", "a  e", " b  c  d "),
        (r#"f("// no", 'x')"#, r#"f("", )"#, ""),
        (r##"f(r#"a " // b"#, g)"##, r##"f(r#"", g)"##, ""),
        (r#"let r = "x\"y"; // z"#, r#"let r = "";  "#.trim_end_matches(' '), "/ z"),
        (r"('\'', '\\', 'a', &'b str) // t", "(, , , &'b str) ", "/ t"),
        ("for\"a\"", "for\"\"", ""),
    ] {
        let found = split(text);
        assert_eq!(found.code.trim_end(), code.trim_end(), "code of {text}");
        assert_eq!(found.comments, comments, "comments of {text}");
    }
}
