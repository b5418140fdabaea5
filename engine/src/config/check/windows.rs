//! Checks windows: primary windows tile the run, and additional windows are inside it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::super::decode::{Given, Int, List, Name, list_of, nearest};
use super::super::defaults;
use super::super::documents::{RunConfig, StreamDocument, WindowDocument};
use super::super::limits::{NAME_CHARS_MAX, STREAMS_MAX, WINDOWS_MAX};
use super::super::plan::{StreamPlan, Window};
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, Value, shortened};
use super::{count, field_or, over_limit, value_at};

/// All windows, the primary ones first; `ticks` is the run's length, if it is known.
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

/// The windows of the document, each with the value of its id. None is marked as primary yet.
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
        let at = field_or(value, window.places.window_id);
        let is_new = id.as_ref().is_none_or(|id| {
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
        let ticks = range(value, &window, run, ticks, is_primary, problems);
        let streams = streams(document, window.streams.as_ref(), problems);
        // The problems of a window without these were reported, and there will be no plan.
        let apx_name = window.apx_name.get().map(|Name(name)| name.clone());
        if let (Some(window_id), Some(apx_name), Some(ticks)) = (id, apx_name, ticks) {
            let window = Window {
                window_id,
                apx_name,
                ticks,
                primary: false,
                streams,
                aeon_window_id: window.aeon_window_id.map(|Name(id)| id),
            };
            windows.push((window, at));
        }
    });
    windows
}

/// A window's ticks, checked to be a range of the run; `None` if they are not ticks.
fn range(
    value: Value<'_>,
    window: &WindowDocument,
    run: &RunConfig,
    ticks: Option<u64>,
    is_primary: bool,
    problems: &mut Problems,
) -> Option<RangeInclusive<u64>> {
    let tick = |tick: &Given<Int>| tick.get().map(|Int(tick)| *tick);
    let (start, end) = (tick(&window.start_tick), tick(&window.end_tick));
    let as_tick = |tick: Option<i64>| u64::try_from(tick?).ok();
    let range = as_tick(start)
        .zip(as_tick(end))
        .map(|(start, end)| start..=end);
    let start_at = field_or(value, window.places.start_tick);
    let end_at = field_or(value, window.places.end_tick);
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let message = format!("the window ends at tick {end}, before its start {start}");
        let draft = Draft::on(end_at, Code::WindowReversed, message)
            .expected(format!("a tick from {start} on"));
        problems.add_on(value, draft.related(start_at, "it starts here"));
        return range;
    }
    let legal = ticks.map_or("from 1 on".to_owned(), |ticks| format!("from 1 to {ticks}"));
    let mut outside = |at: Value<'_>, tick: i64| {
        let message = match ticks {
            Some(ticks) if tick > 0 => {
                format!("tick {tick} is after the last tick, {ticks}")
            }
            _ => format!("tick {tick} is before the first tick, 1"),
        };
        let code = Code::WindowOutside;
        let mut draft = Draft::on(at, code, message).expected(format!("a tick {legal}"));
        let length = value_at(value.document(), run.places.ticks);
        if let (Some(ticks), true) = (length, tick > 0) {
            draft = draft.related(ticks, "the run's length");
        }
        if tick == 0 {
            draft = draft.help("tick 0 is the initial state; the first tick is 1");
        }
        problems.add_on(value, draft);
    };
    let is_inside = |tick: i64| tick >= 1 && ticks.is_none_or(|ticks| count(tick) <= ticks);
    for (at, tick) in [(start_at, start), (end_at, end)] {
        if let Some(tick) = tick.filter(|tick| !is_inside(*tick)) {
            outside(at, tick);
        }
    }
    if let (Some(start), Some(end), Some(ticks)) = (start, end, ticks)
        && is_primary
        && is_inside(start)
        && is_inside(end)
    {
        let primary = value_at(value.document(), run.places.primary_window_id);
        primary_gap((start_at, start), (end_at, end), (ticks, primary), problems);
    }
    range
}

/// Checks that the primary window covers every tick. In a run of 10 ticks, a primary window of
/// ticks 3 to 10 is a problem at its start tick: ticks 1 to 2 are in no primary window.
fn primary_gap(
    (start_at, start): (Value<'_>, i64),
    (end_at, end): (Value<'_>, i64),
    (ticks, primary): (u64, Option<Value<'_>>),
    problems: &mut Problems,
) {
    let mut gap = |at: Value<'_>, first: u64, last: u64, expected: u64| {
        let range = if first == last {
            format!("tick {first} is")
        } else {
            format!("ticks {first} to {last} are")
        };
        let message = format!("{range} in no primary window");
        let mut draft = Draft::on(at, Code::WindowGap, message)
            .expected(expected.to_string())
            .help(format!("let the primary window run from 1 to {ticks}"))
            .help(
                "or write `window_every` instead of `primary_window_id`: windows that tile the run",
            );
        if let Some(primary) = primary {
            draft = draft.related(primary, "this window is the primary one");
        }
        problems.add_on(at, draft);
    };
    if start > 1 {
        gap(start_at, 1, count(start - 1), 1);
    }
    if count(end) < ticks {
        gap(end_at, count(end) + 1, ticks, ticks);
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
        let at = field_or(value, stream.places.name);
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
                description: stream.description.map_or_else(String::new, |text| text.0),
            });
        }
    });
    streams
}

/// The primary windows: the named one, which is removed from the configured windows, or the
/// generated ones that tile the run.
fn primaries(
    document: &Document,
    run: &RunConfig,
    ticks: Option<u64>,
    configured: &mut Vec<(Window, Value<'_>)>,
    problems: &mut Problems,
) -> Option<Vec<Window>> {
    let root = document.root();
    let named = value_at(document, run.places.primary_window_id);
    let every = value_at(document, run.places.window_every);
    match (named, every) {
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
        (Some(named), None) => {
            let id = &run.primary_window_id.as_ref()?.0;
            if let Some(at) = configured
                .iter()
                .position(|(window, _)| window.window_id == *id)
            {
                let (mut window, _) = configured.remove(at);
                window.primary = true;
                return Some(vec![window]);
            }
            no_such_window(named, run, id, configured, problems);
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
    value: Value<'_>,
    run: &RunConfig,
    id: &str,
    configured: &[(Window, Value<'_>)],
    problems: &mut Problems,
) {
    // A window that exists but has problems is not missing.
    let (document, mut is_listed) = (value.document(), false);
    if let Some(list) = &run.windows {
        // The problems of the windows were reported when they were checked.
        list.each(document, &mut Problems::default(), |_, window, _| {
            let place = window.and_then(|window| window.places.window_id);
            is_listed |= value_at(document, place).is_some_and(|listed| listed.text() == id);
        });
    }
    if is_listed {
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

/// The id and the APX name of a window that tiles a run, by its number from 1.
pub(crate) fn generated_names(gid: &str, number: u64, start: u64, end: u64) -> (String, String) {
    let id = format!("{gid}_W{number}_ticks_{start}_{end}");
    (id, format!("{gid}_APX_v0_ticks_{start}_{end}"))
}

/// Windows of `every` ticks from tick 1 on; the last may be shorter. Ten ticks with `every` 4 give
/// 1–4, 5–8 and 9–10.
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
    let window_count = usize::try_from(total).expect("at most WINDOWS_MAX windows");
    let mut windows = Vec::with_capacity(window_count);
    for number in 1..=total {
        let start = (number - 1) * every + 1;
        let end = number.saturating_mul(every).min(ticks);
        let (window_id, apx_name) = generated_names(gid, number, start, end);
        windows.push(Window {
            window_id,
            apx_name,
            ticks: start..=end,
            primary: true,
            streams: defaults::streams(),
            aeon_window_id: None,
        });
    }
    let longest = windows
        .last()
        .map(|window| window.window_id.len().max(window.apx_name.len()));
    if longest.is_some_and(|longest| longest > NAME_CHARS_MAX) {
        let message = "the gid is too long for the names of the windows that `window_every` makes";
        let gid = field_or(value, run.places.gid);
        problems.add_on(gid, Draft::on(gid, Code::GeneratedName, message));
    }
    // Generated ids contain their number, so the few configured ids can be looked up by it.
    for (window, at) in configured {
        let id = &window.window_id;
        let rest = id
            .strip_prefix(gid.as_str())
            .and_then(|rest| rest.strip_prefix("_W"));
        let number = rest.and_then(|rest| rest.split('_').next()?.parse::<usize>().ok());
        let made = number.and_then(|number| windows.get(number.checked_sub(1)?));
        if made.is_some_and(|made| made.window_id == *id) {
            let message = format!("the window id `{id}` is one that `window_every` makes");
            let draft = Draft::on(*at, Code::DuplicateWindow, message);
            problems.add_on(*at, draft.related(value, "windows are made here"));
        }
    }
    Some(windows)
}
