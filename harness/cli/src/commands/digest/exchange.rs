//! Two checkouts find the first record in which they differ, without sending records: each says digests of ranges
//! of its records, and the range that differs is halved.
//!
//! One side serves; the other starts it by a line of a shell, which may lead to another machine. They speak in
//! lines of JSON:
//!
//! ```text
//! served    {"digests":1,"name":"grid32","records":7012}
//! asked     {"range":[0,7012]}
//! served    {"digest":"1b34…"}
//! asked     {"record":4711}
//! served    {"at":"tick=70/ledgers/record=0","record":{…}}
//! ```

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use aether_harness::report::{visible, visible_line};
use aether_harness::{
    Address, Artefact, Change, DiffOptions, DigestTree, Narrowing, Schema, Search, Searched,
    counted, diff,
};
use aether_json::{Value, json};

use super::value;
use crate::commands::{CommandError, Console, Listing, Status};

/// The version of what the two sides say.
const VERSION: u64 = 1;

/// The longest line that is read.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// The side that asks.
pub(super) struct Own<'a> {
    pub(super) name: &'a str,
    pub(super) tree: &'a DigestTree,
    pub(super) schema: &'a Schema,
}

fn searched(tree: &DigestTree) -> Searched<'_> {
    Searched::of(tree).expect("the records of a run that was made are known")
}

/// Answers until nobody asks any more.
pub(super) fn serve(
    name: &str,
    tree: &DigestTree,
    input: impl BufRead,
    out: &mut dyn Write,
) -> Result<Status, CommandError> {
    let searched = searched(tree);
    let mut say = |said: Value| -> Result<(), CommandError> {
        writeln!(out, "{said}")?;
        Ok(out.flush()?)
    };
    say(json!({ "digests": VERSION, "name": name, "records": searched.records() as u64 }))?;
    for line in input.lines() {
        let asked: Option<Value> = aether_json::from_str(&line?).ok();
        let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
        let range = asked.as_ref().and_then(|asked| {
            let [ref from, ref to] = asked.get("range")?.as_array()?[..] else {
                return None;
            };
            Some((number(from)?, number(to)?))
        });
        let record = asked
            .as_ref()
            .and_then(|asked| number(asked.get("record")?));
        say(match (range, record) {
            (Some((from, to)), _) => json!({ "digest": searched.digest(from, to) }),
            (None, Some(at)) => place(&searched, at)?,
            (None, None) => json!({ "error": "expected {\"range\":[A,B]} or {\"record\":N}" }),
        })?;
    }
    Ok(Status::Done)
}

/// A record with its place; null if there is none of this number.
fn place(searched: &Searched<'_>, number: usize) -> Result<Value, CommandError> {
    Ok(match searched.record(number) {
        None => Value::Null,
        Some(record) => json!({
            "at": record.at.to_string(),
            "record": value(Some(&record.text))?,
        }),
    })
}

/// The side that answers.
struct Other {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    line: String,
}

impl Other {
    fn start(line: &str) -> Result<Self, CommandError> {
        let (shell, option) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        let mut child = Command::new(shell)
            .args([option, line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| CommandError::Usage(format!("--with {line}: {error}")))?;
        let to = child.stdin.take().expect("its input is a pipe");
        let from = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        Ok(Self {
            child,
            to,
            from,
            line: line.to_owned(),
        })
    }

    fn hear(&mut self) -> Result<Value, CommandError> {
        let mut heard = String::new();
        let mut limited = std::io::Read::take(&mut self.from, LINE_BYTES_MAX);
        limited
            .read_line(&mut heard)
            .map_err(|error| self.lost(&error.to_string()))?;
        if heard.is_empty() {
            return Err(self.lost("it ended without an answer"));
        }
        let value: Result<Value, _> = aether_json::from_str(heard.trim_end());
        value.map_err(|_| {
            let said = heard.chars().take(200).collect::<String>();
            self.lost(&format!(
                "expected what `digest NAME --serve` says, found {said:?}"
            ))
        })
    }

    fn ask(&mut self, asked: &Value) -> Result<Value, CommandError> {
        let sent = writeln!(self.to, "{asked}").and_then(|()| self.to.flush());
        sent.map_err(|error| self.lost(&error.to_string()))?;
        self.hear()
    }

    fn lost(&self, why: &str) -> CommandError {
        CommandError::Usage(format!("--with {}: {}", self.line, visible_line(why)))
    }

    /// Lets it end.
    fn end(mut self) {
        drop(self.to);
        drop(self.from);
        // What it said was enough.
        let _ = self.child.wait();
    }
}

/// What two checkouts found out.
struct Found {
    records: [u64; 2],
    /// How many digests the two sides had to tell one another.
    exchanged: u64,
    /// The number of the record, and what is here and there.
    first: Option<(usize, [Value; 2])>,
}

/// Finds the first record that differs from that of the checkout which a line of a shell reaches.
pub(super) fn search(
    own: &Own<'_>,
    with: &str,
    format: Listing,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let searched = searched(own.tree);
    let mut other = Other::start(with)?;
    let hello = other.hear()?;
    let text = |key: &str| hello.get(key).and_then(Value::as_str);
    let number = |key: &str| hello.get(key).and_then(Value::as_u64);
    let (Some(VERSION), Some(name), Some(theirs)) =
        (number("digests"), text("name"), number("records"))
    else {
        return Err(other.lost(&format!(
            "expected what `digest NAME --serve` says, found {hello}"
        )));
    };
    if name != own.name {
        return Err(other.lost(&format!("it answers for {name}, not for {}", own.name)));
    }
    let count = usize::try_from(theirs).map_err(|_| other.lost("it has too many records"))?;
    let mut narrowing = Narrowing::new([searched.records(), count]);
    let mut exchanged = 0;
    while let Search::Compare(from, to) = narrowing.step() {
        let answer = other.ask(&json!({ "range": [from as u64, to as u64] }))?;
        let digest = answer.get("digest").and_then(Value::as_str);
        let digest =
            digest.ok_or_else(|| other.lost(&format!("expected a digest, found {answer}")))?;
        exchanged += 2;
        narrowing.compared(digest == searched.digest(from, to));
    }
    let first = match narrowing.step() {
        Search::Found(at) => {
            let there = other.ask(&json!({ "record": at as u64 }))?;
            Some((at, [place(&searched, at)?, there]))
        }
        Search::Equal | Search::Compare(..) => None,
    };
    other.end();
    let found = Found {
        records: [searched.records() as u64, theirs],
        exchanged,
        first,
    };
    say(own, &found, format, console)
}

fn say(
    own: &Own<'_>,
    found: &Found,
    format: Listing,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let divergence = found
        .first
        .as_ref()
        .and_then(|(_, sides)| divergence(own, sides));
    match format {
        Listing::Json => {
            let first = found.first.as_ref().map_or(Value::Null, |(number, [here, there])| {
                json!({ "here": here.clone(), "number": *number as u64, "there": there.clone() })
            });
            let divergence = aether_json::to_value(&divergence)
                .map_err(|error| CommandError::Io(error.to_string()))?;
            let shown = json!({
                "equal": found.first.is_none(),
                "exchanged": found.exchanged,
                "first": first,
                "first_divergence": divergence,
                "name": own.name,
                "records": found.records.to_vec(),
            });
            writeln!(
                console.out,
                "{}",
                aether_json::to_string_pretty(&shown)
                    .map_err(|error| CommandError::Io(error.to_string()))?
            )?;
        }
        Listing::Text => {
            let digests = counted(found.exchanged, "digest");
            let records = counted(found.records[0], "record");
            match &found.first {
                None => writeln!(
                    console.out,
                    "{}: {records} here and there, all equal",
                    own.name
                )?,
                Some((_, sides)) => {
                    if let Some(first) = &divergence {
                        writeln!(console.out, "{}: {}", own.name, visible_line(&first.lead()))?;
                        writeln!(
                            console.out,
                            "  at {}",
                            visible_line(&first.path.to_string())
                        )?;
                    } else {
                        writeln!(console.out, "{}: the records differ", own.name)?;
                    }
                    for (side, which) in sides.iter().zip(["here", "there"]) {
                        let said = match side.get("at").and_then(Value::as_str) {
                            None => "no record".to_owned(),
                            Some(at) => format!("{at}\n    {}", side["record"]),
                        };
                        writeln!(console.out, "  {which}: {}", visible(&said))?;
                    }
                }
            }
            writeln!(console.out, "exchanged {digests} for {records}")?;
        }
    }
    Ok(match found.first {
        None => Status::Done,
        Some(_) => Status::Difference,
    })
}

/// The first value that differs, from the record here to that there, if both are of one artefact.
fn divergence(own: &Own<'_>, sides: &[Value; 2]) -> Option<Change> {
    let artefacts = sides.each_ref().map(|side| {
        let at: Address = side.get("at")?.as_str()?.parse().ok()?;
        let record = side.get("record").filter(|record| !record.is_null())?;
        Some(Artefact::from_canonical_records(
            at.artefact()?,
            [record.to_string()],
        ))
    });
    let [Some(here), Some(there)] = artefacts else {
        return None;
    };
    diff(&[here], &[there], own.schema, &DiffOptions::default()).first_divergence
}
