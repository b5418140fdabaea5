//! `aether sweep diff`: where two sweeps diverge.

use std::fmt::Write as _;

use aether_harness::counted;
use aether_harness::report::visible_line;
use aether_json::{Value, json};
use aether_sweep::{Comparison, Divergence, Group, Region, Span, SweepFile, compare};

use crate::CommandResult;
use crate::args::SweepDiffCommand;
use crate::exit::Status;
use crate::output::Output;

pub(crate) fn diff(command: &SweepDiffCommand, output: &Output) -> CommandResult {
    let one = SweepFile::open(&command.one)?;
    let other = SweepFile::open(&command.other)?;
    let axes = one.header().axes.clone();
    let comparison = compare(&one, &other)?;
    let differs = comparison.different > 0 || comparison.only != (0, 0);
    output.result(|| text(&comparison, &axes), || as_json(&comparison, &axes))?;
    Ok(if differs {
        Status::Difference
    } else {
        Status::Done
    })
}

fn text(comparison: &Comparison, axes: &[String]) -> String {
    let mut text = String::new();
    let (a, b) = comparison.only;
    let matched = if comparison.by_number {
        "number"
    } else {
        "id, since the axes differ"
    };
    let _ = writeln!(
        text,
        "compared    {} by {matched}; {} differ",
        counted(comparison.compared, "point"),
        comparison.different
    );
    for (count, name) in [(a, "A"), (b, "B")] {
        if count > 0 {
            let _ = writeln!(text, "only in {name}   {}", counted(count, "point"));
        }
    }
    for group in &comparison.groups {
        let points = counted(group.points, "point");
        let _ = writeln!(text, "\n{}: {points}", at(group.divergence));
        for (number, values) in &group.first {
            let values: Vec<String> = axes
                .iter()
                .zip(values)
                .map(|(axis, value)| format!("{} = {value}", visible_line(axis)))
                .collect();
            let _ = writeln!(text, "  point {number}: {}", values.join(", "));
        }
        if group.points > group.first.len() as u64 {
            let _ = writeln!(text, "  … {} more", group.points - group.first.len() as u64);
        }
        let Region {
            spans,
            compared,
            different,
            ..
        } = &group.region;
        let spans: Vec<String> = spans.iter().map(span).collect();
        let _ = writeln!(text, "  region: {}", spans.join(", "));
        let _ = writeln!(
            text,
            "  of the {} compared in this region, {different} differ",
            counted(*compared, "point")
        );
    }
    if comparison.more_groups > 0 {
        let more = counted(comparison.more_groups as u64, "more group");
        let _ = writeln!(text, "\n… {more}");
    }
    text
}

fn at(divergence: Divergence) -> String {
    match divergence.tick {
        Some(tick) => format!("first divergence at tick {tick}, {}", divergence.what),
        None => format!("first divergence in {}", divergence.what),
    }
}

fn span(span: &Span) -> String {
    let axis = visible_line(&span.axis);
    match span.between {
        Some((low, high)) if low == high => format!("{axis} = {low}"),
        Some((low, high)) => format!("{axis} from {low} to {high}"),
        None if span.listed.is_empty() => format!("{axis}: many values"),
        None => {
            let listed: Vec<&str> = span.listed.iter().map(String::as_str).collect();
            format!("{axis} = {}", listed.join(" or "))
        }
    }
}

fn as_json(comparison: &Comparison, axes: &[String]) -> Value {
    let read =
        |text: &String| -> Value { aether_json::from_str(text).expect("values of axes are JSON") };
    let groups = comparison.groups.iter().map(|group| {
        let Group {
            divergence,
            points,
            first,
            region,
            ..
        } = group;
        let first: Vec<Value> = first
            .iter()
            .map(|(number, values)| {
                let values: Vec<Value> = values.iter().map(read).collect();
                json!({ "point": *number, "values": values })
            })
            .collect();
        let spans: Vec<Value> = region
            .spans
            .iter()
            .map(|span| {
                let listed: Vec<Value> = span.listed.iter().map(read).collect();
                json!({
                    "axis": span.axis.as_str(),
                    "from": span.between.map(|(low, _)| low),
                    "to": span.between.map(|(_, high)| high),
                    "values": listed,
                })
            })
            .collect();
        json!({
            "tick": divergence.tick,
            "what": divergence.what,
            "points": *points,
            "first": first,
            "region": spans,
            "compared_in_region": region.compared,
            "different_in_region": region.different,
        })
    });
    let groups: Vec<Value> = groups.collect();
    json!({
        "axes": axes,
        "matched_by": if comparison.by_number { "number" } else { "id" },
        "compared": comparison.compared,
        "different": comparison.different,
        "only_in_a": comparison.only.0,
        "only_in_b": comparison.only.1,
        "groups": groups,
        "more_groups": comparison.more_groups,
    })
}
