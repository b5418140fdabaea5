//! Tests that the views of AEON windows and descriptors equal the oracle's, on generated grammars.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;

use super::generate::{Reach, case};
use super::hold;
use crate::compare::{same_as_oracle, texts};
use crate::oracle::{Aeon, Case, Json, Source, Stream, Window, int, object, text};
use crate::subject;

/// The draws of a grammar and of descriptors, before they are mapped to valid ones.
#[derive(Clone, Debug)]
struct Draw {
    bases: Vec<(u64, u64, Links)>,
    derived: Vec<(Vec<usize>, usize, Links)>,
    /// For each window of the run, whether and which AEON window it names.
    named: Vec<Option<usize>>,
    apxi: Option<ApxiDraw>,
}

/// A window of the run, whether by its APX name, and a parent.
type Links = (Option<(usize, bool)>, Option<usize>);

#[derive(Clone, Debug)]
struct ApxiDraw {
    enabled: Option<bool>,
    scheme: Option<&'static str>,
    discover: Option<bool>,
    descriptors: Vec<DescriptorDraw>,
}

#[derive(Clone, Debug)]
struct DescriptorDraw {
    kind: usize,
    window: usize,
    stream: usize,
    numbers: Vec<i64>,
    entries: usize,
    repeats: i64,
    start_tick: Option<i64>,
    as_lists: bool,
    labels: bool,
}

fn draw(number: impl Strategy<Value = i64> + Clone + 'static) -> impl Strategy<Value = Draw> {
    let links = || {
        (
            weighted(0.4, (any::<usize>(), any::<bool>())),
            weighted(0.3, any::<usize>()),
        )
    };
    let descriptor = (
        (0..3_usize, any::<usize>(), any::<usize>()),
        vec(number.clone(), 8),
        (1..4_usize, prop_oneof![4 => 1..5_i64, 1 => Just(i64::MAX)]),
        weighted(0.5, prop_oneof![3 => -20..20_i64, 1 => number]),
        any::<(bool, bool)>(),
    );
    let descriptor = descriptor.prop_map(|(place, numbers, size, start_tick, flags)| {
        let ((kind, window, stream), (entries, repeats)) = (place, size);
        let (as_lists, labels) = flags;
        DescriptorDraw {
            kind,
            window,
            stream,
            numbers,
            entries,
            repeats,
            start_tick,
            as_lists,
            labels,
        }
    });
    let apxi = (
        weighted(0.3, prop::bool::weighted(0.7)),
        of(prop::sample::select(vec!["ID", "R", "GR"])),
        of(any::<bool>()),
        vec(descriptor, 0..4),
    );
    let apxi = apxi.prop_map(|(enabled, scheme, discover, descriptors)| ApxiDraw {
        enabled,
        scheme,
        discover,
        descriptors,
    });
    (
        vec((any::<u64>(), any::<u64>(), links()), 1..5),
        vec((vec(any::<usize>(), 1..4), 0..4_usize, links()), 0..5),
        vec(weighted(0.8, any::<usize>()), 5),
        weighted(0.9, apxi),
    )
        .prop_map(|(bases, derived, named, apxi)| Draw {
            bases,
            derived,
            named,
            apxi,
        })
}

/// A case with a grammar.
pub(crate) fn watched(
    reach: Reach,
    number: impl Strategy<Value = i64> + Clone + 'static,
) -> impl Strategy<Value = Case> {
    (case(reach), draw(number)).prop_map(|(mut case, draw)| {
        let mut aeon = grammar(&case, &draw);
        name_windows(&case, &draw, &mut aeon);
        aeon.apxi = draw.apxi.as_ref().map(|draw| apxi(&case, &aeon, draw));
        case.aeon = Some(aeon);
        case
    })
}

/// The windows of the run, and the ones among them that a RunConfig can give an AEON window.
fn windows(case: &Case) -> Vec<Window> {
    let (primary, additional) = case.windows();
    primary.into_iter().chain(additional).collect()
}

fn grammar(case: &Case, draw: &Draw) -> Aeon {
    let (windows, ticks) = (windows(case), case.run.ticks);
    let mut ids: Vec<String> = Vec::new();
    let (mut bases, mut derived) = (object([]), object([]));
    let link = |window: &mut Json, (press, parent): &Links, ids: &[String]| {
        if let Some((at, by_name)) = press {
            let press = &windows[at % windows.len()];
            let same = windows
                .iter()
                .filter(|other| other.apx_name == press.apx_name)
                .count();
            let shadowed = windows.iter().any(|other| other.id == press.apx_name);
            let by_name = *by_name && same == 1 && !shadowed;
            let name = if by_name { &press.apx_name } else { &press.id };
            window.insert("press_window_id", text(name));
        }
        // A parent that comes before its child, so that there is no cycle.
        if let Some(parent) = parent
            && !ids.is_empty()
        {
            window.insert("parent_id", text(&ids[parent % ids.len()]));
            window.insert("labels", Json::List(vec![text("child"), text("")]));
        }
    };
    for (start, length, links) in &draw.bases {
        let id = format!("b{}", 9 - ids.len());
        let start = 1 + start % ticks;
        let end = start + length % (ticks - start + 1);
        let mut window = object([
            ("window_id", text(&id)),
            ("tick_start", int(start)),
            ("tick_end", int(end)),
        ]);
        link(&mut window, links, &ids);
        bases.insert(&id, window);
        ids.push(id);
    }
    for (sources, aggregation, links) in &draw.derived {
        let id = format!("d{}", 19 - ids.len());
        let mut unique: Vec<&String> = Vec::new();
        for source in sources {
            let source = &ids[source % ids.len()];
            if !unique.contains(&source) {
                unique.push(source);
            }
        }
        let sources = unique.into_iter().map(text).collect();
        let aggregation = ["union", "concat", "sum", "aggregate"][*aggregation];
        let mut window = object([
            ("window_id", text(&id)),
            ("source_ids", Json::List(sources)),
            ("aggregation", text(aggregation)),
        ]);
        link(&mut window, links, &ids);
        derived.insert(&id, window);
        ids.push(id);
    }
    Aeon {
        grammar: object([("base_windows", bases), ("derived_windows", derived)]),
        apxi: None,
        named: BTreeMap::new(),
    }
}

fn aeon_ids(aeon: &Aeon) -> Vec<String> {
    let group = |name| match aeon.grammar.member(name) {
        Json::Object(windows) => windows.keys().cloned().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    [group("base_windows"), group("derived_windows")].concat()
}

/// Lets windows of the run name AEON windows that lie within them.
fn name_windows(case: &Case, draw: &Draw, aeon: &mut Aeon) {
    for (window, named) in case.run.windows.iter().zip(draw.named.iter().cycle()) {
        let Some(named) = named else { continue };
        let range = window.start..=window.end;
        let mut within = aeon_ids(aeon);
        within.retain(|id| aeon.ticks(id).iter().all(|tick| range.contains(tick)));
        if !within.is_empty() {
            let id = within[named % within.len()].clone();
            aeon.named.insert(window.id.clone(), id);
        }
    }
}

fn components(case: &Case, source: Source) -> usize {
    match source {
        Source::Fluxes => case.topology.edges.len(),
        Source::PrevChain => 1,
        _ => case.topology.nodes,
    }
}

fn apxi(case: &Case, aeon: &Aeon, draw: &ApxiDraw) -> Json {
    let mut document = object([]);
    if let Some(enabled) = draw.enabled {
        document.insert("enabled", Json::Bool(enabled));
    }
    if let Some(scheme) = draw.scheme {
        document.insert("residual_scheme", text(scheme));
    }
    if let Some(discover) = draw.discover {
        document.insert("discover", Json::Bool(discover));
    }
    let windows = case.run.windows.iter();
    let naming: Vec<&Window> = windows.filter(|w| aeon.named.contains_key(&w.id)).collect();
    let mut descriptors = Vec::new();
    for (index, draw) in draw
        .descriptors
        .iter()
        .enumerate()
        .filter(|_| !naming.is_empty())
    {
        let window = naming[draw.window % naming.len()];
        let streams = window.streams();
        let stream = &streams[draw.stream % streams.len()];
        let id = &aeon.named[&window.id];
        // All streams of the name that the descriptor belongs to.
        let others = naming.iter().filter(|other| aeon.named[&other.id] == *id);
        let streams: Vec<Stream> = others.flat_map(|other| other.streams()).collect();
        let of_name = streams.iter().filter(|other| other.name == stream.name);
        let mut sizes = of_name.map(|stream| components(case, stream.source));
        let size = sizes.next().expect("the stream itself");
        let as_lists = draw.as_lists && sizes.all(|other| other == size);
        let descriptor = descriptor(draw, index, (id, &stream.name), as_lists.then_some(size));
        descriptors.push(descriptor);
    }
    document.insert("descriptors", Json::List(descriptors));
    document
}

fn descriptor(
    draw: &DescriptorDraw,
    index: usize,
    (window, stream): (&str, &str),
    size: Option<usize>,
) -> Json {
    let mut next = 0;
    let mut number = || {
        next += 1;
        int(draw.numbers[(next - 1) % draw.numbers.len()])
    };
    let mut numbers = || match size {
        None => number(),
        Some(size) => Json::List((0..size).map(|_| number()).collect()),
    };
    let (kind, params) = match draw.kind {
        0 => ("CONST_SEGMENT", object([("value", numbers())])),
        1 => {
            let pattern = (0..draw.entries).map(|_| numbers()).collect();
            let repeats = int(draw.repeats);
            let params = object([("pattern", Json::List(pattern)), ("repeats", repeats)]);
            ("RUN_SEGMENT", params)
        }
        _ => {
            let mut params = object([("intercept", numbers()), ("slope", numbers())]);
            if let Some(tick) = draw.start_tick {
                params.insert("start_tick", int(tick));
            }
            ("LINEAR_TREND", params)
        }
    };
    let mut descriptor = object([
        ("descriptor_id", text(format!("D{index}"))),
        ("descriptor_type", text(kind)),
        ("window_id", text(window)),
        ("stream_id", text(stream)),
        ("params", params),
    ]);
    if draw.labels {
        descriptor.insert("labels", Json::List(vec![text("tried")]));
    }
    descriptor
}

fn small() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![3 => Just(0_i64), 3 => -3..=3_i64, 1 => -2000..=2000_i64].boxed()
}

fn wild() -> impl Strategy<Value = i64> + Clone {
    let edges = vec![i64::MIN, i64::MIN / 2, i64::MAX / 2, i64::MAX];
    prop_oneof![3 => -3..=3_i64, 1 => any::<i64>(), 1 => prop::sample::select(edges)].boxed()
}

#[test]
fn usual_views_equal_the_oracle() {
    let (views, found) = (Cell::new(0), Cell::new(0));
    hold(
        "usual_views_equal_the_oracle",
        384,
        &watched(Reach::Usual, small()),
        |case| {
            let export = subject::export(&texts(&case))?;
            let parsed = Json::parse(&export);
            views.set(views.get() + parsed.member("apxi_views").list().len());
            found.set(found.get() + export.matches("FOUND_").count());
            same_as_oracle(&case, &export)
        },
    );
    assert!(views.get() > 150, "{} views", views.get());
    assert!(found.get() > 15, "{} found", found.get());
}

#[test]
fn wild_views_equal_the_oracle() {
    let bits = Cell::new(0);
    hold(
        "wild_views_equal_the_oracle",
        512,
        &watched(Reach::Usual, wild()),
        |case| {
            let export = subject::export(&texts(&case))?;
            bits.set(bits.get() + export.matches(r#""operation":"bits""#).count());
            same_as_oracle(&case, &export)
        },
    );
    assert!(bits.get() > 20, "{} overflows", bits.get());
}

/// A number stands for a list of as many equal numbers: the residual is the same, only the model costs
/// more.
#[test]
fn a_number_and_a_list_of_it_leave_the_same_residual() {
    let compared = Cell::new(0);
    hold(
        "a_number_and_a_list_of_it_leave_the_same_residual",
        256,
        &watched(Reach::Usual, small()),
        |case| {
            let lists = with_lists(&case);
            let [one, other] = [&case, &lists].map(|case| subject::export(&texts(case)));
            let (one, other) = (Json::parse(&one?), Json::parse(&other?));
            let (one, other) = (residuals(&one), residuals(&other));
            compared.set(compared.get() + one.len());
            if one == other {
                Ok(())
            } else {
                Err(format!("{one:?} and {other:?}"))
            }
        },
    );
    assert!(compared.get() > 50, "{} descriptors", compared.get());
}

/// The case with a list for each number that stands for all components.
fn with_lists(case: &Case) -> Case {
    let mut case = case.clone();
    let aeon = case.aeon.clone().expect("a grammar");
    let Some(Json::Object(mut apxi)) = aeon.apxi.clone() else {
        return case;
    };
    if let Some(Json::List(descriptors)) = apxi.get_mut("descriptors") {
        for descriptor in descriptors {
            let id = descriptor.member("window_id").str();
            let stream_id = descriptor.member("stream_id").str();
            let naming = case
                .run
                .windows
                .iter()
                .filter(|w| aeon.named.get(&w.id).is_some_and(|named| named == id));
            let streams: Vec<Stream> = naming.flat_map(Window::streams).collect();
            let streams = streams.iter().filter(|stream| stream.name == stream_id);
            let mut sizes = streams.map(|stream| components(&case, stream.source));
            let size = sizes.next().expect("a stream");
            if !sizes.all(|other| other == size) {
                continue;
            }
            let each = |value: &Json| match value {
                Json::Number(_) => Json::List(vec![value.clone(); size]),
                list => list.clone(),
            };
            let mut params = descriptor.member("params").clone();
            for key in ["value", "intercept", "slope"] {
                if let Some(value) = params.optional(key).cloned() {
                    params.insert(key, each(&value));
                }
            }
            if let Some(pattern) = params.optional("pattern").cloned() {
                let pattern = pattern.list().iter().map(each).collect();
                params.insert("pattern", Json::List(pattern));
            }
            descriptor.insert("params", params);
        }
    }
    case.aeon = Some(Aeon {
        apxi: Some(Json::Object(apxi)),
        ..aeon
    });
    case
}

/// p and bits of each residual of a descriptor that is given.
fn residuals(export: &Json) -> Vec<String> {
    let mut all = Vec::new();
    for view in export.member("apxi_views").list() {
        let Json::Object(streams) = view.member("descriptors_by_stream") else {
            panic!("an object");
        };
        for entry in streams.values().flat_map(|entries| entries.list()) {
            let id = entry.member("descriptor").member("descriptor_id").str();
            if !id.starts_with("FOUND_") {
                let bits = entry.member("L_residual").number();
                all.push(format!("{id} {} {bits}", entry.member("params").number()));
            }
        }
    }
    all
}

/// Views do not depend on threads or checkpoints, and no other record depends on them.
#[test]
fn views_change_nothing_and_nothing_changes_them() {
    hold(
        "views_change_nothing_and_nothing_changes_them",
        96,
        &watched(Reach::Usual, small()),
        |case| {
            let texts_of = texts(&case);
            let export = subject::export(&texts_of)?;
            if subject::export_on(&texts_of, 3)? != export {
                return Err("three threads produce different bytes".to_owned());
            }
            if subject::export_from_checkpoints(&texts_of)? != export {
                return Err("a replay produces different bytes".to_owned());
            }
            let mut plain = case.clone();
            plain.aeon = None;
            let plain = Json::parse(&subject::export(&texts(&plain))?);
            let with = Json::parse(&export);
            if with.member("run").member("status").str() != "complete" {
                return Ok(());
            }
            for kind in [
                "u_ledger",
                "manifests",
                "scenes",
                "envelopes",
                "log",
                "codex_library",
            ] {
                if with.member(kind) != plain.member(kind) {
                    return Err(format!("{kind} differ from those without a grammar"));
                }
            }
            let again = subject::export(&subject::inputs_of(&with))?;
            let again = Json::parse(&again);
            for kind in ["aeon_views", "apxi_views", "u_ledger"] {
                if with.member(kind) != again.member(kind) {
                    return Err(format!("{kind} differ in a run of the resolved documents"));
                }
            }
            Ok(())
        },
    );
}
