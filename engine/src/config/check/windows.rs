//! Windows: primary ones that tile the run, additional ones inside it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::super::decode::{Given, Int, List, Name, list_of, nearest};
use super::super::defaults;
use super::super::documents::{RunConfig, StreamDocument, WindowDocument};
use super::super::limits::{NAME_CHARS_MAX, STREAMS_MAX, WINDOWS_MAX};
use super::super::plan::{StreamPlan, Window};
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, Value, shortened};
use super::{count, over_limit};

/// All windows, the primary ones first; `ticks` is the run's length where it is known.
pub(crate) fn windows(
    document: &Document,
    run: &RunConfig,
    ticks: Option<u64>,
    problems: &mut Problems,
) -> Option<Vec<Window>> {
    let before = problems.len();
    let mut configured = configured(document, run, ticks, problems);
    let mut all = primaries(document, run, ticks, &mut configured, problems).unwrap_or_default();
    all.extend(configured.into_iter().map(|(window, _)| window));
    (problems.len() == before).then_some(all)
}

/// The windows of the document, each with its value; none of them primary so far.
fn configured<'a>(
    document: &'a Document,
    run: &RunConfig,
    ticks: Option<u64>,
    problems: &mut Problems,
) -> Vec<(Window, Value<'a>)> {
    let Some(list) = &run.windows else {
        return Vec::new();
    };
    if list.len() > WINDOWS_MAX {
        over_limit(
            list.value(document),
            "windows",
            list.len(),
            WINDOWS_MAX,
            problems,
        );
        return Vec::new();
    }
    let mut windows = Vec::new();
    let mut ids: BTreeMap<String, Value<'a>> = BTreeMap::new();
    list.each(document, problems, |value, window, problems| {
        let Some(window) = window else { return };
        let id = window.window_id.get().map(|Name(id)| id.clone());
        let is_new = id.as_ref().is_none_or(|id| {
            let at = value.field("window_id").unwrap_or(value);
            if let Some(first) = ids.get(id) {
                let message = format!("the window id `{id}` is used twice");
                let draft = Draft::on(at, Code::DuplicateWindow, message);
                problems.add_on(at, draft.related(*first, "first used here"));
                return false;
            }
            ids.insert(id.clone(), at);
            true
        });
        let primary = run.primary_window_id.as_ref();
        let is_primary = is_new && primary.is_some() && primary == window.window_id.get();
        let range = range(value, &window, ticks, is_primary, problems);
        let streams = streams(document, window.streams.as_ref(), problems);
        // A window without an id was told, and there will be no plan.
        if let Some(window_id) = id {
            let apx_name = window.apx_name.get().map(|Name(name)| name.clone());
            let window = Window {
                window_id,
                apx_name: apx_name.unwrap_or_default(),
                ticks: range,
                primary: false,
                streams,
            };
            windows.push((window, value));
        }
    });
    windows
}

/// A window's ticks, checked to be a range of the run.
fn range(
    value: Value<'_>,
    window: &WindowDocument,
    ticks: Option<u64>,
    is_primary: bool,
    problems: &mut Problems,
) -> RangeInclusive<u64> {
    let tick = |tick: &Given<Int>| tick.get().map(|Int(tick)| *tick);
    let (start, end) = (tick(&window.start_tick), tick(&window.end_tick));
    let range = count(start.unwrap_or(0))..=count(end.unwrap_or(0));
    let field = |key: &str| value.field(key).unwrap_or(value);
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let message = format!("the window ends at tick {end}, before its start {start}");
        let draft = Draft::on(field("end_tick"), Code::WindowReversed, message)
            .expected(format!("a tick from {start} on"));
        problems.add_on(value, draft.related(field("start_tick"), "it starts here"));
        return range;
    }
    let legal = ticks.map_or("from 1 on".to_owned(), |ticks| format!("from 1 to {ticks}"));
    let mut outside = |key: &str, tick: i64| {
        let message = match ticks {
            Some(ticks) if tick > 0 => {
                format!("tick {tick} is after the last tick, {ticks}")
            }
            _ => format!("tick {tick} is before the first tick, 1"),
        };
        let code = Code::WindowOutside;
        let mut draft = Draft::on(field(key), code, message).expected(format!("a tick {legal}"));
        if let (Some(ticks), true) = (value.document().root().field("ticks"), tick > 0) {
            draft = draft.related(ticks, "the run's length");
        }
        if tick == 0 {
            draft = draft.help("tick 0 is the initial state; the first tick is 1");
        }
        problems.add_on(value, draft);
    };
    let is_inside = |tick: i64| tick >= 1 && ticks.is_none_or(|ticks| count(tick) <= ticks);
    for (key, tick) in [("start_tick", start), ("end_tick", end)] {
        if let Some(tick) = tick.filter(|tick| !is_inside(*tick)) {
            outside(key, tick);
        }
    }
    if let (Some(start), Some(end), Some(ticks)) = (start, end, ticks)
        && is_primary
        && is_inside(start)
        && is_inside(end)
    {
        primary_gap(value, start, end, ticks, problems);
    }
    range
}

/// The primary window covers every tick.
fn primary_gap(value: Value<'_>, start: i64, end: i64, ticks: u64, problems: &mut Problems) {
    let field = |key: &str| value.field(key).unwrap_or(value);
    let mut gap = |key: &str, first: u64, last: u64, expected: u64| {
        let range = if first == last {
            format!("tick {first} is")
        } else {
            format!("ticks {first} to {last} are")
        };
        let message = format!("{range} in no primary window");
        let mut draft = Draft::on(field(key), Code::WindowGap, message)
            .expected(expected.to_string())
            .help(format!("let the primary window run from 1 to {ticks}"))
            .help(
                "or write `window_every` instead of `primary_window_id`: windows that tile the run",
            );
        if let Some(primary) = value.document().root().field("primary_window_id") {
            draft = draft.related(primary, "this window is the primary one");
        }
        problems.add_on(value, draft);
    };
    if start > 1 {
        gap("start_tick", 1, count(start - 1), 1);
    }
    if count(end) < ticks {
        gap("end_tick", count(end) + 1, ticks, ticks);
    }
}

fn streams(
    document: &Document,
    list: Option<&List<StreamDocument>>,
    problems: &mut Problems,
) -> Vec<StreamPlan> {
    let Some(list) = list.filter(|list| list.len() > 0) else {
        return defaults::streams();
    };
    if list.len() > STREAMS_MAX {
        over_limit(
            list.value(document),
            "streams of a window",
            list.len(),
            STREAMS_MAX,
            problems,
        );
        return Vec::new();
    }
    let mut streams = Vec::new();
    let mut names: BTreeMap<String, Value<'_>> = BTreeMap::new();
    list.each(document, problems, |value, stream, problems| {
        let Some(stream) = stream else { return };
        let at = value.field("name").unwrap_or(value);
        let name = stream.name.get().map(|Name(name)| name.clone());
        if let Some(name) = &name {
            if let Some(first) = names.get(name) {
                let message = format!("the stream name `{name}` is used twice");
                let draft = Draft::on(at, Code::DuplicateStream, message);
                problems.add_on(at, draft.related(*first, "first used here"));
            } else {
                names.insert(name.clone(), at);
            }
        }
        if let (Some(name), Some(source)) = (name, stream.source.get()) {
            streams.push(StreamPlan {
                name,
                source: *source,
                hint: stream.scheme_hint,
                description: stream.description.map(|text| text.0).unwrap_or_default(),
            });
        }
    });
    streams
}

/// The primary windows: the one that is named, taken out of the configured ones, or those that
/// tile the run.
fn primaries(
    document: &Document,
    run: &RunConfig,
    ticks: Option<u64>,
    configured: &mut Vec<(Window, Value<'_>)>,
    problems: &mut Problems,
) -> Option<Vec<Window>> {
    let root = document.root();
    match (root.field("primary_window_id"), root.field("window_every")) {
        (Some(named), Some(every)) => {
            let message = "`primary_window_id` and `window_every` exclude one another";
            let draft = Draft::on_key(every, Code::ExclusiveFields, message)
                .help("keep `primary_window_id` for one primary window, `window_every` for many");
            let span = named.key_span().unwrap_or_else(|| named.span());
            problems.add_on(
                every,
                draft.related_at(document.source(), span, "the other one"),
            );
            None
        }
        (None, None) => {
            let message = "the run has no primary window";
            let draft = Draft::on(root, Code::OneOfFields, message)
                .expected("`primary_window_id` or `window_every`")
                .help("add `primary_window_id`: the id of the window that covers the whole run")
                .help("or add `window_every`: the length in ticks of windows that tile the run");
            problems.add_on(root, draft);
            None
        }
        (Some(_), None) => {
            let id = &run.primary_window_id.as_ref()?.0;
            if let Some(at) = configured
                .iter()
                .position(|(window, _)| window.window_id == *id)
            {
                let (mut window, _) = configured.remove(at);
                window.primary = true;
                return Some(vec![window]);
            }
            no_such_window(root, id, configured, problems);
            None
        }
        (None, Some(value)) => {
            let every = count(run.window_every?.0);
            let additional = run.windows.as_ref().map_or(0, List::len);
            tiling(value, run, every, ticks?, additional, configured, problems)
        }
    }
}

fn no_such_window(
    root: Value<'_>,
    id: &str,
    configured: &[(Window, Value<'_>)],
    problems: &mut Problems,
) {
    let value = root.field("primary_window_id").unwrap_or(root);
    // A window that is there and has problems of its own is not missing.
    let listed = root.field("windows").into_iter().flat_map(Value::children);
    let mut ids = listed.filter_map(|window| window.field("window_id"));
    if ids.any(|listed| listed.text() == id) {
        return;
    }
    let ids: Vec<&str> = configured
        .iter()
        .map(|(window, _)| window.window_id.as_str())
        .collect();
    let message = format!("there is no window `{}`", shortened(id));
    let help = match (nearest(id, ids.iter().copied()), ids.len()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, 0) => "add it to `windows`, or write `window_every` instead".to_owned(),
        (None, 1) => format!("the only window is {}", list_of(ids, "and")),
        (None, 2..=8) => format!("the windows are {}", list_of(ids, "and")),
        (None, _) => "write the `window_id` of one of the windows".to_owned(),
    };
    problems.add_on(
        value,
        Draft::on(value, Code::NoSuchWindow, message).help(help),
    );
}

/// Windows of `every` ticks from tick 1 on, the last as short as it must be.
fn tiling(
    value: Value<'_>,
    run: &RunConfig,
    every: u64,
    ticks: u64,
    additional: u64,
    configured: &[(Window, Value<'_>)],
    problems: &mut Problems,
) -> Option<Vec<Window>> {
    let gid = &run.gid.get()?.0;
    let total = ticks.div_ceil(every.max(1));
    if total.saturating_add(additional) > WINDOWS_MAX {
        over_limit(
            value,
            "windows",
            total.saturating_add(additional),
            WINDOWS_MAX,
            problems,
        );
        return None;
    }
    let mut windows = Vec::with_capacity(usize::try_from(total).ok()?);
    for number in 1..=total {
        let start = (number - 1) * every + 1;
        let end = number.saturating_mul(every).min(ticks);
        windows.push(Window {
            window_id: format!("{gid}_W{number}_ticks_{start}_{end}"),
            apx_name: format!("{gid}_APX_v0_ticks_{start}_{end}"),
            ticks: start..=end,
            primary: true,
            streams: defaults::streams(),
        });
    }
    let longest = windows
        .last()
        .map(|window| window.window_id.len().max(window.apx_name.len()));
    if longest.is_some_and(|longest| longest > NAME_CHARS_MAX) {
        let message = "the gid is too long for the names of the windows that `window_every` makes";
        let gid = value.document().root().field("gid").unwrap_or(value);
        problems.add_on(gid, Draft::on(gid, Code::GeneratedName, message));
    }
    // The generated ids say their number, so the few configured ones are looked up by it.
    for (window, at) in configured {
        let id = &window.window_id;
        let rest = id
            .strip_prefix(gid.as_str())
            .and_then(|rest| rest.strip_prefix("_W"));
        let number = rest.and_then(|rest| rest.split('_').next()?.parse::<usize>().ok());
        let made = number.and_then(|number| windows.get(number.checked_sub(1)?));
        if made.is_some_and(|made| made.window_id == *id) {
            let at = at.field("window_id").unwrap_or(*at);
            let message = format!("the window id `{id}` is one that `window_every` makes");
            let draft = Draft::on(at, Code::DuplicateWindow, message);
            problems.add_on(at, draft.related(value, "windows are made here"));
        }
    }
    Some(windows)
}
