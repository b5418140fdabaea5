//! The arguments of `aether sql`.

use clap::{Args, ValueEnum};

use super::RunsDir;

#[derive(Debug, Args)]
#[command(after_help = "\
Tables of every run:
  state(tick, node, label, value)          state after each tick; tick 0 is the state after the inputs of tick 0
  flux(tick, edge, label, du, raw, f_e)    what each edge did in each tick
  run, edges, u_ledger, log, …             the tables of the run file; `run` also has the stored name

Only the ticks that `WHERE tick …` leaves are decoded.

Examples:
  aether sql water \"SELECT tick, value FROM state WHERE label = 'D0-J09' AND tick BETWEEN 120 AND 140\"
  aether sql water \"SELECT tick, sum(abs(f_e)) AS moved FROM flux GROUP BY tick\" --as csv > moved.csv
  aether sql water \"SELECT name, status, ticks FROM run\" --format json
  aether sql water - < query.sql")]
pub(crate) struct SqlCommand {
    /// The stored run.
    #[arg(value_name = "RUN")]
    pub(crate) run_id: String,
    /// One query; `-` reads it from standard input.
    #[arg(value_name = "SQL")]
    pub(crate) sql: String,
    /// The rows as CSV or as a JSON object {columns, rows} [default: a table].
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub(crate) form: Option<SqlForm>,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

/// The forms of the rows of a query, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SqlForm {
    Csv,
    Json,
}
