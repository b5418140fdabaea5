//! The records that a scenario with digests produced at a revision.
//!
//! A program that scenarios name is run in the checkout by this process; the test target of a revision is asked for
//! the records by a variable. Either way, the goldens of now must hold the digests of what comes.

use std::process::Command;

use aether_harness::evaluate::CheckRun;
use aether_harness::outputs::RECORDS;
use aether_harness::snapshot::{GoldenSet, Snapshot};
use aether_harness::{Check, INPUTS, Scratch, remove_tree};

use super::cache::{Files, Stored};
use super::left::{steady, taken, without_times};
use super::program::{Programs, built, shortened};
use super::target::Target;
use super::test_target::{TestTarget, task};
use crate::commands::CommandError;

/// Why a revision has not the records of goldens.
pub(crate) enum NoRecords {
    /// It cannot be built, and why.
    Unbuildable(String),
    /// What it produces, or how that fails.
    Other(String),
}

impl Programs<'_> {
    /// The records that a scenario with digests produced at a commit, with its own inputs, if the goldens of now
    /// hold the digests of these.
    ///
    /// # Errors
    /// The cache or git fails.
    pub(crate) fn records(
        &mut self,
        target: &Target,
        commit: &str,
        goldens: &Snapshot,
    ) -> Result<Result<Stored, NoRecords>, CommandError> {
        let of = format!("{commit} {}", goldens.state_hash());
        let key = self.key(target, "records", &of);
        if let Some(stored) = self.cache.result(&key) {
            return Ok(Ok(stored));
        }
        self.go_to(commit)?;
        if let Some(problem) = self.at().problem.clone() {
            return Ok(Err(NoRecords::Unbuildable(problem)));
        }
        self.put_goldens(target)?;
        let files = if target.is_program {
            self.records_of_program(target, goldens)?
        } else {
            match self.tests()? {
                Err(problem) => Err(NoRecords::Unbuildable(problem)),
                Ok(tests) => self.records_of_tests(target, &tests)?,
            }
        };
        // Other scenarios of this revision meet its own goldens.
        self.at = None;
        let files = match files {
            Ok(files) => files,
            Err(why) => return Ok(Err(why)),
        };
        let stored = self.cache.keep_files(&files, commit)?;
        self.cache.keep(&key, &stored)?;
        Ok(Ok(stored))
    }

    fn records_of_program(
        &self,
        target: &Target,
        goldens: &Snapshot,
    ) -> Result<Result<Files, NoRecords>, CommandError> {
        let at = self.at();
        let scenario = match at.suite.look_up(&target.name).map(|found| found.scenario) {
            Some(Ok(scenario)) => scenario,
            Some(Err(error)) => {
                let error = CommandError::unless_of_machine(error)?;
                return Ok(Err(NoRecords::Other(error.to_string())));
            }
            None => {
                return Ok(Err(NoRecords::Other(
                    "the scenario does not exist".to_owned(),
                )));
            }
        };
        if let Err(why) = built(&at.suite, &scenario)? {
            return Ok(Err(NoRecords::Unbuildable(why)));
        }
        let ran = CheckRun::open(&at.suite, &scenario, &Check::Golden)
            .and_then(|run| run.run_for_records());
        let (output, records) = match ran {
            Ok(ran) => ran,
            Err(failure) => {
                let failure = CommandError::unless_of_machine(failure)?;
                return Ok(Err(NoRecords::Other(steady(&failure))));
            }
        };
        if !output.set.equals(&goldens.manifest) {
            let differing = output.set.differing_outputs(&goldens.manifest);
            let said = match &differing[..] {
                [] => "its inputs differ".to_owned(),
                differing => format!("{} differs", differing.join(", ")),
            };
            return Ok(Err(NoRecords::Other(said)));
        }
        let set = GoldenSet::stored(
            output
                .set
                .artefacts()
                .filter(|artefact| artefact.name() == INPUTS)
                .cloned()
                .chain(records)
                .collect(),
        )
        .map_err(|error| CommandError::Io(error.to_string()))?;
        Ok(Ok(set
            .files()
            .map(|(name, bytes)| (name, bytes.to_vec()))
            .collect()))
    }

    /// The trial says whether the goldens hold the digests of what it leaves.
    fn records_of_tests(
        &self,
        target: &Target,
        tests: &TestTarget,
    ) -> Result<Result<Files, NoRecords>, CommandError> {
        let at = self.at();
        let left = Scratch::new(self.cache.dir(), ".records-")?;
        let goldens = at.suite.paths().snapshots().join(&target.name);
        let trial = format!("{}::golden", target.name);
        let mut said = String::new();
        for (program, dir) in &tests.programs {
            remove_tree(&at.suite.paths().outputs())?;
            let mut command = Command::new(program);
            command.args([&trial, "--exact", "--include-ignored"]);
            command.env(RECORDS, left.path());
            match task(command, dir, &trial, self.logs()) {
                Ok(_) => {
                    let mut files = taken(&left.path().join(&target.name))?;
                    if files.is_empty() {
                        return Ok(Err(NoRecords::Other(
                            "its harness cannot leave the records of a scenario with digests"
                                .to_owned(),
                        )));
                    }
                    let inputs = format!("{INPUTS}.json");
                    let stored = taken(&goldens)?.remove(&inputs);
                    files.extend(stored.map(|bytes| (inputs, bytes)));
                    return Ok(Ok(files));
                }
                Err(failure) => said = without_times(&failure),
            }
        }
        Ok(Err(NoRecords::Other(shortened(&said))))
    }
}
