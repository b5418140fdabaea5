//! A run in a new process with changed surroundings, and whose fault a difference is.

use super::{Bench, Ending, Judgement};
use crate::exec::{Surrounding, Surroundings};
use crate::{Mode, Verdict};

impl Bench<'_> {
    /// The `process` check.
    pub(super) fn process(&self) -> Judgement {
        let first = match self.run(Mode::Direct) {
            Ok(first) => first,
            Err(ended) => return Judgement::ended(ended),
        };
        if let Ending::Failed(message) = &first.ending {
            return Judgement::new(Verdict::EngineError, message.clone());
        }
        let all = Surroundings::from(Surrounding::ALL);
        let other = match self.in_child(&all, &first) {
            Ok(other) => other,
            Err(ended) => {
                let judgement = Judgement::ended(ended);
                let detail = format!("in changed surroundings: {}", judgement.detail);
                return Judgement::new(judgement.verdict, detail);
            }
        };
        if !first.set.differing(&other.product.set).is_empty() {
            let what = "the run in a new process with changed surroundings";
            let (unlike, diff) = self.unlike(&first, &other.product, what);
            let cause = self.cause_outside(&first);
            return Judgement::nondeterministic(format!("{unlike}\n  {cause}"), diff);
        }
        let unchanged: Vec<String> = other
            .unchanged
            .iter()
            .map(|(surrounding, why)| format!("{surrounding}: {why}"))
            .collect();
        if unchanged.is_empty() {
            return Judgement::new(Verdict::Match, "");
        }
        let remark = format!(
            "surroundings that could not be changed: {}",
            unchanged.join("; ")
        );
        if cfg!(target_os = "linux") && super::under_ci() {
            return Judgement::new(Verdict::Invalid, remark);
        }
        eprintln!("{}: {remark}", self.label);
        Judgement::new(Verdict::Match, "")
    }
}
