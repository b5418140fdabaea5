//! `aether runs`: the stored runs as a list.

use std::cmp::Ordering;

use aether_json::{Value, json};
use comfy_table::{CellAlignment, Table, presets};

use super::{Stored, stored};
use crate::CommandResult;
use crate::args::{Condition, ConditionKey, RunsList, SortKey};
use crate::exit::Status;
use crate::output::Output;
use crate::progress::Progress;
use crate::times;

pub(super) fn list(command: &RunsList, output: &Output) -> CommandResult {
    let progress = Progress::spinner("reading the runs");
    let mut runs = stored(&command.runs)?;
    drop(progress);
    runs.retain(|run| {
        command
            .conditions
            .iter()
            .all(|condition| meets(run, condition))
    });
    runs.sort_by(|a, b| {
        let order = compared(a, b, command.sort);
        if command.reverse {
            order.reverse()
        } else {
            order
        }
    });
    output.result(|| table(&runs), || runs.iter().map(row).collect::<Value>())?;
    for run in &runs {
        if let Err(failure) = &run.description {
            output.note(&format!("{}: {failure}", run.id));
        }
    }
    Ok(Status::Done)
}

fn meets(run: &Stored, condition: &Condition) -> bool {
    let header = run.description.as_ref().ok().map(|found| &found.header);
    let found = match condition.key {
        ConditionKey::Name => Some(run.id.as_str()),
        ConditionKey::RunId => header.map(|header| header.run_id.as_str()),
        ConditionKey::Gid => header.map(|header| header.gid.as_str()),
        ConditionKey::Status => Some(run.status()),
    };
    found == Some(condition.value.as_str())
}

/// The order of two runs; those without the value come last, and equal ones in order of name.
fn compared(a: &Stored, b: &Stored, key: SortKey) -> Ordering {
    let ticks = |run: &Stored| {
        run.description
            .as_ref()
            .ok()
            .map(|found| found.ticks_recorded)
    };
    let order = match key {
        SortKey::Name => Ordering::Equal,
        SortKey::Status => a.status().cmp(b.status()),
        SortKey::Ticks => missing_last(ticks(a), ticks(b), Ord::cmp),
        SortKey::Size => a.size_bytes.cmp(&b.size_bytes),
        SortKey::Started => {
            let started = |run: &Stored| run.ran.map(|ran| ran.started);
            missing_last(started(a), started(b), Ord::cmp)
        }
        SortKey::Seconds => {
            let seconds = |run: &Stored| run.ran.and_then(|ran| ran.seconds);
            missing_last(seconds(a), seconds(b), f64::total_cmp)
        }
    };
    order.then_with(|| a.id.cmp(&b.id))
}

fn missing_last<T>(a: Option<T>, b: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(&a, &b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

fn row(run: &Stored) -> Value {
    let found = run.description.as_ref().ok();
    let header = found.map(|found| &found.header);
    let hash = header.and_then(|header| header.last_entry_hash);
    let error = run.description.as_ref().err().map(ToString::to_string);
    json!({
        "name": run.id.as_str(),
        "run_id": header.map(|header| header.run_id.as_str()),
        "gid": header.map(|header| header.gid.as_str()),
        "status": run.status(),
        "error": error,
        "ticks": header.map(|header| header.ticks),
        "ticks_recorded": found.map(|found| found.ticks_recorded),
        "size_bytes": run.size_bytes,
        "last_entry_hash": hash.map(|hash| hash.to_string()),
        "started": run.ran.map(|ran| times::shown(ran.started)),
        "seconds": run.ran.and_then(|ran| ran.seconds),
    })
}

fn table(runs: &[Stored]) -> String {
    if runs.is_empty() {
        return "no runs\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "name",
        "status",
        "ticks",
        "size",
        "last entry",
        "started",
        "took",
    ]);
    for column in [2, 3, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for run in runs {
        let found = run.description.as_ref().ok();
        let name = match found {
            Some(found) if found.header.run_id != run.id.as_str() => {
                format!("{} (run_id {})", run.id, found.header.run_id)
            }
            _ => run.id.to_string(),
        };
        let ticks = found.map_or(String::new(), |found| {
            let (recorded, all) = (found.ticks_recorded, found.header.ticks);
            if recorded == all {
                all.to_string()
            } else {
                format!("{recorded} of {all}")
            }
        });
        let hash = found.and_then(|found| found.header.last_entry_hash);
        let hash = hash.map_or(String::new(), |hash| {
            hash.to_string().chars().take(16).collect()
        });
        let took = run.ran.and_then(|ran| ran.seconds);
        table.add_row([
            name,
            run.status().to_owned(),
            ticks,
            size(run.size_bytes),
            hash,
            run.ran
                .map_or(String::new(), |ran| times::shown(ran.started)),
            took.map_or(String::new(), duration),
        ]);
    }
    format!("{}\n", table.trim_fmt())
}

/// A size in three digits: `123 kB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if unit == 0 || value >= 99.95 { 0 } else { 1 };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A duration: `0.32 s`, `75 s`, `2 h 5 min`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.2} s");
    }
    if seconds < 600.0 {
        return format!("{seconds:.0} s");
    }
    let minutes = (seconds / 60.0).round();
    let (hours, minutes) = ((minutes / 60.0).floor(), minutes % 60.0);
    if hours > 0.0 {
        format!("{hours} h {minutes} min")
    } else {
        format!("{minutes} min")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_are_short() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (123_456, "123 kB"),
            (99_960, "100 kB"),
            (7_300_000_000, "7.3 GB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
        for (seconds, expected) in [
            (0.321, "0.32 s"),
            (75.4, "75 s"),
            (660.0, "11 min"),
            (7_500.0, "2 h 5 min"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }
}
