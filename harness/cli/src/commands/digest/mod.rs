//! `digest`: any node of the tree of digests of a scenario.
//!
//! | module | what it does |
//! | --- | --- |
//! | `exchange` | two checkouts find the first record in which they differ |

mod exchange;

use std::io;

use aether_harness::evaluate::{CheckRun, Ending, RunOutput};
use aether_harness::report::{visible, visible_line};
use aether_harness::snapshot::{self, Opened};
use aether_harness::{
    Address, Artefact, Check, DigestTree, NoNode, Node, Scenario, Suite, counted,
};
use aether_json::{Value, json};

use super::{CommandError, Console, Listing, Status, chosen, valid};

/// Which node to print, or whom to compare with.
#[derive(Clone, Debug, Default)]
pub struct DigestRequest {
    /// The scenario.
    pub name: String,
    /// The place of the node.
    pub at: String,
    /// Of what the program produces now, also where the golden has the node.
    pub current: bool,
    /// The line of a shell that answers for another checkout.
    pub with: Option<String>,
    /// Answer another checkout, on the standard streams.
    pub serve: bool,
    /// How it is written.
    pub format: Listing,
}

/// Prints a node: of the golden as far as that has it, else of what the program produces now.
///
/// # Errors
/// There is no such scenario or node, the run fails, or the other checkout cannot be asked.
pub fn digest(
    suite: &Suite,
    request: &DigestRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let found = chosen(suite, std::slice::from_ref(&request.name))?.remove(0);
    let scenario = valid(&found)?;
    if request.serve {
        let (tree, _, _) = current(suite, scenario)?;
        let input = io::stdin().lock();
        return exchange::serve(&found.name, &tree, input, console.out);
    }
    if let Some(with) = &request.with {
        let (tree, output, _) = current(suite, scenario)?;
        let own = exchange::Own {
            name: &found.name,
            tree: &tree,
            schema: &output.schema,
        };
        return exchange::search(&own, with, request.format, console);
    }
    let at: Address = request
        .at
        .parse()
        .map_err(|error| CommandError::Usage(format!("--at {}: {error}", request.at)))?;
    let of_golden = if request.current {
        None
    } else {
        golden(suite, scenario)?.map(|tree| tree.node(&at))
    };
    let (node, is_golden) = match of_golden {
        Some(Ok(node)) => (Ok(node), true),
        // What the golden says is not there, is not.
        Some(Err(NoNode::Nothing)) => (Err(NoNode::Nothing), true),
        Some(Err(NoNode::NotKept)) | None => (current(suite, scenario)?.0.node(&at), false),
    };
    let of = if is_golden { "golden" } else { "output" };
    let node = node.map_err(|_| {
        CommandError::Usage(format!(
            "the {of} of {} has nothing at {}",
            found.name, request.at
        ))
    })?;
    match request.format {
        Listing::Text => text(&found.name, &at, of, &node, console)?,
        Listing::Json => {
            let shown = in_json(&found.name, &at, of, &node)?;
            aether_json::to_writer_pretty(&mut *console.out, &shown).map_err(io::Error::from)?;
            writeln!(console.out)?;
        }
    }
    Ok(Status::Done)
}

/// The digests that the golden of a scenario holds; those of its records, if it holds these. `None` without a
/// golden, and for digests by tick, which are no tree.
fn golden(suite: &Suite, scenario: &Scenario) -> Result<Option<DigestTree>, CommandError> {
    let opened = snapshot::open(&suite.paths().snapshot(scenario.name()))
        .map_err(|error| CommandError::input(&error))?;
    let Opened::Sound(snapshot) = opened else {
        return Ok(None);
    };
    let artefacts = snapshot.artefacts()?;
    Ok(match snapshot.manifest.snapshot {
        aether_harness::SnapshotMode::Digest => DigestTree::stored(&artefacts),
        aether_harness::SnapshotMode::Full => {
            let run =
                CheckRun::read(suite, scenario).map_err(|failure| CommandError::input(&failure))?;
            Some(DigestTree::of(&artefacts, &run.prepared().schema()))
        }
    })
}

/// The digests of what the program produces now, down to its records.
fn current(
    suite: &Suite,
    scenario: &Scenario,
) -> Result<(DigestTree, RunOutput, Vec<Artefact>), CommandError> {
    let name = scenario.name();
    let (output, records) = CheckRun::open(suite, scenario, &Check::Golden)
        .and_then(|run| run.run_for_records())
        .map_err(|failure| CommandError::input_of(name, &failure))?;
    if let Ending::Failed(message) = &output.ending {
        return Err(CommandError::Usage(format!("{name}: {message}")));
    }
    let tree = DigestTree::of(&records, &output.schema);
    Ok((tree, output, records))
}

fn text(
    name: &str,
    at: &Address,
    of: &str,
    node: &Node,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let place = match at.to_string() {
        at if at.is_empty() => name.to_owned(),
        at => format!("{name} {at}"),
    };
    let records = counted(node.records, "record");
    writeln!(
        console.out,
        "{}  {}  ({of}, {records})",
        node.digest,
        visible_line(&place)
    )?;
    for child in &node.children {
        let at = child.at.to_string();
        writeln!(console.out, "  {}  {}", child.digest, visible_line(&at))?;
    }
    if let Some(record) = &node.record {
        writeln!(console.out, "{}", visible(record))?;
    }
    Ok(())
}

fn in_json(name: &str, at: &Address, of: &str, node: &Node) -> Result<Value, CommandError> {
    let children: Vec<Value> = node
        .children
        .iter()
        .map(|child| json!({ "at": child.at.to_string(), "digest": child.digest.clone() }))
        .collect();
    Ok(json!({
        "at": at.to_string(),
        "children": children,
        "digest": node.digest.clone(),
        "name": name,
        "of": of,
        "record": value(node.record.as_deref())?,
        "records": node.records,
    }))
}

/// A record as a value; null for none.
fn value(record: Option<&str>) -> Result<Value, CommandError> {
    let read = |text: &str| {
        aether_json::from_str(text).map_err(|error| CommandError::Io(error.to_string()))
    };
    record
        .filter(|text| !text.is_empty())
        .map_or(Ok(Value::Null), read)
}
