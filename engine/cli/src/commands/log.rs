//! `aether log`: prints the structured log, filtered.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use aether_engine::record::{Component, FromText as _, LogEvent, LogPayload};
use aether_json::scan;

use crate::CommandResult;
use crate::args::LogCommand;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::registry;

pub(crate) fn log(command: &LogCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let ticks = command.tick.as_deref().map(parse_ticks).transpose()?;
    known("event", command.event.as_deref(), &LogPayload::EVENTS)?;
    known(
        "component",
        command.component.as_deref(),
        &Component::ALL.map(Component::name),
    )?;
    // Events without a tick belong to the run, and are not in any range of ticks.
    let mut events = run.view().log(ticks)?;
    let is =
        |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
    events.retain(|event| {
        is(&command.event, event.payload.event()) && is(&command.component, event.component.name())
    });
    output.result(
        || text(&events),
        || events.iter().map(JsonText::of).collect::<JsonText>(),
    )?;
    Ok(Status::Done)
}

/// Refuses a name that no event has: the output would be empty without saying why.
fn known(what: &str, name: Option<&str>, names: &[&str]) -> Result<(), Failure> {
    match name {
        Some(name) if !names.contains(&name) => {
            let names = names.join(", ");
            Err(Failure::Input(format!(
                "unknown {what} `{name}`; expected one of {names}"
            )))
        }
        _ => Ok(()),
    }
}

/// Parses `A..B` (both included) or one tick: `3..5` is 3, 4 and 5.
fn parse_ticks(text: &str) -> Result<RangeInclusive<u64>, Failure> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (from.parse(), to.trim_start_matches('=').parse()) {
        (Ok(from), Ok(to)) if from <= to => Ok(from..=to),
        (Ok(from), Ok(to)) => Err(Failure::Input(format!(
            "`{text}` is not a range of ticks: {from} comes after {to}; write `{to}..{from}`"
        ))),
        _ => Err(Failure::Input(format!(
            "`{text}` is not a range of ticks; write `3..5` or `3`"
        ))),
    }
}

fn text(events: &[LogEvent]) -> String {
    let mut text = String::new();
    for event in events {
        let tick = event
            .tick
            .map_or(String::new(), |tick| format!("tick {tick}"));
        let _ = writeln!(
            text,
            "{:>6}  {tick:<10} {:<8} {:<14} {}",
            event.seq,
            event.component.name(),
            event.payload.event(),
            payload(&event.payload),
        );
    }
    text
}

/// The members of a payload, as `key=value`.
fn payload(payload: &LogPayload) -> String {
    let text = payload.to_text();
    let members = scan::members(&text).expect("a payload is an object");
    let plain =
        |value: &str| aether_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned());
    let members = members.into_iter();
    let members = members.map(|(key, value)| format!("{}={}", plain(key), plain(value)));
    members.collect::<Vec<_>>().join(" ")
}
