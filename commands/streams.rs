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
        let styles = mox_platform::terminal_styles();
        let colour = |choice| styles && choice != ColorChoice::Never;
        Streams {
            interactive: io::stdin().is_terminal() && stderr.is_terminal(),
            stderr_is_terminal: stderr.is_terminal(),
            color_stdout: colour(AutoStream::choice(&stdout)),
            color_stderr: colour(AutoStream::choice(&stderr)),
            stdin: Box::new(io::stdin()),
            stdout: match stdout.is_terminal() {
                true => Box::new(Text(io::BufWriter::new(stdout))),
                false => Box::new(io::BufWriter::new(stdout)),
            },
            stderr: Box::new(stderr),
        }
    }
}

/// A terminal shows text: what is not UTF-8, as in a raw message, becomes the replacement character. (The console of
/// Windows would refuse it.) Files and pipes get the bytes.
struct Text<W>(W);

impl<W: Write> Write for Text<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(String::from_utf8_lossy(bytes).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_text_only() {
        let mut text = Text(Vec::new());
        text.write_all(b"Gr\xfc\xdfe \xc3\xbc\r\n").unwrap();
        assert_eq!(String::from_utf8(text.0).unwrap(), "Gr\u{fffd}\u{fffd}e \u{fc}\r\n");
    }
}
