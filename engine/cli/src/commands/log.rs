//! `aether log`: prints the structured log, filtered.

use std::fmt::Write as _;

use aether_engine::record::{Component, FromText as _, LogEvent, LogPayload};
use aether_json::scan;

use super::touched;
use crate::CommandResult;
use crate::args::LogCommand;
use crate::choice::unknown;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::registry;

pub(crate) fn log(command: &LogCommand, output: &Output) -> CommandResult {
    known("event", command.event.as_deref(), &LogPayload::EVENTS)?;
    known(
        "component",
        command.component.as_deref(),
        &Component::ALL.map(Component::name),
    )?;
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let selection = command.selection.of_run(&run)?;
    let touched = touched::ticks(&run, &selection)?;
    let is =
        |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
    let is_wanted = |event: &LogEvent| {
        is(&command.event, event.payload.event())
            && is(&command.component, event.component.name())
            && touched.as_ref().is_none_or(|touched| match &event.payload {
                LogPayload::Error(error) => touched::is_about(error, &selection),
                _ => event.tick.is_some_and(|tick| touched.contains(&tick)),
            })
    };
    let mut events = Vec::new();
    match &selection.ticks {
        // Events without a tick belong to the run, and are not in any range of ticks.
        Some(ticks) => {
            let of_ticks = run.view().log(Some(ticks.clone()))?;
            events.extend(of_ticks.into_iter().filter(is_wanted));
        }
        None => {
            for event in run.values() {
                events.extend(Some(event?).filter(is_wanted));
            }
        }
    }
    output.result(
        || text(&events),
        || events.iter().map(JsonText::of).collect::<JsonText>(),
    )?;
    Ok(Status::Done)
}

/// Refuses a name that no event has: the output would be empty without saying why.
fn known(what: &str, name: Option<&str>, names: &[&str]) -> Result<(), Failure> {
    match name {
        Some(name) if !names.contains(&name) => Err(unknown(what, name, names)),
        _ => Ok(()),
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
