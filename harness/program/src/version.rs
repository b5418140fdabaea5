//! Asks a program for its version: once per process, however many scenarios ask the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aether_harness::exec::{Task, TaskOutput};
use aether_harness::quoted;
use aether_harness::{Failure, MachineFailure as _};

use crate::settings::CommandTable;
use crate::{Places, start};

/// What is kept of a version; programs that print more do not print one.
const VERSION_BYTES_MAX: usize = 64 << 10;

/// A question as it is asked: the root, then the command, then variables.
type Question = Vec<Vec<u8>>;

/// The version, or why there is none.
type Answer = Arc<OnceLock<Result<String, Failure>>>;

/// What programs answered in this process.
static ANSWERS: Mutex<BTreeMap<Question, Answer>> = Mutex::new(BTreeMap::new());

/// What the command `written` prints. It runs in the root.
///
/// # Errors
/// It failed, with the end of its output.
pub(crate) fn version(
    written: &[String],
    command: &CommandTable,
    places: &Places,
    limit: Duration,
    scratch: &Path,
) -> Result<String, Failure> {
    let [program, args @ ..] = written else {
        unreachable!("the settings were checked: the command has a program");
    };
    let mut asked = Command::new(start::program(program, places));
    let env = command.env.iter();
    asked
        .args(args.iter().map(|arg| places.filled(arg)))
        .envs(env.map(|(name, value)| (name, places.filled(value))))
        .current_dir(&places.root);
    let answer = {
        let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(answers.entry(question(&asked)).or_default())
    };
    let answer = answer.get_or_init(|| {
        let words: Vec<String> = written.iter().map(|word| quoted(word)).collect();
        let name = format!("the version command `{}`", words.join(" "));
        let task = Task {
            command: asked,
            name: &name,
            time_limit: Some(limit),
            outputs: scratch,
        };
        let output = task.run().map_err(|failure| {
            let message = format!("{name} {failure}");
            if failure.is_of_machine() {
                Failure::machine(message)
            } else {
                Failure::invalid(message)
            }
        })?;
        text_of(output).map_err(|problem| Failure::invalid(format!("{name} {problem}")))
    });
    answer.clone()
}

/// Everything on which the answer depends.
fn question(command: &Command) -> Question {
    let bytes = |text: &std::ffi::OsStr| text.as_encoded_bytes().to_vec();
    let dir = command.get_current_dir().map(|dir| bytes(dir.as_os_str()));
    let mut question = vec![dir.unwrap_or_default(), bytes(command.get_program())];
    question.extend(command.get_args().map(bytes));
    for (name, value) in command.get_envs() {
        question.push([bytes(name), value.map(bytes).unwrap_or_default()].join(&b'='));
    }
    question
}

/// The text that a command printed: on its standard output, else on its error stream, as some do.
fn text_of(output: TaskOutput) -> Result<String, &'static str> {
    let is_blank = output.stdout.trim_ascii().is_empty();
    let bytes = if is_blank {
        output.stderr
    } else {
        output.stdout
    };
    if bytes.len() > VERSION_BYTES_MAX {
        return Err("printed more than 64 KiB, which is not a version");
    }
    match String::from_utf8(bytes) {
        Err(_) => Err("printed bytes that are not UTF-8"),
        Ok(text) if text.trim().is_empty() => Err("printed nothing"),
        Ok(text) => Ok(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_text_from_either_stream() {
        let check = |stdout: &[u8], stderr: &[u8], expected| {
            let output = TaskOutput {
                stdout: stdout.to_vec(),
                stderr: stderr.to_vec(),
            };
            let text = text_of(output);
            assert_eq!(text.as_deref().map_err(|problem| *problem), expected);
        };
        check(b"sim 1.0\n", b"warning", Ok("sim 1.0"));
        check(b"\n", b"openjdk 21\nx\n", Ok("openjdk 21\nx"));
        check(b"", b" ", Err("printed nothing"));
        check(b"\xff", b"", Err("printed bytes that are not UTF-8"));
        let long = vec![b'x'; VERSION_BYTES_MAX + 1];
        check(
            &long,
            b"",
            Err("printed more than 64 KiB, which is not a version"),
        );
    }
}
