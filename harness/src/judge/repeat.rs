//! Runs against one another: a deterministic subject makes the same bytes in every mode.

use super::{Bench, Ending, Judgement, Product};
use crate::{Diff, Mode, Verdict};

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
                    if mode == Mode::Direct && self.suite.has_children() {
                        let cause = self.cause_inside(Some(&first));
                        detail = format!("{detail}\n  {cause}");
                    }
                    return Judgement::nondeterministic(detail, diff);
                }
                Ok(_) => {}
            }
        }
        Judgement::new(Verdict::Match, "")
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

fn described(mode: Mode) -> String {
    match mode {
        Mode::Direct => "the second of two runs".to_owned(),
        Mode::Threads(1) => "the run with 1 thread".to_owned(),
        Mode::Threads(count) => format!("the run with {count} threads"),
        Mode::Replay => "the replay from checkpoints".to_owned(),
        Mode::Resume => "the run that was cut and resumed".to_owned(),
    }
}
