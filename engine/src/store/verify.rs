//! Verification: recomputes a run from its stored inputs, and compares every stored value with it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use rusqlite::OptionalExtension as _;

use super::columns::Shape;
use super::header::{HeaderRow, signed};
use super::rows::Places;
use super::stored::StoredRun;
use super::{StoreError, metrics, schema, spill};
use crate::canonical::{self, Encoded};
use crate::config::RunPlan;
use crate::record::{Record, RecordKind, StatusName};
use crate::run::{Outcome, RecordSink, RunOptions, RunStatus, execute};

/// Most findings that are kept; those after the first are usually its consequences.
const FINDINGS_MAX: usize = 100;

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// Number of ticks that were recomputed.
    pub ticks: u64,
    /// Number of records that were compared.
    pub records: u64,
    /// What is wrong, in the order in which it was found; at most 100 findings.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether the run is byte for byte what its inputs produce.
    pub const fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that is wrong with a stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// SQLite's own check of the file.
    File {
        /// SQLite's message.
        problem: String,
    },
    /// A table or an index differs from that of this schema version.
    Schema {
        /// Its name.
        name: String,
    },
    /// A value of the header does not follow from the inputs or the records.
    Header {
        /// The column of table `run`.
        column: &'static str,
    },
    /// The inputs cannot be read, or do not load as a plan.
    Inputs {
        /// Why.
        problem: String,
    },
    /// Table `edges` is not the topology of the inputs.
    Edges,
    /// A row differs from what the run produces.
    Row {
        /// The table.
        table: &'static str,
        /// The row's key: a tick, or the number within the table.
        key: i64,
        /// The first column that differs; `None` if the row is missing.
        column: Option<&'static str>,
    },
    /// A table has rows that the run does not produce.
    ExtraRows {
        /// The table.
        table: &'static str,
        /// Number of rows that should not exist.
        count: i64,
    },
    /// The blocks of table `tick_columns` do not cover exactly the recorded ticks.
    Blocks,
    /// The columns of a tick differ from its ledger.
    Columns {
        /// The tick.
        tick: u64,
        /// Why, if they cannot be read at all.
        problem: Option<String>,
    },
    /// A value could not be read.
    Unreadable {
        /// Why.
        problem: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { problem } => write!(formatter, "file: {problem}"),
            Self::Schema { name } => {
                write!(formatter, "table or index `{name}` differs from the format")
            }
            Self::Header { column } => {
                write!(
                    formatter,
                    "`run.{column}` differs from what the inputs produce"
                )
            }
            Self::Inputs { problem } => write!(formatter, "inputs: {problem}"),
            Self::Edges => formatter.write_str("table `edges` differs from the stored topology"),
            Self::Row {
                table,
                key,
                column: Some(column),
            } => write!(
                formatter,
                "`{table}` {key}: `{column}` differs from what the inputs produce"
            ),
            Self::Row {
                table,
                key,
                column: None,
            } => write!(formatter, "`{table}` {key} is missing"),
            Self::ExtraRows { table, count } => {
                write!(formatter, "`{table}` has {count} rows too many")
            }
            Self::Blocks => {
                formatter.write_str("table `tick_columns` does not cover the recorded ticks")
            }
            Self::Columns { tick, problem } => {
                write!(formatter, "the columns of tick {tick} ")?;
                match problem {
                    Some(problem) => write!(formatter, "cannot be read: {problem}"),
                    None => formatter.write_str("differ from its ledger"),
                }
            }
            Self::Unreadable { problem } => formatter.write_str(problem),
        }
    }
}

impl StoredRun {
    /// Recomputes the run from its stored inputs, and compares every row, column and number of the
    /// file with it. An incomplete run is compared up to its last commit.
    ///
    /// # Errors
    /// The file cannot be read for a reason outside the file. What is wrong in the file is a
    /// finding, not an error.
    pub fn verify(&self, options: &RunOptions<'_>) -> Result<Verification, StoreError> {
        let mut findings = Findings::default();
        let checked = self.check_file(&mut findings);
        findings.collect(checked)?;
        let mut verification = Verification {
            ticks: 0,
            records: 0,
            findings: Vec::new(),
        };
        match self.plan() {
            Ok(plan) => {
                let checked = self.check_records(&plan, options, &mut findings, &mut verification);
                findings.collect(checked)?;
            }
            Err(error) => findings.add(Finding::Inputs {
                problem: in_the_file(error)?,
            }),
        }
        verification.findings = findings.0;
        Ok(verification)
    }

    fn check_file(&self, findings: &mut Findings) -> Result<(), StoreError> {
        let mut check = self.prepare("PRAGMA integrity_check(10)")?;
        let lines = check.query_map([], |row| row.get::<_, String>(0));
        for line in lines.map_err(|error| self.fail(error))? {
            let problem = line.map_err(|error| self.fail(error))?;
            if problem != "ok" {
                findings.add(Finding::File { problem });
            }
        }
        // The indexes that SQLite makes for UNIQUE columns have no text.
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";
        let mut select = self.prepare(sql)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let rows = rows.map_err(|error| self.fail(error))?;
        let rows: Result<Vec<(String, String)>, _> = rows.collect();
        let rows = rows.map_err(|error| self.fail(error))?;
        let mut expected: BTreeMap<String, String> = schema::tables().into_iter().collect();
        for (name, sql) in rows {
            if expected.remove(&name).as_ref() != Some(&sql) {
                findings.add(Finding::Schema { name });
            }
        }
        for name in expected.into_keys() {
            findings.add(Finding::Schema { name });
        }
        Ok(())
    }

    fn check_records(
        &self,
        plan: &RunPlan,
        options: &RunOptions<'_>,
        findings: &mut Findings,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        if *self.shape() != Shape::of(&plan.topology) {
            findings.add(Finding::Edges);
        }
        let last_tick = self.ticks_recorded()?;
        let mut comparison = Comparison {
            run: self,
            places: Places::default(),
            counts: [0; RecordKind::ALL.len()],
            last_tick,
            tick: 0,
            passed: last_tick == 0,
            findings,
        };
        let incomplete = self.header().status == RunStatus::Incomplete;
        let outcome = if incomplete && last_tick == 0 {
            None
        } else {
            match execute(plan, options, &mut comparison) {
                Ok(outcome) => Some(outcome),
                Err(error) if is_end(&error) => None,
                Err(error) => {
                    let error = StoreError::from_io(self.path(), error);
                    let problem = in_the_file(error)?;
                    comparison.findings.add(Finding::Unreadable { problem });
                    None
                }
            }
        };
        let counts = comparison.counts;
        verification.ticks = last_tick;
        verification.records = counts.iter().sum();
        for kind in RecordKind::ALL {
            let table = kind.name();
            let stored: i64 = self.query(&format!("SELECT count(*) FROM {table}"))?;
            let count = stored - signed(counts[kind as usize]);
            if count > 0 {
                findings.add(Finding::ExtraRows { table, count });
            }
        }
        if findings.collect(self.check_blocks(last_tick))? == Some(false) {
            findings.add(Finding::Blocks);
        }
        self.check_header(plan, outcome.as_ref(), findings)
    }

    /// Whether the blocks of columns cover exactly the recorded ticks.
    fn check_blocks(&self, last_tick: u64) -> Result<bool, StoreError> {
        let mut select = self.prepare("SELECT first_tick, ticks FROM tick_columns ORDER BY 1")?;
        let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        let mut next = 1;
        for row in rows.map_err(|error| self.fail(error))? {
            let (first_tick, ticks) = row.map_err(|error| self.fail(error))?;
            if first_tick != next || ticks < 1 {
                return Ok(false);
            }
            next = first_tick.saturating_add(ticks);
        }
        Ok(next == signed(last_tick) + 1)
    }

    fn check_header(
        &self,
        plan: &RunPlan,
        outcome: Option<&Outcome>,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let stored = self.row();
        let mut expected = HeaderRow::begin(plan);
        // A different version of the engine may have made the same run.
        expected.engine_version.clone_from(&stored.engine_version);
        // An incomplete run may have all its ticks, if it was interrupted just before its end.
        if stored.status != StatusName::Incomplete
            && let Some(outcome) = outcome
        {
            expected = expected.end(outcome);
        }
        if let Some(column) = stored.differing_column(&expected) {
            findings.add(Finding::Header { column });
        }
        if let Some(metrics) = &stored.metrics
            && canonical::text(&metrics::of_records(self)?) != *metrics
        {
            findings.add(Finding::Header { column: "metrics" });
        }
        Ok(())
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, finding: Finding) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(finding);
        }
    }

    /// The value of a result. An error that the file causes becomes a finding instead.
    fn collect<T>(&mut self, result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let problem = in_the_file(error)?;
                self.add(Finding::Unreadable { problem });
                Ok(None)
            }
        }
    }
}

/// The message of an error that the file causes; other errors are returned.
fn in_the_file(error: StoreError) -> Result<String, StoreError> {
    match error {
        StoreError::Damaged { damage, .. } => Ok(damage.to_string()),
        StoreError::NotARun { reason, .. } => Ok(reason.to_string()),
        StoreError::Inputs { problems, .. } => Ok(problems),
        other => Err(other),
    }
}

/// Compares the records of the recomputed run with the stored ones.
struct Comparison<'v> {
    run: &'v StoredRun,
    places: Places,
    counts: [u64; RecordKind::ALL.len()],
    last_tick: u64,
    tick: u64,
    /// Whether the run is past the last commit of an incomplete run; nothing after it is stored.
    passed: bool,
    findings: &'v mut Findings,
}

impl Comparison<'_> {
    fn compare(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> Result<(), StoreError> {
        let row = self.places.row(record, encoded);
        self.counts[record.kind() as usize] += 1;
        let differs = self
            .run
            .prepare(&row.table.select)?
            .query_row([row.key()], |stored| row.differing_column(stored))
            .optional()
            .map_err(|error| self.run.fail(error));
        let (table, key) = (row.table.name, row.key());
        match self.findings.collect(differs)? {
            Some(Some(None)) | None => {}
            Some(Some(column)) => self.findings.add(Finding::Row { table, key, column }),
            Some(None) => self.findings.add(Finding::Row {
                table,
                key,
                column: None,
            }),
        }
        if let Record::Ledger(ledger) = record {
            let tick = ledger.tick;
            let stored = self
                .run
                .block(tick)
                .map(|block| block.ledger(self.run.shape(), tick));
            match stored {
                Ok(Some(stored)) if stored == **ledger => {}
                Ok(_) => self.findings.add(Finding::Columns {
                    tick,
                    problem: None,
                }),
                Err(error) => {
                    let problem = Some(in_the_file(error)?);
                    self.findings.add(Finding::Columns { tick, problem });
                }
            }
        }
        Ok(())
    }
}

impl RecordSink for Comparison<'_> {
    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        if let Record::Ledger(ledger) = record {
            self.tick = ledger.tick;
        }
        if self.passed {
            return if self.run.header().status == RunStatus::Incomplete {
                Err(io::Error::other(End))
            } else {
                Ok(())
            };
        }
        self.compare(record, encoded).map_err(StoreError::into_io)
    }

    fn commit(&mut self) -> io::Result<()> {
        self.places.close_window();
        self.passed |= self.tick == self.last_tick && !self.is_complete();
        spill::clear(self.run.connection()).map_err(io::Error::other)
    }

    /// A failed run was rolled back; what follows is stored again.
    fn roll_back(&mut self) -> io::Result<()> {
        self.passed = false;
        spill::clear(self.run.connection()).map_err(io::Error::other)
    }

    fn spill(&mut self, page: &[u8]) -> io::Result<bool> {
        spill::put(self.run.connection(), page).map(|()| true)
    }

    fn read_spilled(&mut self, number: usize) -> io::Result<Vec<u8>> {
        spill::get(self.run.connection(), number)
    }
}

impl Comparison<'_> {
    fn is_complete(&self) -> bool {
        self.run.header().status == RunStatus::Complete
    }
}

/// Ends the recomputation after the last commit of an incomplete run.
#[derive(Debug, thiserror::Error)]
#[error("the stored run ends here")]
struct End;

fn is_end(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|error| error.is::<End>())
}
