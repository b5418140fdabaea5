//! Runs both programs on the cases of a scenario, in batches, and keeps what came of them.

use aether_disk as fs;
use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::Scenario;
use aether_harness::snapshot::sha256_hex;
use aether_harness::{Check, Schema, Suite};
use aether_json::json;
use serde::{Deserialize, Serialize};

use super::AgainstRequest;
use super::both::{End, Made, case, compared, files, is_same, now_on, set};
use super::found::{Difference, Findings, Looked, Ran};
use crate::commands::CommandError;
use crate::revision::cache::{Cache, Files};
use crate::revision::cases::CaseOutcome;
use crate::revision::left::{failed, files_of, steady};
use crate::revision::program::{Outcome, Programs, unbuildable};
use crate::revision::target::Target;
use crate::variants::{Variant, Variants};

/// The version of what results are kept under.
const FORMAT: u32 = 1;

/// Cases that are run together. What is known of them is kept together, so that a command that was interrupted
/// goes on after them.
const BATCH: u64 = 50;

/// Differing cases of one scenario that are looked at; more are only counted.
const LOOKED_AT_MAX: usize = 100;

/// The program of now: the tree, and this process, which holds the subjects in Rust.
pub(super) struct Now {
    /// The commit that the tree is.
    pub(super) commit: String,
    digest: String,
}

impl Now {
    pub(super) fn of(commit: String) -> Result<Self, CommandError> {
        let program = std::env::current_exe()?;
        Ok(Self {
            commit,
            digest: sha256_hex(&fs::read(program)?),
        })
    }
}

/// One scenario of a comparison.
pub(super) struct Comparison<'c, 'p> {
    pub(super) suite: &'c Suite,
    pub(super) scenario: &'c Scenario,
    pub(super) target: &'c Target,
    pub(super) programs: &'c mut Programs<'p>,
    pub(super) cache: &'c Cache,
    pub(super) rev: &'c str,
    pub(super) now: &'c Now,
    /// The files of the program of now.
    pub(super) program: String,
    pub(super) request: &'c AgainstRequest,
}

/// What is kept of a case that was run.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    case: u64,
    end: End,
    /// The artefacts of the revision and of now, if they differ and are looked at.
    artefacts: Option<[String; 2]>,
}

impl Comparison<'_, '_> {
    /// Compares the programs on the scenario itself, and on the cases made of it.
    pub(super) fn run(&mut self, findings: &mut Findings) -> Result<Ran, CommandError> {
        let mut ran = Ran::new(&self.target.name);
        if self.request.case.is_none_or(|case| case == 0) {
            self.own(&mut ran, findings)?;
        }
        let read = CheckRun::open(self.suite, self.scenario, &Check::Golden);
        let run = match read {
            Ok(run) => run,
            Err(failure) => {
                CommandError::unless_of_machine(failure)?;
                ran.without_cases = Some("its inputs cannot be read");
                return Ok(ran);
            }
        };
        let variants = Variants::of(self.scenario, run.prepared(), self.request.seed);
        if let Some(why) = self.not_offered(&run) {
            ran.without_cases = Some(why);
            return Ok(ran);
        }
        let (mut first, end) = match self.request.case {
            Some(case) => (case, case),
            None => (1, self.request.cases),
        };
        first = first.max(1);
        while first <= end {
            let last = end.min(first + BATCH - 1);
            let known = self.batch(&run, &variants, first, last, ran.differing)?;
            for kept in known {
                self.count(&run, &variants, &kept, &mut ran, findings)?;
            }
            first = last + 1;
        }
        Ok(ran)
    }

    /// Why no cases are made of the scenario, if so.
    fn not_offered(&self, run: &CheckRun<'_>) -> Option<&'static str> {
        let prepared = run.prepared();
        let inputs = prepared.inputs();
        let runs_from_inputs = !matches!(prepared.with_inputs(inputs), Ok(None));
        let has_files = !matches!(prepared.input_files(inputs), Ok(None));
        (!runs_from_inputs || !has_files).then_some("its subject cannot run from changed inputs")
    }

    /// The scenario itself.
    fn own(&mut self, ran: &mut Ran, findings: &mut Findings) -> Result<(), CommandError> {
        let then = match self.programs.known(self.target, self.rev) {
            Some(stored) => stored,
            None => match self.programs.run(self.target, self.rev)? {
                Outcome::Unbuildable(why) => return Err(unbuildable(&self.request.rev, &why)),
                Outcome::Ran(stored, _) => stored,
            },
        };
        let run_now = || -> Result<(Files, Schema), CommandError> {
            let run = CheckRun::open(self.suite, self.scenario, &Check::Golden);
            let schema = run.as_ref().map(|run| run.prepared().schema());
            let files = match run
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|run| run.run(None))
            {
                Ok(output) => files_of(&output.set),
                Err(failure) => failed(&steady(&CommandError::unless_of_machine(failure)?)),
            };
            Ok((files, schema.unwrap_or_default()))
        };
        let (now, schema) = run_now()?;
        let before = self.cache.artefacts(&then.artefacts)?;
        let after = set(&now)?;
        ran.cases += 1;
        if then.again.is_none() && is_same(&before, &after, &schema) {
            return Ok(());
        }
        let mut again = then.again.clone();
        if again.is_none() && then.runs < 2 {
            let second = self.programs.run(self.target, self.rev)?;
            if let Outcome::Ran(stored, _) = second {
                again = stored.again;
            }
        }
        let now_again = set(&run_now()?.0)?;
        let (both, is_unsteady) = if let Some(again) = again {
            ((before, self.cache.artefacts(&again)?), true)
        } else if !is_same(&after, &now_again, &schema) {
            ((after, now_again), true)
        } else {
            ((before, after), false)
        };
        ran.count(is_unsteady);
        findings.differences.push(Difference::of(
            &self.target.name,
            Looked {
                case: 0,
                variant: None,
                artefacts: both,
                schema: &schema,
                is_unsteady,
            },
        ));
        Ok(())
    }

    /// What both programs made of some cases, which are run unless that is known.
    fn batch(
        &mut self,
        run: &CheckRun<'_>,
        variants: &Variants<'_>,
        first: u64,
        last: u64,
        differing: usize,
    ) -> Result<Vec<Kept>, CommandError> {
        let key = self.key(first, last);
        let known: Option<Vec<Kept>> = self.cache.known(&key);
        let is_whole = |known: &Vec<Kept>| {
            let mut kept = known.iter().filter_map(|kept| kept.artefacts.as_ref());
            kept.all(|both| both.iter().all(|digest| self.cache.has_artefacts(digest)))
        };
        if let Some(known) = known.filter(is_whole) {
            return Ok(known);
        }
        let numbered: Vec<(u64, Variant)> = (first..=last)
            .filter_map(|case| Some((case, variants.case(case)?)))
            .collect();
        let cases: Vec<(u64, &Variant)> = numbered
            .iter()
            .map(|(case, variant)| (*case, variant))
            .collect();
        let now = now_on(run, self.scenario, &cases)?;
        let then = self.then_on(run, &cases, &now)?;
        let mut kept = Vec::new();
        let mut again = Vec::new();
        for (index, (now, then)) in now.iter().zip(&then).enumerate() {
            let end = compared(then, &now.outcome, &now.schema)?;
            kept.push(Kept {
                case: cases[index].0,
                end,
                artefacts: None,
            });
            if end == End::Differs {
                again.push(index);
            }
        }
        again.truncate(LOOKED_AT_MAX.saturating_sub(differing));
        let cases: Vec<(u64, &Variant)> = again.iter().map(|&index| cases[index]).collect();
        let now_again = now_on(run, self.scenario, &cases)?;
        let then_again = self.then_on(run, &cases, &now_again)?;
        for (place, &index) in again.iter().enumerate() {
            let (then, now) = (&then[index], &now[index]);
            let (then_again, now_again) = (&then_again[place], &now_again[place]);
            let is_same = |one: &CaseOutcome, other: &CaseOutcome| {
                compared(one, other, &now.schema).map(|end| end != End::Differs)
            };
            let (before, after) = if !is_same(&now.outcome, &now_again.outcome)? {
                kept[index].end = End::Unsteady;
                (&now.outcome, &now_again.outcome)
            } else if !is_same(then, then_again)? {
                kept[index].end = End::Unsteady;
                (then, then_again)
            } else {
                (then, &now.outcome)
            };
            let digest = |outcome: &CaseOutcome| {
                let stored = self.cache.keep_files(&files(outcome), &self.now.commit)?;
                Ok::<_, CommandError>(stored.artefacts)
            };
            kept[index].artefacts = Some([digest(before)?, digest(after)?]);
        }
        self.cache.keep(&key, &kept)?;
        Ok(kept)
    }

    /// What a batch of cases is known under.
    fn key(&self, first: u64, last: u64) -> String {
        let parts = json!([
            FORMAT,
            "against",
            self.rev,
            self.program,
            self.now.digest,
            self.target.name,
            self.target.digest,
            self.request.build,
            self.request.test,
            self.request.seed,
            first,
            last,
        ]);
        sha256_hex(parts.to_string().as_bytes())
    }

    /// Runs the program of the revision on cases of which it is known how now keeps them.
    fn then_on(
        &mut self,
        run: &CheckRun<'_>,
        cases: &[(u64, &Variant)],
        now: &[Made],
    ) -> Result<Vec<CaseOutcome>, CommandError> {
        let mut outcomes: Vec<Option<CaseOutcome>> = Vec::new();
        let mut written = Vec::new();
        for ((_, variant), now) in cases.iter().zip(now) {
            match case(run, self.scenario, &variant.inputs, now.mode)? {
                Ok(case) => {
                    written.push(case);
                    outcomes.push(None);
                }
                Err(why) => outcomes.push(Some(CaseOutcome::Refused(why))),
            }
        }
        let ran = self.programs.run_cases(self.target, self.rev, &written)?;
        let ran = ran.map_err(|why| unbuildable(&self.request.rev, &why))?;
        let mut ran = ran.into_iter();
        let outcomes = outcomes.into_iter();
        Ok(outcomes
            .map(|known| known.unwrap_or_else(|| ran.next().expect("each case has an outcome")))
            .collect())
    }

    /// Counts a case, and looks at it if it differs.
    fn count(
        &self,
        run: &CheckRun<'_>,
        variants: &Variants<'_>,
        kept: &Kept,
        ran: &mut Ran,
        findings: &mut Findings,
    ) -> Result<(), CommandError> {
        ran.cases += 1;
        let is_unsteady = match kept.end {
            End::Same => return Ok(()),
            End::Refused => {
                ran.refused += 1;
                return Ok(());
            }
            End::Differs => false,
            End::Unsteady => true,
        };
        ran.count(is_unsteady);
        let (Some([before, after]), Some(variant)) = (&kept.artefacts, variants.case(kept.case))
        else {
            return Ok(());
        };
        let changed = run.prepared().with_inputs(&variant.inputs);
        let schema = changed.ok().flatten().map(|changed| changed.schema());
        let schema = schema.unwrap_or_else(|| run.prepared().schema());
        findings.differences.push(Difference::of(
            &self.target.name,
            Looked {
                case: kept.case,
                variant: Some((run.prepared().inputs(), &variant)),
                artefacts: (self.cache.artefacts(before)?, self.cache.artefacts(after)?),
                schema: &schema,
                is_unsteady,
            },
        ));
        Ok(())
    }
}
