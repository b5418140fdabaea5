//! Single changes of a case's grammar of AEON windows, or of its descriptors. One that makes the
//! documents invalid is not a change of the run.

use super::plants::Change;
use crate::oracle::{Case, Json, int, text};

pub(super) const GRAMMARS: [(&str, Change); 13] = [
    ("the first tick of an AEON window", |case, at, by| {
        number_of(base(case, at), "tick_start", by % 3 - 1)
    }),
    ("the last tick of an AEON window", |case, at, by| {
        number_of(base(case, at), "tick_end", if by % 2 == 0 { 1 } else { -1 })
    }),
    ("what an AEON window stands for", |case, at, _| {
        remove(window(case, at), "press_window_id")
    }),
    ("the parent of an AEON window", |case, at, _| {
        remove(window(case, at), "parent_id")
    }),
    ("the labels of an AEON window", |case, at, _| {
        put(window(case, at), "labels", |_| {
            Json::List(vec![text("new")])
        })
    }),
    ("the sources of an AEON window", |case, at, _| {
        let Some(Json::List(sources)) = member(derived(case, at), "source_ids") else {
            return false;
        };
        sources.reverse();
        if at % 2 == 0 {
            sources.pop();
        }
        true
    }),
    ("how an AEON window is made", |case, at, by| {
        let all = ["union", "concat", "sum", "aggregate"];
        let made = all[usize::try_from(by).expect("1 to 8") % all.len()];
        put(derived(case, at), "aggregation", |_| text(made))
    }),
    ("a number of a model", |case, at, by| {
        let params = member(descriptor(case, at), "params");
        let Some(Json::Object(params)) = params else {
            return false;
        };
        let count = params.len();
        let Some(number) = params.values_mut().nth(at % count.max(1)) else {
            return false;
        };
        moved(number, by)
    }),
    ("the length of a pattern", |case, at, by| {
        let params = member(descriptor(case, at), "params");
        let Some(Json::List(pattern)) = member(params, "pattern") else {
            return false;
        };
        pattern.push(int(by));
        true
    }),
    ("the id of a descriptor", |case, at, _| {
        put(descriptor(case, at), "descriptor_id", |id| {
            text(format!("{}z", id.map_or("", Json::str)))
        })
    }),
    ("a descriptor less", |case, at, _| {
        let Some(Json::List(all)) = member(apxi(case), "descriptors") else {
            return false;
        };
        let at = at % all.len().max(1);
        let is_there = at < all.len();
        if is_there {
            all.remove(at);
        }
        is_there
    }),
    ("the scheme of residuals", |case, at, _| {
        put(apxi(case), "residual_scheme", |_| {
            text(["ID", "R", "GR"][at % 3])
        })
    }),
    ("whether descriptors are looked for", |case, _, _| {
        let flip = |old: Option<&Json>| Json::Bool(old != Some(&Json::Bool(true)));
        put(apxi(case), "discover", flip)
    }),
];

fn member<'j>(value: Option<&'j mut Json>, name: &str) -> Option<&'j mut Json> {
    match value? {
        Json::Object(members) => members.get_mut(name),
        _ => None,
    }
}

fn nth(group: Option<&mut Json>, at: usize) -> Option<&mut Json> {
    match group? {
        Json::Object(windows) => {
            let count = windows.len().max(1);
            windows.values_mut().nth(at % count)
        }
        Json::List(elements) => {
            let count = elements.len().max(1);
            elements.get_mut(at % count)
        }
        _ => None,
    }
}

fn base(case: &mut Case, at: usize) -> Option<&mut Json> {
    nth(
        member(Some(&mut case.aeon.as_mut()?.grammar), "base_windows"),
        at,
    )
}

fn derived(case: &mut Case, at: usize) -> Option<&mut Json> {
    nth(
        member(Some(&mut case.aeon.as_mut()?.grammar), "derived_windows"),
        at,
    )
}

fn window(case: &mut Case, at: usize) -> Option<&mut Json> {
    match at % 2 {
        0 => base(case, at / 2),
        _ => derived(case, at / 2),
    }
}

fn apxi(case: &mut Case) -> Option<&mut Json> {
    case.aeon.as_mut()?.apxi.as_mut()
}

fn descriptor(case: &mut Case, at: usize) -> Option<&mut Json> {
    nth(member(apxi(case), "descriptors"), at)
}

fn put(value: Option<&mut Json>, name: &str, new: impl Fn(Option<&Json>) -> Json) -> bool {
    let Some(value) = value else { return false };
    let new = new(value.optional(name));
    value.insert(name, new);
    true
}

fn remove(value: Option<&mut Json>, name: &str) -> bool {
    value.is_some_and(|value| match value {
        Json::Object(members) => members.remove(name).is_some(),
        _ => false,
    })
}

fn number_of(value: Option<&mut Json>, name: &str, by: i64) -> bool {
    member(value, name).is_some_and(|number| moved(number, by))
}

/// Changes a number, or the first one of a list.
fn moved(number: &mut Json, by: i64) -> bool {
    match number {
        Json::Number(_) => {
            *number = int(number.number().saturating_sub(by));
            true
        }
        Json::List(all) => all.first_mut().is_some_and(|first| moved(first, by)),
        _ => false,
    }
}
