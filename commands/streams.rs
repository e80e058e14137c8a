//! Where a command reads and writes: the process's own streams, or those of a test.

use std::io::{self, IsTerminal, Read, Write};

use anstream::{AutoStream, ColorChoice};

/// Standard input, output and error of a command.
pub struct Streams {
    /// What the command reads.
    pub stdin: Box<dyn Read + Send>,
    /// Where results go.
    pub stdout: Box<dyn Write + Send>,
    /// Where everything else goes.
    pub stderr: Box<dyn Write + Send>,
    /// A person can be asked.
    pub interactive: bool,
    /// Standard error is a terminal: progress may be shown.
    pub stderr_is_terminal: bool,
    /// Colours on standard output, unless told otherwise.
    pub color_stdout: bool,
    /// Colours on standard error, unless told otherwise.
    pub color_stderr: bool,
}

impl Streams {
    /// The streams of this process, with the colour rules of NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
    pub fn of_process() -> Streams {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        Streams {
            interactive: io::stdin().is_terminal() && stderr.is_terminal(),
            stderr_is_terminal: stderr.is_terminal(),
            color_stdout: AutoStream::choice(&stdout) != ColorChoice::Never,
            color_stderr: AutoStream::choice(&stderr) != ColorChoice::Never,
            stdin: Box::new(io::stdin()),
            stdout: Box::new(io::BufWriter::new(stdout)),
            stderr: Box::new(stderr),
        }
    }
}
