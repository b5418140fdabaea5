//! A run in a new process with changed surroundings, and whose fault a difference is.

use super::attribution::Attribution;
use super::{Bench, Ending, Judgement, Product};
use crate::exec::{Ended, Surrounding, Surroundings};
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

    /// Which surroundings make the difference: each changed alone.
    fn cause_outside(&self, first: &Product) -> Attribution {
        let none = Surroundings::new();
        match self.in_child(&none, first) {
            Err(ended) => return Attribution::Unknown(Judgement::ended(ended).detail),
            Ok(same) if !first.set.differing(&same.product.set).is_empty() => {
                return self.cause_inside(Some(first));
            }
            Ok(_) => {}
        }
        let mut causes = Vec::new();
        for surrounding in Surrounding::ALL {
            let differs = match self.in_child(&Surroundings::from([surrounding]), first) {
                Ok(other) => !first.set.differing(&other.product.set).is_empty(),
                // Failing is a way of differing.
                Err(Ended::Invalid(_) | Ended::Broken(_) | Ended::TimedOut(_)) => true,
            };
            if differs {
                causes.push(surrounding);
            }
        }
        Attribution::Surroundings(causes)
    }
}
