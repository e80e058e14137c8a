//! `mox generate`: the files that follow from definitions: `man/`, `completions/`, `docs/openapi.json`.
//!
//! They are committed; `tests/generated.rs` compares them with what this writes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap_mangen::roff::{Roff, bold, roman};

use mox_config::reference::{self, Which};

use crate::completion::{Shell, script};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, examples};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which files
    what: What,
    /// Folder that has the folders `man`, `completions` and `docs`
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,
    /// Write nothing; exit code 3 when a file is missing, stale or left over
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Man,
    Completions,
    All,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox generate all --out .", about: "Write all files", needs: Needs::Nothing },
    Example { run: "mox generate all --check", about: "See whether they are current", needs: Needs::World },
];

/// What makes apostrophes right; written before every section, needed once.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// Paths below the output folder and what stands in the files.
type Files = BTreeMap<PathBuf, Vec<u8>>;

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let mut files = Files::new();
    if args.what != What::Completions {
        man_pages(&mut files)?;
        for (which, name) in [(Which::Static, "mox.conf.5"), (Which::Dynamic, "domains.conf.5")] {
            files.insert(Path::new("man").join(name), reference::manual(which).into_bytes());
        }
    }
    if args.what == What::All {
        files.insert(Path::new("docs").join("openapi.json"), mox_api::openapi().into_bytes());
    }
    if args.what != What::Man {
        for shell in Shell::ALL {
            files.insert(Path::new("completions").join(shell.file()), script(shell)?);
        }
    }
    let stale = compare(&args.out, &files)?;
    if args.check {
        for path in &stale {
            cx.say(format_args!("not current: {}", path.display()));
        }
        if stale.is_empty() {
            return Ok(Exit::Done);
        }
        return Err(CommandError {
            kind: Exit::Problems,
            ..CommandError::failed("generated files are not current").hint("run `mox generate all`")
        });
    }
    for path in stale {
        write(&args.out.join(&path), files.get(&path))?;
        cx.detail(path.display());
    }
    Ok(Exit::Done)
}

/// Paths of files that differ from what they should be, or should not be.
fn compare(out: &Path, files: &Files) -> Result<Vec<PathBuf>, CommandError> {
    let mut stale: Vec<PathBuf> = files
        .iter()
        .filter(|(path, text)| std::fs::read(out.join(path)).ok().as_ref() != Some(*text))
        .map(|(path, _)| path.clone())
        .collect();
    for folder in ["man", "completions"] {
        let made_here = files.keys().any(|path| path.starts_with(folder));
        let Ok(entries) = std::fs::read_dir(out.join(folder)) else { continue };
        for entry in entries {
            let path = Path::new(folder).join(entry?.file_name());
            if made_here && !files.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    Ok(stale)
}

fn write(path: &Path, text: Option<&Vec<u8>>) -> Result<(), CommandError> {
    let done = match text {
        None => std::fs::remove_file(path),
        Some(text) => {
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text))
        }
    };
    done.map_err(|e| CommandError::file(path, e))
}

/// One page a command, groups included; hidden ones have none.
fn man_pages(files: &mut Files) -> Result<(), CommandError> {
    let mut root = crate::definition().disable_help_subcommand(true);
    root.build();
    pages_of(&root, &mut Vec::new(), files)
}

fn pages_of(command: &clap::Command, words: &mut Vec<String>, files: &mut Files) -> Result<(), CommandError> {
    let name = [&["mox".to_owned()], words.as_slice()].concat().join("-");
    files.insert(Path::new("man").join(format!("{name}.1")), page(command, &name, words)?);
    for sub in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        words.push(sub.get_name().to_owned());
        pages_of(sub, words, files)?;
        words.pop();
    }
    Ok(())
}

fn page(command: &clap::Command, name: &str, words: &[String]) -> Result<Vec<u8>, CommandError> {
    let man = clap_mangen::Man::new(command.clone().after_help(None::<&str>).version(None::<&str>))
        .title(name.to_uppercase())
        .manual("mox")
        .source("mox");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut more = Roff::new();
    more.control("SH", ["EXAMPLES"]);
    for example in examples::of(words) {
        more.control("TP", []);
        more.text([roman(example.about)]);
        more.text([bold(example.run)]);
    }
    if !words.is_empty() {
        more.control("SH", ["SEE ALSO"]);
        more.text([bold("mox"), roman("(1)")]);
    }
    more.to_writer(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    let rest = page.replace(PREAMBLE, "");
    Ok(format!("{PREAMBLE}{rest}").into_bytes())
}
