//! `aether metrics`: what a run amounts to.

use std::fmt::Write as _;

use serde_json::Value;

use crate::Ended;
use crate::args::StoredCommand;
use crate::exit::Status;
use crate::output::Output;
use crate::registry;

pub(crate) fn metrics(command: &StoredCommand, output: &Output) -> Ended {
    let run = registry::open_run(&command.runs, &command.run_id)?;
    let metrics = registry::json_of(run.metrics()?.as_bytes());
    output.result(|| text(&metrics), || metrics.clone())?;
    Ok(Status::Done)
}

fn text(metrics: &Value) -> String {
    let mut text = String::new();
    for (name, value) in metrics.as_object().into_iter().flatten() {
        if let Value::Object(windows) = value {
            for (window, streams) in windows {
                let streams = streams.as_object().into_iter().flatten();
                let bits: Vec<_> = streams
                    .map(|(stream, bits)| format!("{stream} {bits}"))
                    .collect();
                let _ = writeln!(text, "{name:<18} {window}: {}", bits.join(", "));
            }
        } else {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "{name:<18} {value}");
        }
    }
    text
}
