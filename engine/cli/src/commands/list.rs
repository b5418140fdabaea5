//! `aether list`: lists the scenarios, which are the directories of the registry.

use aether_harness::Scenario;
use aether_json::{Value, json};
use comfy_table::{CellAlignment, Table, presets};

use crate::CommandResult;
use crate::args::ListCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry;
use crate::scenarios::{Registry, Selection, pillars, plan};

/// A scenario, and how large its run is; `None` if its documents have problems.
type Row<'a> = (&'a Scenario, Option<Size>);

/// The size of a run.
struct Size {
    ticks: u64,
    nodes: usize,
    edges: usize,
}

pub(crate) fn list(command: &ListCommand, output: &Output) -> CommandResult {
    let dir = registry::scenarios_dir(&command.scenarios)?;
    let registry = Registry::load(&dir)?;
    let selection = Selection::new(&command.names, &command.filter)?;
    selection.refuse_unknown(&registry)?;
    let mut problems = Vec::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for scenario in registry
        .scenarios
        .iter()
        .filter(|found| selection.has(found))
    {
        let size = match plan(scenario, &command.scenarios) {
            Ok(plan) => Some(Size {
                ticks: plan.ticks(),
                nodes: plan.node_count(),
                edges: plan.edge_count(),
            }),
            Err(failure) => {
                problems.push((failure.status(), problem(scenario, &failure)));
                None
            }
        };
        rows.push((scenario, size));
    }
    problems.extend(selection.problems(&registry));
    output.result(|| table(&rows), || rows.iter().map(row).collect::<Value>())?;
    for (_, problem) in &problems {
        output.note(problem);
    }
    let statuses = problems.iter().map(|(status, _)| *status);
    Ok(statuses.max().unwrap_or(Status::Done))
}

/// Why the size of a scenario is not known, in one line.
fn problem(scenario: &Scenario, failure: &Failure) -> String {
    let name = scenario.name();
    match failure {
        Failure::Documents(_) => format!(
            "{name}: its documents have problems: aether validate {}",
            scenario.dir().display()
        ),
        other => format!("{name}: {other}"),
    }
}

fn row((scenario, size): &Row<'_>) -> Value {
    json!({
        "name": scenario.name().to_string(),
        "description": scenario.description,
        "pillars": pillars(scenario),
        "runtime": scenario.runtime.name(),
        "tags": scenario.tags,
        "ticks": size.as_ref().map(|size| size.ticks),
        "nodes": size.as_ref().map(|size| size.nodes),
        "edges": size.as_ref().map(|size| size.edges),
    })
}

fn table(rows: &[Row<'_>]) -> String {
    if rows.is_empty() {
        return "no scenarios\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["name", "runtime", "ticks", "nodes", "edges", "description"]);
    for column in [2, 3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (scenario, size) in rows {
        let shown = |value: &dyn Fn(&Size) -> String| size.as_ref().map_or_else(String::new, value);
        table.add_row([
            scenario.name().to_string(),
            scenario.runtime.name().to_owned(),
            shown(&|size| size.ticks.to_string()),
            shown(&|size| size.nodes.to_string()),
            shown(&|size| size.edges.to_string()),
            scenario.description.clone(),
        ]);
    }
    format!("{}\n", table.trim_fmt())
}
