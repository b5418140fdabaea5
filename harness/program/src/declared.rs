//! The paths that an output declares: each must match the output or its golden.

use std::ops::Range;

use aether_harness::Artefact;
use aether_json::Value;
use toml::Spanned;

use crate::settings::OutputTable;
use crate::steps::{Reach, Steps};

/// The first declared path that matches neither the output nor its golden: where it is, and what is wrong.
pub(crate) fn missing(
    output: &OutputTable,
    artefact: &Artefact,
    golden: impl FnOnce() -> Option<Artefact>,
) -> Option<(Range<usize>, String)> {
    let mut declared = declared(output);
    look_through(artefact, &mut declared);
    if declared.iter().any(Declared::is_missing)
        && let Some(golden) = golden()
    {
        look_through(&golden, &mut declared);
    }
    let missing = declared.iter().find(|declared| declared.is_missing())?;
    let problem = format!(
        "{} {:?} matches nothing{}",
        missing.key,
        missing.written,
        missing.hint()
    );
    Some((missing.span.clone(), problem))
}

fn declared(output: &OutputTable) -> Vec<Declared<'_>> {
    let mut declared: Vec<Declared<'_>> = Vec::new();
    for (path, fields) in &output.keys {
        let array = path.get_ref();
        declared.push(Declared::new("keys", path, vec![steps(array)]));
        for field in fields {
            let mut ways = vec![steps(array).member(field)];
            ways.extend(
                field
                    .parse::<Steps>()
                    .ok()
                    .map(|field| steps(array).join(field)),
            );
            declared.push(Declared::new("keys", path, ways).named(field));
        }
    }
    if let Some(tick) = &output.tick {
        let mut ways = vec![steps("").member(tick.get_ref())];
        ways.extend(tick.get_ref().parse::<Steps>().ok());
        declared.push(Declared::new("tick", tick, ways));
    }
    let unordered = output.unordered.iter().map(|path| ("unordered", path));
    let volatile = output
        .volatile
        .iter()
        .map(|volatile| ("volatile", &volatile.path));
    let tolerance = output
        .tolerance
        .iter()
        .map(|tolerance| ("tolerance", &tolerance.path));
    for (key, path) in unordered.chain(volatile).chain(tolerance) {
        declared.push(Declared::new(key, path, vec![steps(path.get_ref())]));
    }
    declared
}

fn steps(path: &str) -> Steps {
    path.parse().expect("what `check` accepts is a path")
}

/// A path that an output declares, and what was found of it.
struct Declared<'a> {
    /// The key that holds it.
    key: &'static str,
    written: &'a str,
    span: Range<usize>,
    /// The paths that it may mean.
    ways: Vec<Steps>,
    reach: Reach,
}

impl<'a> Declared<'a> {
    fn new(key: &'static str, path: &'a Spanned<String>, ways: Vec<Steps>) -> Self {
        Self {
            key,
            written: path.get_ref(),
            span: path.span(),
            ways,
            reach: Reach::Nowhere,
        }
    }

    /// With another name in messages.
    fn named(mut self, written: &'a str) -> Self {
        self.written = written;
        self
    }

    fn is_missing(&self) -> bool {
        matches!(self.reach, Reach::Missing { .. })
    }

    fn hint(&self) -> String {
        self.reach.hint()
    }

    fn look(&mut self, value: &Value) {
        for way in &self.ways {
            let reach = way.reach(value);
            match (&mut self.reach, reach) {
                (Reach::Found, _) => return,
                (Reach::Missing { names, .. }, Reach::Missing { names: more, .. }) => {
                    names.extend(more);
                }
                (Reach::Missing { .. }, Reach::Nowhere) => {}
                (known, reach) => *known = reach,
            }
        }
    }
}

/// Looks for the paths, record by record, until all are found.
fn look_through(artefact: &Artefact, declared: &mut [Declared<'_>]) {
    let text = String::from_utf8_lossy(artefact.text());
    if text.starts_with("[\n") {
        for line in text.lines() {
            if declared
                .iter()
                .all(|declared| declared.reach == Reach::Found)
            {
                return;
            }
            let record = line.strip_suffix(',').unwrap_or(line);
            if let Ok(record) = record.parse::<Value>() {
                for declared in declared.iter_mut() {
                    declared.look(&record);
                }
            }
        }
    } else if let Ok(value) = artefact.to_value() {
        for declared in declared {
            declared.look(&value);
        }
    }
}
