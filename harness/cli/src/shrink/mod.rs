//! Finds the smallest inputs that show the same fault.
//!
//! Each candidate is written as a scenario into a workspace beside that of the user, and is run there: what was
//! tried is what can be kept. Nothing of the user's is written before the search has ended.
//!
//! | module | what it does |
//! | --- | --- |
//! | `reduce` | takes steps as long as one of them keeps what is looked for |
//! | `steps` | steps that make any document smaller |
//! | `source` | the inputs of a scenario as a value, its steps, and its files again |
//! | `fault` | what is wrong with a scenario, and whether a smaller one has the same fault |
//! | `examine` | runs scenarios as their checks do |
//! | `other` | the program that another one is compared with |
//! | `workspace` | a workspace in which scenarios exist while they are tried |
//! | `keep` | makes a scenario of what was found |

pub(crate) mod examine;
pub(crate) mod fault;
pub(crate) mod keep;
#[cfg(test)]
mod laws;
pub(crate) mod other;
pub(crate) mod reduce;
pub(crate) mod source;
mod steps;
pub(crate) mod workspace;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aether_harness::snapshot::sha256_hex;

use self::examine::{Examiner, Looked};
use self::fault::{Fault, Kind};
use self::reduce::{Batch, End, Reduced, Shown, reduce};
use self::source::{Item, Size, Source};
use crate::commands::CommandError;
use crate::files::Files;

/// Candidates may take so many times as long as the scenario itself; and so long in any case, for a machine may be
/// busy.
const SLOWER: u32 = 10;
const QUICK: Duration = Duration::from_secs(5);

/// The part of the time limit after which a candidate counts as one that exceeds it, and its least.
const TIMEOUT_PART: u32 = 10;
const TIMEOUT_LEAST: Duration = Duration::from_secs(2);

/// What a search is told.
pub(crate) struct Wanted {
    /// A different first divergence, or a different error, will do.
    pub(crate) any: bool,
    /// When the search ends; `None` for when nothing is left to try.
    pub(crate) deadline: Option<Instant>,
    /// Most candidates that are tried; `None` for [`candidates_max`].
    pub(crate) candidates_max: Option<u64>,
}

/// How many candidates may be tried, unless something else is asked for, for inputs of this size. A fault that depends on
/// its inputs in some sensible way is found in far fewer.
fn candidates_max(size: Size) -> u64 {
    const LEAST: u64 = 1_000;
    const PER_VALUE: u64 = 100;
    LEAST + PER_VALUE * size.values as u64
}

/// What was found.
pub(crate) struct Smallest {
    /// The fault as the smallest inputs show it.
    pub(crate) fault: Fault,
    pub(crate) item: Item,
    pub(crate) files: Files,
    pub(crate) before: Size,
    pub(crate) after: Size,
    /// Whether every single step was tried, and if not, why not.
    pub(crate) end: End,
    /// Most candidates that were to be tried.
    pub(crate) candidates_max: u64,
}

/// How a search is going.
pub(crate) struct Progress {
    pub(crate) runs: u64,
    pub(crate) size: Size,
}

/// Shrinks the inputs of a source, of which `examiner` has seen `fault`.
///
/// # Errors
/// Files cannot be written, or the other program cannot be run.
pub(crate) fn shrink(
    source: &Source<'_>,
    examiner: &mut Examiner<'_>,
    fault: Fault,
    took: Duration,
    wanted: &Wanted,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Smallest, CommandError> {
    let limit = examiner.limit();
    let quick = match fault.kind {
        Kind::Timeout => (limit / TIMEOUT_PART).max(TIMEOUT_LEAST).min(limit),
        _ => (took * SLOWER).max(QUICK).min(limit),
    };
    let mut search = Search {
        source,
        examiner,
        wanted,
        candidates_max: 0,
        fault,
        refused: BTreeSet::new(),
        limit: quick,
        progress,
    };
    let before = search.size(&search.start()?)?;
    search.candidates_max = wanted.candidates_max.unwrap_or(candidates_max(before));
    let mut reduced = search.reduce()?;
    if search.fault.kind == Kind::Timeout && quick < limit && reduced.end == End::Minimal {
        // What was given up early may have ended in time.
        search.limit = limit;
        if search.look(&reduced.item)?.is_none() {
            search.refused.clear();
            reduced = search.reduce()?;
        }
    }
    let Reduced { item, end } = reduced;
    Ok(Smallest {
        fault: search.fault.clone(),
        files: search.files(&item)?,
        before,
        after: search.size(&item)?,
        item,
        end,
        candidates_max: search.candidates_max,
    })
}

struct Search<'s, 'p> {
    source: &'s Source<'s>,
    examiner: &'s mut Examiner<'p>,
    wanted: &'s Wanted,
    candidates_max: u64,
    /// As the smallest inputs so far show it.
    fault: Fault,
    /// The digests of inputs that do not show it, and of those that a step was taken from: a subject whose steps go
    /// in circles is not followed.
    refused: BTreeSet<String>,
    /// When a candidate is given up.
    limit: Duration,
    progress: &'s mut dyn FnMut(&Progress),
}

impl Search<'_, '_> {
    fn start(&self) -> Result<Item, CommandError> {
        let start = self.source.start();
        start.map_err(|failure| CommandError::input(&failure))
    }

    fn files(&self, item: &Item) -> Result<Files, CommandError> {
        let files = self.source.files(item);
        files.map_err(|failure| CommandError::input(&failure))
    }

    fn size(&self, item: &Item) -> Result<Size, CommandError> {
        let size = self.source.size(item);
        size.map_err(|failure| CommandError::input(&failure))
    }

    fn reduce(&mut self) -> Result<Reduced<Item>, CommandError> {
        let start = self.start()?;
        let batch = match self.fault.kind {
            Kind::Mismatch { .. } => self.examiner.batch(),
            _ => Batch::SINGLE,
        };
        let limit = self.candidates_max;
        reduce(start, self.source, batch, limit, |items| self.shown(items))
    }

    /// The first of these that shows the fault.
    fn shown(&mut self, items: &[Item]) -> Result<Shown, CommandError> {
        let mut places = Vec::new();
        let mut candidates = Vec::new();
        for (place, item) in items.iter().enumerate() {
            // What was refused once would be refused again, but for a fault that comes and goes.
            if self.refused.contains(&sha256_hex(item.text())) {
                continue;
            }
            match self.source.files(item) {
                Ok(files) => {
                    places.push(place);
                    candidates.push(files);
                }
                Err(_) => self.refuse(item),
            }
        }
        if candidates.is_empty() {
            return Ok(Shown::None);
        }
        if self.is_over() {
            return Ok(Shown::OutOfBudget);
        }
        let looked = Looked {
            fault: &self.fault,
            any: self.wanted.any,
            limit: self.limit,
        };
        let Some((found, fault)) = self.examiner.first_like(&looked, &candidates)? else {
            for place in places {
                self.refuse(&items[place]);
            }
            return Ok(Shown::None);
        };
        for place in &places[..found] {
            self.refuse(&items[*place]);
        }
        self.fault = fault;
        let place = places[found];
        self.refuse(&items[place]);
        let size = self.size(&items[place])?;
        let runs = self.examiner.runs();
        (self.progress)(&Progress { runs, size });
        Ok(Shown::At(place))
    }

    fn look(&mut self, item: &Item) -> Result<Option<Fault>, CommandError> {
        let files = self.files(item)?;
        let looked = Looked {
            fault: &self.fault,
            any: self.wanted.any,
            limit: self.limit,
        };
        let found = self.examiner.first_like(&looked, &[files])?;
        Ok(found.map(|(_, fault)| fault))
    }

    fn refuse(&mut self, item: &Item) {
        self.refused.insert(sha256_hex(item.text()));
    }

    fn is_over(&self) -> bool {
        let now = now();
        self.wanted.deadline.is_some_and(|deadline| now >= deadline)
    }
}

/// The time, for budgets: it decides how far a search gets, and never what a candidate shows.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a budget is a span of time")]
    let now = Instant::now();
    now
}
