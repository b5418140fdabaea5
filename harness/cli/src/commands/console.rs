//! The console: where a command prints, and how it asks a person.

use std::io::{self, IsTerminal, Write};

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
}

fn ask_on_terminal(question: &str) -> io::Result<Option<String>> {
    let mut err = io::stderr();
    write!(err, "{question}")?;
    err.flush()?;
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}
