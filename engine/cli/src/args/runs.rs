//! The arguments of `aether runs`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::RunsDir;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  aether runs\n  aether runs --sort started --reverse --where status=failed\n  aether runs rm trial-7\n  aether runs gc --keep 20 --yes\n  aether runs compare base trial-7 trial-8"
)]
pub(crate) struct RunsCommand {
    #[command(subcommand)]
    pub(crate) action: Option<RunsAction>,
    #[command(flatten)]
    pub(crate) list: RunsList,
}

#[derive(Debug, Args)]
pub(crate) struct RunsList {
    /// The order of the runs; runs without the value come last.
    #[arg(long, value_enum, value_name = "KEY", default_value_t = SortKey::Name)]
    pub(crate) sort: SortKey,
    /// Reverses the order.
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Lists only runs with this value of name, run_id, gid or status; may be repeated.
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = condition)]
    pub(crate) conditions: Vec<Condition>,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

/// What runs are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortKey {
    /// The name under which the run is stored.
    Name,
    Status,
    Ticks,
    Size,
    /// When it ran.
    Started,
    /// How long it took.
    Seconds,
}

/// A value that a run must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) key: ConditionKey,
    pub(crate) value: String,
}

/// The values that conditions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionKey {
    Name,
    RunId,
    Gid,
    Status,
}

impl ConditionKey {
    const ALL: [(&'static str, Self); 4] = [
        ("name", Self::Name),
        ("run_id", Self::RunId),
        ("gid", Self::Gid),
        ("status", Self::Status),
    ];
}

/// The statuses of stored runs, and that of a file that cannot be read as a run.
pub(crate) const STATUSES: [&str; 4] = ["complete", "incomplete", "failed", "damaged"];

fn condition(text: &str) -> Result<Condition, String> {
    let names = ConditionKey::ALL.map(|(name, _)| name).join(", ");
    let Some((key, value)) = text.split_once('=') else {
        return Err(format!("expected KEY=VALUE with a key of {names}"));
    };
    let known = ConditionKey::ALL.iter().find(|(name, _)| *name == key);
    let Some((_, key)) = known else {
        return Err(format!("unknown key `{key}`; expected one of {names}"));
    };
    if *key == ConditionKey::Status && !STATUSES.contains(&value) {
        let statuses = STATUSES.join(", ");
        return Err(format!(
            "unknown status `{value}`; expected one of {statuses}"
        ));
    }
    Ok(Condition {
        key: *key,
        value: value.to_owned(),
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsAction {
    /// Removes runs with their journals, logs, unfinished replacements, locks and times. It asks
    /// first; without a terminal it needs `--yes`.
    Rm(RmCommand),
    /// Removes all but the last N runs, or those that ran longer ago; with both options, only runs
    /// of which both are true. It asks first, as `rm` does.
    Gc(GcCommand),
    /// Shows the metrics of several runs side by side, and the first tick at which each diverges from
    /// the first, by the hashes in the U-ledger; if all ticks are equal, which windows or descriptors
    /// differ.
    Compare(CompareCommand),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether runs rm trial-7 trial-8\n  aether runs rm trial-7 --yes"
)]
pub(crate) struct RmCommand {
    /// The stored runs.
    #[arg(value_name = "RUN-ID", required = true)]
    pub(crate) run_ids: Vec<String>,
    /// Removes without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether runs gc --keep 20\n  aether runs gc --older-than 30d --yes"
)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
pub(crate) struct GcCommand {
    /// Keeps this many runs, those that ran last. With --older-than, a run is removed only if both
    /// say so.
    #[arg(long, value_name = "N", group = "which")]
    pub(crate) keep: Option<usize>,
    /// Removes runs that ran longer ago than this, such as 30d, 12h or `1w 2d`.
    #[arg(long, value_name = "SPAN", group = "which", value_parser = humantime::parse_duration)]
    pub(crate) older_than: Option<Duration>,
    /// Removes without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  aether runs compare base trial-7 trial-8 --format json")]
pub(crate) struct CompareCommand {
    /// The stored runs; the others are compared with the first.
    #[arg(value_name = "RUN", num_args = 2.., required = true)]
    pub(crate) run_ids: Vec<String>,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_a_key_and_a_value() {
        let failed = condition("status=failed").unwrap();
        assert_eq!(
            (failed.key, failed.value.as_str()),
            (ConditionKey::Status, "failed")
        );
        assert_eq!(condition("name=a=b").unwrap().value, "a=b");
        for (text, words) in [
            ("status", "KEY=VALUE"),
            ("state=failed", "name, run_id, gid, status"),
            ("status=broken", "complete, incomplete, failed, damaged"),
        ] {
            assert!(condition(text).unwrap_err().contains(words), "{text}");
        }
    }
}
