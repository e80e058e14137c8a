//! The command line of a benchmark: what stands after `--` of `cargo bench`.

use std::path::{Path, PathBuf};

use mox_testkit::house::{House, Program};

/// How to run, and what to do with the figures.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A short run, to see that it works: its figures are rough
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only cases whose name has all these words
    #[arg(long, value_name = "WORDS")]
    pub(crate) only: Option<String>,
    /// Keep the figures under this name
    #[arg(long, value_name = "NAME")]
    pub(crate) save: Option<String>,
    /// Print beside each figure its ratio to the one kept under this name; `last` is the run before this one
    #[arg(long, value_name = "NAME")]
    pub(crate) against: Option<String>,
    /// Given by cargo bench
    #[arg(long, hide = true)]
    bench: bool,
}

impl Run {
    /// False for `cargo test --all-targets`, which must not take minutes.
    pub(crate) fn is_wanted(&self) -> bool {
        if !self.bench {
            println!("not run: this is for `cargo bench`");
        }
        self.bench
    }

    /// Whether the case of this name is to be run.
    pub(crate) fn wants(&self, case: &str) -> bool {
        let has = |word: &str| case.split_whitespace().any(|own| own.trim_end_matches(',') == word);
        self.only.as_ref().is_none_or(|only| only.split_whitespace().all(has))
    }
}

/// Which server to measure, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// Where the data goes: measure the disk that matters
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    pub(crate) dir: PathBuf,
    /// Another binary than the one of this build
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_mox"))]
    mox: PathBuf,
    /// Run the server under a program: "strace -f -c -o calls"
    #[arg(long, value_name = "COMMAND")]
    under: Option<String>,
}

impl Place {
    /// A folder for a run, removed when dropped.
    pub(crate) fn folder(&self) -> tempfile::TempDir {
        tempfile::Builder::new().prefix("bench").tempdir_in(&self.dir).unwrap()
    }

    /// Starts a server with its data below `folder`.
    pub(crate) fn start(&self, folder: &Path) -> House {
        // The log of every transaction stays on, as it is for everybody.
        let mut house = House::prepare(&Program::native(&self.mox), &folder.join("house"), &[]);
        if let Some(under) = &self.under {
            house.under(&under.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        }
        house.restart();
        house
    }

    /// Whether the process that was started is the server itself.
    pub(crate) fn is_plain(&self) -> bool {
        self.under.is_none()
    }
}
