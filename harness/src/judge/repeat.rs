//! Runs against one another: a deterministic subject makes the same bytes in every mode.

use super::attribution::{AGREEING, Attribution};
use super::{Bench, Ending, Judgement, Product};
use crate::scenario::Scenario;
use crate::{Check, Diff, Mode, Suite, Verdict};

/// Whether a run made now differs from one that was made before.
pub(crate) fn differs_by_now(
    suite: &Suite,
    scenario: &Scenario,
    earlier: &Product,
) -> Option<(Verdict, String)> {
    let bench = match Bench::new(suite, scenario, Check::Determinism) {
        Ok(bench) => bench,
        Err(error) => return Some((Verdict::Invalid, error.to_string())),
    };
    match bench.run(Mode::Direct) {
        Ok(now) if now.set.differing(&earlier.set).is_empty() => None,
        Ok(now) => {
            let (mut detail, _) = bench.unlike(earlier, &now, "a run made a second later");
            if let Some(cause) = bench.cause_of_mode(Mode::Direct, earlier) {
                detail = format!("{detail}\n  {cause}");
            }
            Some((Verdict::Nondeterministic, detail))
        }
        Err(ended) => {
            let judgement = Judgement::ended(ended);
            Some((judgement.verdict, judgement.detail))
        }
    }
}

impl Bench<'_> {
    /// Compares a direct run with one in each of `modes`.
    pub(super) fn repeat(&self, modes: &[Mode]) -> Judgement {
        let first = match self.run(Mode::Direct) {
            Ok(first) => first,
            Err(ended) => return Judgement::ended(ended),
        };
        if let Ending::Failed(message) = &first.ending {
            return Judgement::new(Verdict::EngineError, message.clone());
        }
        for &mode in modes {
            let what = described(mode);
            match self.run(mode) {
                Err(ended) => {
                    let judgement = Judgement::ended(ended);
                    let detail = format!("{what}: {}", judgement.detail);
                    return Judgement::new(judgement.verdict, detail);
                }
                Ok(again) if !first.set.differing(&again.set).is_empty() => {
                    let (mut detail, diff) = self.unlike(&first, &again, &what);
                    if let Some(cause) = self.cause_of_mode(mode, &first) {
                        detail = format!("{detail}\n  {cause}");
                    }
                    return Judgement::nondeterministic(detail, diff);
                }
                Ok(_) => {}
            }
        }
        Judgement::new(Verdict::Match, "")
    }

    /// Why a run in another mode differs from the first: the mode, where direct runs agree.
    fn cause_of_mode(&self, mode: Mode, first: &Product) -> Option<Attribution> {
        if mode != Mode::Direct {
            let agrees = |_| {
                self.run(Mode::Direct)
                    .is_ok_and(|again| first.set.differing(&again.set).is_empty())
            };
            if (0..AGREEING).all(agrees) {
                return Some(Attribution::Mode(described(mode)));
            }
        }
        self.suite.has_children().then(|| self.cause_inside(first))
    }

    /// In what two runs of one scenario differ, in words and in places.
    pub(super) fn unlike(&self, first: &Product, again: &Product, what: &str) -> (String, Diff) {
        let differing = first.set.differing(&again.set).join(", ");
        let diff = super::explain::brief(&first.set.to_vec(), &again.set.to_vec(), &first.schema);
        let divergence = super::explain::divergence(&diff);
        (
            format!("{what} made other bytes in {differing}{divergence}"),
            diff,
        )
    }
}

pub(super) fn described(mode: Mode) -> String {
    match mode {
        Mode::Direct => "the second of two runs".to_owned(),
        Mode::Threads(1) => "the run with 1 thread".to_owned(),
        Mode::Threads(count) => format!("the run with {count} threads"),
        Mode::Replay => "the replay from checkpoints".to_owned(),
        Mode::Resume => "the run that was cut and resumed".to_owned(),
    }
}
