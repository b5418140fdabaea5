//! Steps from the inputs of a run to smaller ones that are valid too: several parts of the documents change at once.
//!
//! | step | with it |
//! | --- | --- |
//! | fewer ticks | windows end earlier or go, those of a grammar end earlier, inputs of later ticks go |
//! | a later start, with the state and the chain value that the run has there | windows and inputs come earlier or go |
//! | without a run of nodes, or without all nodes that have no edge | edges of theirs, initial values, inputs; what stays is renumbered |
//! | without a run of edges | what stays is renumbered |
//! | one tiling in place of all windows; without a run of windows | |
//! | without a run of streams of a window | |
//! | without inputs; without a run of them | |
//! | without a grammar and descriptors | what names its windows |
//! | a smaller SC | that of the profile, of the topology and of every edge |
//!
//! A grammar and its descriptors name ticks, windows, streams, nodes and edges of the run. They stay as long as they fit what a
//! step leaves, and go with the step otherwise.
//!
//! Steps on single values are the harness's own. Inputs may lack members that resolved ones have. A later start makes
//! numbers larger, but there are fewer ticks each time.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use aether_engine::run::Replay;
use aether_harness::{Artefact, SmallerStep};
use aether_json::{Value, json};

use super::changed;

/// One step.
#[derive(Clone, Debug)]
enum Step {
    Ticks(u64),
    /// Only this many last ticks.
    LastTicks(u64),
    Nodes(Range<usize>),
    NodesWithoutEdges,
    Edges(Range<usize>),
    OneTiling,
    Windows(Range<usize>),
    Streams(usize, Range<usize>),
    NoInputs,
    Inputs(Range<usize>),
    NoGrammar,
    Scale(u64),
}

/// The steps of these inputs, the boldest first.
pub(super) fn steps(inputs: &Artefact) -> Vec<SmallerStep<'_>> {
    let Ok(document) = inputs.to_value() else {
        return Vec::new();
    };
    let found = found(&document);
    let document = Rc::new(document);
    let steps = found.into_iter().map(|step| {
        let document = Rc::clone(&document);
        Box::new(move || as_inputs(&after(&step, &document))) as SmallerStep<'_>
    });
    steps.collect()
}

fn found(document: &Value) -> Vec<Step> {
    let length = |place: &str| list(document, place).map_or(0, Vec::len);
    let number = |place: &str| document.pointer(place).and_then(Value::as_u64);
    let mut steps = Vec::new();
    steps.extend(nearer_one(number("/run_config/ticks")).map(Step::Ticks));
    steps.extend(nearer_one(number("/run_config/ticks")).map(Step::LastTicks));
    let nodes = number("/topology/N").unwrap_or(0);
    let nodes = usize::try_from(nodes).unwrap_or(0);
    // One node is the least.
    steps.extend(runs(nodes, nodes / 2).map(Step::Nodes));
    steps.push(Step::NodesWithoutEdges);
    let edges = length("/topology/edges");
    steps.extend(runs(edges, edges).map(Step::Edges));
    let windows = length("/run_config/windows");
    steps.push(Step::OneTiling);
    steps.extend(runs(windows, windows).map(Step::Windows));
    for window in 0..windows {
        let streams = length(&format!("/run_config/windows/{window}/streams"));
        // One stream is the least.
        let of_window = runs(streams, streams / 2);
        steps.extend(of_window.map(|run| Step::Streams(window, run)));
    }
    let entries = length("/pfna/entries");
    steps.push(Step::NoInputs);
    steps.extend(runs(entries, entries).map(Step::Inputs));
    if has_grammar(document) {
        steps.push(Step::NoGrammar);
    }
    steps.extend(nearer_one(number("/profile/SC")).map(Step::Scale));
    steps
}

fn as_inputs(document: &Value) -> Artefact {
    Artefact::from_json("inputs", document.to_string().as_bytes())
        .expect("what is removed from a document leaves a document")
}

fn has_grammar(document: &Value) -> bool {
    let grammar = document.get("aeon");
    grammar.is_some_and(|grammar| !grammar.is_null())
}

/// What a step leads to: with the grammar if it fits what is left, else without it.
fn after(step: &Step, document: &Value) -> Value {
    let taken = |document: &Value| {
        let mut changed = document.clone();
        take(step, &mut changed);
        changed
    };
    let kept = taken(document);
    let fits = || kept != *document && changed::plan(&as_inputs(&kept)).is_ok();
    if !has_grammar(document) || fits() {
        return kept;
    }
    let mut without = document.clone();
    remove_grammar(&mut without);
    taken(&without)
}

fn take(step: &Step, document: &mut Value) {
    match step {
        Step::NoGrammar => remove_grammar(document),
        Step::Ticks(ticks) => end_at(document, *ticks),
        Step::LastTicks(ticks) => {
            if let Some(later) = last_ticks(document, *ticks) {
                *document = later;
            }
        }
        Step::Nodes(run) => keep_nodes(document, |node| !run.contains(&node)),
        Step::NodesWithoutEdges => {
            let mut has_edge = BTreeSet::new();
            for edge in list(document, "/topology/edges").into_iter().flatten() {
                has_edge.extend(ends(edge).into_iter().flatten());
            }
            keep_nodes(document, |node| has_edge.contains(&node));
        }
        Step::Edges(run) => {
            if let Some(edges) = list_mut(document, "/topology/edges") {
                edges.drain(run.clone());
                renumber(edges, "e_id");
            }
        }
        Step::OneTiling => {
            if let Some(Value::Object(run_config)) = document.get_mut("run_config")
                && run_config.remove("primary_window_id").is_some()
                && let Some(ticks) = run_config.get("ticks").cloned()
            {
                run_config.insert("windows".to_owned(), json!([]));
                run_config.insert("window_every".to_owned(), ticks);
            }
        }
        Step::Windows(run) => {
            let primary = document.pointer("/run_config/primary_window_id").cloned();
            if let Some(windows) = list_mut(document, "/run_config/windows") {
                let mut place = 0;
                windows.retain(|window| {
                    place += 1;
                    !run.contains(&(place - 1)) || window.get("window_id") == primary.as_ref()
                });
            }
        }
        Step::Streams(window, run) => {
            let place = format!("/run_config/windows/{window}/streams");
            if let Some(streams) = list_mut(document, &place) {
                streams.drain(run.clone());
            }
        }
        Step::NoInputs => {
            if let Some(Value::Object(run_config)) = document.get_mut("run_config") {
                run_config.remove("enable_pfna");
                run_config.remove("pfna_path");
            }
            if let Value::Object(inputs) = document {
                inputs.remove("pfna");
            }
        }
        Step::Inputs(run) => {
            if let Some(entries) = list_mut(document, "/pfna/entries") {
                entries.drain(run.clone());
            }
        }
        Step::Scale(scale) => set_scale(document, *scale),
    }
}

/// Removes the grammar, its descriptors, and what names its windows.
fn remove_grammar(document: &mut Value) {
    for window in list_mut(document, "/run_config/windows")
        .into_iter()
        .flatten()
    {
        if let Value::Object(window) = window {
            window.remove("aeon_window_id");
        }
    }
    if let Some(Value::Object(run_config)) = document.get_mut("run_config") {
        run_config.remove("aeon_path");
        run_config.remove("apxi");
    }
    if let Value::Object(inputs) = document {
        inputs.remove("aeon");
    }
}

/// Ends the run at an earlier tick.
fn end_at(document: &mut Value, ticks: u64) {
    let end = |object: &mut Value, member: &str| {
        if let Some(at) = object.get_mut(member)
            && at.as_u64().is_some_and(|at| at > ticks)
        {
            *at = ticks.into();
        }
    };
    let is_later = |object: &Value, member: &str| {
        let at = object.get(member).and_then(Value::as_u64);
        at.is_some_and(|at| at > ticks)
    };
    if let Some(run_config) = document.get_mut("run_config") {
        end(run_config, "ticks");
        end(run_config, "window_every");
    }
    if let Some(windows) = list_mut(document, "/run_config/windows") {
        windows.retain(|window| !is_later(window, "start_tick"));
        windows
            .iter_mut()
            .for_each(|window| end(window, "end_tick"));
    }
    if let Some(Value::Object(windows)) = document.pointer_mut("/aeon/base_windows") {
        for window in windows.values_mut() {
            end(window, "tick_end");
        }
    }
    if let Some(entries) = list_mut(document, "/pfna/entries") {
        entries.retain(|entry| !is_later(entry, "tick"));
        for entry in entries {
            if let Some(repeat) = entry.get_mut("repeat") {
                end(repeat, "until");
            }
        }
    }
}

/// The same run from where it has so many ticks left. `None` if it does not come that far, or if inputs repeat.
fn last_ticks(document: &Value, ticks: u64) -> Option<Value> {
    let entries = list(document, "/pfna/entries").into_iter().flatten();
    if entries.clone().any(|entry| entry.get("repeat").is_some()) {
        return None;
    }
    let all = document.pointer("/run_config/ticks")?.as_u64()?;
    let skipped = all.checked_sub(ticks)?;
    let mut inputs = Artefact::from_json("inputs", document.to_string().as_bytes()).ok()?;
    let plan = changed::plan(&inputs).ok()?;
    let mut replay = Replay::from_start(&plan).ok()?;
    replay.pass(skipped + 1).ok()?;
    let mut later = document.clone();
    *later.pointer_mut("/run_config/initial_state")? = replay.state().iter().copied().collect();
    *later.pointer_mut("/profile/C0")? = replay.chain_value().into();
    *later.pointer_mut("/run_config/ticks")? = ticks.into();
    let earlier = |object: &mut Value, member: &str| {
        let at = object.get_mut(member);
        let now = at.as_ref().and_then(|at| at.as_u64()?.checked_sub(skipped));
        if let Some(at) = at {
            *at = now.unwrap_or(0).into();
        }
    };
    let is_left = |object: &Value, member: &str| {
        let at = object.get(member).and_then(Value::as_u64);
        at.is_some_and(|at| at > skipped)
    };
    if let Some(windows) = list_mut(&mut later, "/run_config/windows") {
        windows.retain(|window| is_left(window, "end_tick"));
        for window in windows {
            earlier(window, "end_tick");
            earlier(window, "start_tick");
            if window.get("start_tick").and_then(Value::as_u64) == Some(0) {
                set(window, "start_tick", 1.into());
            }
        }
    }
    if let Some(entries) = list_mut(&mut later, "/pfna/entries") {
        entries.retain(|entry| is_left(entry, "tick"));
        entries.iter_mut().for_each(|entry| earlier(entry, "tick"));
    }
    end_at(&mut later, ticks);
    inputs = Artefact::from_json("inputs", later.to_string().as_bytes()).ok()?;
    changed::plan(&inputs).ok()?;
    Some(later)
}

/// Keeps the nodes with these indices and the edges between them. Does nothing if no node or every node is kept, or
/// if an edge names its ends.
fn keep_nodes(document: &mut Value, is_kept: impl Fn(usize) -> bool) {
    let count = document.pointer("/topology/N").and_then(Value::as_u64);
    let count = count.and_then(|count| usize::try_from(count).ok());
    let count = count.unwrap_or(0);
    let mut new_ids = vec![None; count];
    let mut kept = 0_u64;
    for (node, id) in new_ids.iter_mut().enumerate() {
        if is_kept(node) {
            kept += 1;
            *id = Some(kept);
        }
    }
    let edges = list(document, "/topology/edges").into_iter().flatten();
    let has_names = edges.map(ends).any(|ends| ends.contains(&None));
    if kept == 0 || kept == count as u64 || has_names {
        return;
    }
    let new_id = |node: usize| new_ids.get(node).copied().flatten();
    let mut gone = Vec::new();
    if let Some(nodes) = list_mut(document, "/topology/nodes") {
        for (_, node) in (0..)
            .zip(nodes.iter())
            .filter(|(at, _)| new_id(*at).is_none())
        {
            gone.extend(node.get("label").and_then(Value::as_str).map(str::to_owned));
        }
        keep_places(nodes, &new_id);
        renumber(nodes, "node_id");
    }
    if let Some(edges) = list_mut(document, "/topology/edges") {
        edges.retain_mut(|edge| {
            let [Some(from), Some(to)] = ends(edge).map(|end| end.and_then(new_id)) else {
                return false;
            };
            set(edge, "i", from.into());
            set(edge, "j", to.into());
            true
        });
        renumber(edges, "e_id");
    }
    if let Some(count) = document.pointer_mut("/topology/N") {
        *count = kept.into();
    }
    if let Some(state) = list_mut(document, "/run_config/initial_state") {
        keep_places(state, &new_id);
    }
    for entry in list_mut(document, "/pfna/entries").into_iter().flatten() {
        match entry.get_mut("values") {
            Some(Value::Array(values)) => keep_places(values, &new_id),
            Some(Value::Object(values)) => {
                let old = std::mem::take(values);
                values.extend(old.into_iter().filter_map(|(node, value)| {
                    let name = match node.parse::<usize>() {
                        Ok(id) => new_id(id.checked_sub(1)?)?.to_string(),
                        Err(_) if gone.iter().any(|name| is_name(&node, name)) => return None,
                        Err(_) => node,
                    };
                    Some((name, value))
                }));
            }
            _ => {}
        }
    }
}

/// Whether a text names a node: with its name, or as `name:` with it.
fn is_name(text: &str, name: &str) -> bool {
    text == name || text.strip_prefix("name:") == Some(name)
}

/// The indices of the nodes that an edge joins; `None` for an end that is no id.
fn ends(edge: &Value) -> [Option<usize>; 2] {
    ["i", "j"].map(|end| {
        let id = edge.get(end)?.as_u64()?.checked_sub(1)?;
        usize::try_from(id).ok()
    })
}

fn keep_places(values: &mut Vec<Value>, new_id: &impl Fn(usize) -> Option<u64>) {
    let mut place = 0;
    values.retain(|_| {
        place += 1;
        new_id(place - 1).is_some()
    });
}

fn renumber(records: &mut [Value], id: &str) {
    for (number, record) in (1_u64..).zip(records) {
        set(record, id, number.into());
    }
}

fn set(record: &mut Value, member: &str, value: Value) {
    if let Some(at) = record.get_mut(member) {
        *at = value;
    }
}

fn set_scale(document: &mut Value, scale: u64) {
    for place in ["/profile/SC", "/topology/SC"] {
        if let Some(at) = document.pointer_mut(place) {
            *at = scale.into();
        }
    }
    for edge in list_mut(document, "/topology/edges").into_iter().flatten() {
        set(edge, "SC", scale.into());
    }
}

fn list<'d>(document: &'d Value, place: &str) -> Option<&'d Vec<Value>> {
    document.pointer(place)?.as_array()
}

fn list_mut<'d>(document: &'d mut Value, place: &str) -> Option<&'d mut Vec<Value>> {
    match document.pointer_mut(place)? {
        Value::Array(values) => Some(values),
        _ => None,
    }
}

/// Runs of a list, from this length on, of which each is half as long as the one before.
fn runs(count: usize, longest: usize) -> impl Iterator<Item = Range<usize>> {
    let lengths = std::iter::successors(Some(longest), |length| Some(length / 2));
    let lengths = lengths.take_while(|length| *length > 0);
    lengths.flat_map(move |length| {
        let starts = (0..count).step_by(length);
        starts.map(move |start| start..(start + length).min(count))
    })
}

/// Numbers from 1 up to below this one, those nearest to 1 first: 1, then all of it but a half, a quarter, … one.
fn nearer_one(number: Option<u64>) -> impl Iterator<Item = u64> {
    let number = number.unwrap_or(0);
    let first = (number > 1).then_some(1);
    let less = std::iter::successors(Some(number / 2), |less| Some(less / 2));
    let less = less.take_while(|less| *less > 0);
    let others = less.map(move |less| number - less);
    first.into_iter().chain(others.filter(|left| *left > 1))
}
