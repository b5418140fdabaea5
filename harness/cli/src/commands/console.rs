//! The console: where a command prints, and how it asks a person.

use std::io::{self, BufRead, IsTerminal, Write};

use anstream::StripStream;

use super::CommandError;
use crate::destination::Destination;

/// Answers a question with a line, or with `None` if there is no answer.
pub type Ask<'a> = dyn FnMut(&str) -> io::Result<Option<String>> + 'a;

/// The streams of a command, and a person to ask if there is one.
pub struct Console<'a> {
    /// What the command was asked for.
    pub out: &'a mut dyn Write,
    /// Progress, warnings and questions.
    pub err: &'a mut dyn Write,
    /// Answers a question with a line; `None` if nobody is there to answer.
    pub ask: Option<&'a mut Ask<'a>>,
}

impl Console<'_> {
    /// Runs `work` on the streams of this process, asking on a terminal.
    pub fn standard<T>(work: impl FnOnce(&mut Console<'_>) -> T) -> T {
        let mut out = anstream::stdout();
        let mut err = anstream::stderr();
        let mut ask = ask_on_terminal;
        let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        work(&mut Console {
            out: &mut out,
            err: &mut err,
            ask: if is_terminal { Some(&mut ask) } else { None },
        })
    }

    /// Prints what the command was asked for, or writes it to a file, without colours, and says so.
    ///
    /// # Errors
    /// It cannot be printed or written.
    pub(super) fn deliver(
        &mut self,
        text: &[u8],
        file: Option<&Destination>,
    ) -> Result<(), CommandError> {
        let Some(file) = file else {
            self.out.write_all(text)?;
            return Ok(());
        };
        let mut plain = StripStream::new(Vec::new());
        plain.write_all(text)?;
        let plain = plain.into_inner();
        file.write(|out| out.write_all(&plain))?;
        writeln!(self.err, "wrote {}", file.shown().display())?;
        Ok(())
    }
}

fn ask_on_terminal(question: &str) -> io::Result<Option<String>> {
    let mut err = io::stderr();
    write!(err, "{question}")?;
    err.flush()?;
    line(&mut io::stdin().lock())
}

/// The next line of `input` without what surrounds it; `None` at its end. A stray byte that is not UTF-8
/// becomes a character that no answer has, so that the question is asked again.
fn line(input: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = input.read_until(b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line);
    Ok((read > 0).then(|| line.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stray_byte_is_not_the_end() {
        let mut input = &b"\xffa\n skip \n\xe9"[..];
        let mut next = || line(&mut input).unwrap();
        assert_eq!(next().as_deref(), Some("\u{fffd}a"));
        assert_eq!(next().as_deref(), Some("skip"));
        assert_eq!(next().as_deref(), Some("\u{fffd}"));
        assert_eq!(next(), None);
    }
}
