//! Single changes of a case: of one input, or of one line of a rule.

use super::grammars::GRAMMARS;
use crate::oracle::{Case, Entry, Int, Primary, Rules, Scheme, StRule};

/// What a change is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    /// One value of the documents, and what follows from it in them.
    Input,
    /// One line of a rule: what the rules are called whose values it changes directly.
    Rule(&'static [&'static str]),
}

/// How many kinds of change there are.
pub(super) const KINDS: usize = INPUTS.len() + RULES.len();

/// And with those of a grammar.
pub(super) const ALL_KINDS: usize = KINDS + GRAMMARS.len();

/// A change of an input, by a number that says which of several; false if there is none to change.
pub(super) type Change = fn(&mut Case, usize, i64) -> bool;

/// The element that a number says.
fn some<T>(all: &mut [T], number: usize) -> Option<&mut T> {
    let count = all.len();
    all.get_mut(number.checked_rem(count)?)
}

macro_rules! on {
    ($element:expr, $change:expr) => {
        match $element {
            Some(element) => {
                $change(element);
                true
            }
            None => false,
        }
    };
}

const INPUTS: [(&str, Change); 26] = [
    ("k of an edge", |case, at, by| {
        on!(
            some(&mut case.topology.edges, at),
            |edge: &mut crate::oracle::Edge| edge.k += by
        )
    }),
    ("cap of an edge", |case, at, by| {
        on!(
            some(&mut case.topology.edges, at),
            |edge: &mut crate::oracle::Edge| {
                edge.cap = if edge.cap > 20 { by } else { edge.cap + by };
            }
        )
    }),
    ("c of an edge", |case, at, by| {
        on!(
            some(&mut case.topology.edges, at),
            |edge: &mut crate::oracle::Edge| {
                edge.c = Some(edge.c.unwrap_or(0) + by);
            }
        )
    }),
    ("start of an edge", |case, at, _| end_moved(case, at, true)),
    ("end of an edge", |case, at, _| end_moved(case, at, false)),
    ("an additional edge", |case, at, by| {
        let Some(mut edge) = some(&mut case.topology.edges, at).cloned() else {
            return false;
        };
        edge.k = by;
        case.topology.edges.push(edge);
        true
    }),
    ("an initial value", |case, at, by| {
        on!(some(&mut case.run.initial_state, at), |value: &mut i64| {
            *value += by;
        })
    }),
    ("a value of an input", |case, at, by| {
        let Some(entry) = entry(case, at) else {
            return false;
        };
        on!(some(&mut entry.values, at / 3), |value: &mut i64| *value +=
            by)
    }),
    ("the id of an input", |case, at, _| {
        on!(entry(case, at), |entry: &mut Entry| entry.pfna_id.push('z'))
    }),
    ("the tick of an input", |case, at, by| {
        let ticks = case.run.ticks;
        on!(entry(case, at), |entry: &mut Entry| {
            entry.tick = (entry.tick + by.unsigned_abs()) % (ticks + 1);
            entry.pfna_id.push('z');
        })
    }),
    ("whether inputs are applied", |case, _, _| {
        case.run.enable_pfna = !case.run.enable_pfna && case.pfna.is_some();
        case.pfna.is_some()
    }),
    ("C0", |case, _, by| {
        case.profile.c0 += by;
        true
    }),
    ("M", |case, _, by| {
        case.profile.modulus = case.profile.modulus.saturating_sub(by).max(1);
        true
    }),
    ("a", |case, _, by| {
        let (a, b) = case.profile.constants.unwrap_or((17, 23));
        case.profile.constants = Some((a / 2 + by, b));
        true
    }),
    ("b", |case, _, by| {
        let (a, b) = case.profile.constants.unwrap_or((17, 23));
        case.profile.constants = Some((a, b / 2 + by));
        true
    }),
    ("b1 or b0", |case, at, by| {
        let (b1, b0) = case.profile.check.unwrap_or((240_787_124, 571_912_118));
        case.profile.check = Some(match at % 2 {
            0 => (b1 / 2 + by, b0),
            _ => (b1, b0 / 2 + by),
        });
        true
    }),
    ("SC", |case, _, by| {
        case.topology.sc += by;
        case.profile.sc = case.topology.sc;
        true
    }),
    ("W", |case, _, by| {
        let spacing = case.run.loom_w.unwrap_or(case.profile.spacing);
        case.run.loom_w = Some(spacing + by.unsigned_abs());
        true
    }),
    ("the s_t rule", |case, _, by| {
        case.profile.s_t = match &case.profile.s_t {
            StRule::PrimeWeighted => StRule::Constant(by),
            StRule::Constant(value) => StRule::Constant(value / 2 + by),
            StRule::Gf01Constant(_) => StRule::PrimeWeighted,
            StRule::SumAbsFlux {
                offset,
                scale,
                max_value,
            } => StRule::SumAbsFlux {
                offset: Some(offset.unwrap_or(0) + by),
                scale: *scale,
                max_value: *max_value,
            },
        };
        true
    }),
    ("the preferred schemes", |case, _, _| {
        case.profile.preferred = Some(vec![Scheme::Id, Scheme::Gr, Scheme::R]);
        true
    }),
    ("the length of windows", |case, _, by| {
        match &mut case.run.primary {
            Primary::Every(every) => {
                *every += by.unsigned_abs();
                true
            }
            Primary::Window(_) => false,
        }
    }),
    ("the start of a window", |case, at, _| {
        bound_moved(case, at, true)
    }),
    ("the end of a window", |case, at, _| {
        bound_moved(case, at, false)
    }),
    ("the number of ticks", |case, _, by| {
        let longest = case.run.windows.iter().map(|window| window.end).max();
        let is_tiled = matches!(case.run.primary, Primary::Every(_));
        case.run.ticks += by.unsigned_abs() % 4 + 1;
        longest.is_none_or(|end| end < case.run.ticks) && is_tiled
    }),
    ("whether the Codex observes", |case, _, _| {
        case.run.codex = !case.run.codex;
        true
    }),
    ("the profile's name", |case, _, _| {
        case.profile.name.push('z');
        true
    }),
];

/// Moves an end of an edge to another node.
fn end_moved(case: &mut Case, at: usize, is_start: bool) -> bool {
    let nodes = case.topology.nodes;
    if nodes < 3 {
        return false;
    }
    on!(
        some(&mut case.topology.edges, at),
        |edge: &mut crate::oracle::Edge| {
            let free = |node: &usize| *node != edge.i && *node != edge.j;
            let moved = (0..nodes).map(|step| (at + step) % nodes + 1).find(free);
            let moved = moved.expect("of three nodes, one is free");
            if is_start {
                edge.i = moved;
            } else {
                edge.j = moved;
            }
        }
    )
}

/// Moves a bound of a window that is not the primary one.
fn bound_moved(case: &mut Case, at: usize, is_start: bool) -> bool {
    let primary = match &case.run.primary {
        Primary::Window(id) => id.clone(),
        Primary::Every(_) => String::new(),
    };
    let ticks = case.run.ticks;
    let windows = case.run.windows.iter_mut();
    let mut windows: Vec<_> = windows.filter(|window| window.id != primary).collect();
    let Some(window) = some(&mut windows, at) else {
        return false;
    };
    if is_start {
        window.start = 1 + (window.start + at as u64) % window.end;
    } else {
        window.end = window.start + (window.end + at as u64) % (ticks - window.start + 1);
    }
    true
}

fn entry(case: &mut Case, at: usize) -> Option<&mut Entry> {
    some(case.pfna.as_mut()?, at)
}

/// A line of a rule, changed.
type Line = fn(&mut Rules);

const RULES: [(&str, Line, &[&str]); 11] = [
    (
        "raw is rounded up",
        |rules| rules.raw = |size, k, sc| (size * k + sc - 1) / sc,
        &["ledgers.edges.raw"],
    ),
    (
        "raw by SC + 1",
        |rules| rules.raw = |size, k, sc| size * k / (sc + 1),
        &["ledgers.edges.raw"],
    ),
    (
        "caps do not bind",
        |rules| rules.moved = |raw, _, size| raw.min(size),
        &["ledgers.edges.f_e"],
    ),
    (
        "half moves",
        |rules| rules.moved = |raw, cap, size| raw.min(cap).min(size / 2),
        &["ledgers.edges.f_e"],
    ),
    (
        "weights are one more",
        |rules| rules.weight = |prime| prime + 1,
        &["p_blocks.s_t"],
    ),
    (
        "seq is doubled",
        |rules| rules.seq = |tick| tick * 2,
        &["p_blocks.C_t"],
    ),
    (
        "checkpoints come early",
        |rules| rules.is_checkpoint = |tick, spacing| tick % spacing == 1,
        &["i_blocks", "u_ledger.meta.i_block_hash", "metrics.i_blocks"],
    ),
    (
        "checks are one more",
        |rules| rules.check = |head, b1, b0| head * b1 + b0 + 1,
        &["manifests.manifest_check"],
    ),
    (
        "checks without b0",
        |rules| rules.check = |head, b1, _| head * b1,
        &["manifests.manifest_check"],
    ),
    (
        "DATA envelopes count from 2",
        |rules| rules.data_seq = |tick| tick + 1,
        &[
            "envelopes",
            "u_ledger.nap_envelope_hash",
            "scenes.nap_envelope_ref",
        ],
    ),
    (
        "fewer proposals",
        |rules| rules.is_proposed = |delta| *delta <= Int::from(-400),
        &["codex_proposals"],
    ),
];

/// A case with a change of a kind; `None` if it has nothing of the kind.
pub(super) fn planted(case: &Case, kind: u64, seed: u64) -> Option<(&'static str, Case, Effect)> {
    let mut changed = case.clone();
    let kind = usize::try_from(kind).expect("a kind");
    if let Some((name, change)) = INPUTS.get(kind) {
        let at = usize::try_from(seed >> 40).expect("24 bits");
        let by = i64::try_from(seed >> 8 & 7).expect("3 bits") + 1;
        return change(&mut changed, at, by).then_some((name, changed, Effect::Input));
    }
    if let Some((name, change)) = kind.checked_sub(KINDS).map(|kind| GRAMMARS[kind]) {
        let at = usize::try_from(seed >> 40).expect("24 bits");
        let by = i64::try_from(seed >> 8 & 7).expect("3 bits") + 1;
        return change(&mut changed, at, by).then_some((name, changed, Effect::Input));
    }
    let (name, change, expected) = &RULES[kind - INPUTS.len()];
    change(&mut changed.rules);
    Some((name, changed, Effect::Rule(expected)))
}
