//! Tests of overflow: one row for each operation that can leave i64, with near misses beside it.

use super::{calm, check, complete, overflow};
use crate::oracle::{
    Case, Entry, Primary, Scheme, Source, StRule, Stream, Window, line, plain, star,
};

const MAX: i64 = i64::MAX;
const MIN: i64 = i64::MIN;
const HUGE: i64 = 1 << 62;

fn entry(pfna_id: &str, tick: u64, values: &[i64]) -> Entry {
    Entry {
        pfna_id: pfna_id.to_owned(),
        tick,
        values: values.to_vec(),
        description: None,
    }
}

/// Two nodes without an edge, with inputs.
fn fed(state: [i64; 2], entries: Vec<Entry>) -> Case {
    let mut case = calm(plain(&state, &[], 0, 0, 4));
    case.run.enable_pfna = true;
    case.pfna = Some(entries);
    case
}

#[test]
fn inputs() {
    check(vec![
        overflow(
            "tick 0",
            fed([0, MAX], vec![entry("a", 0, &[0, 1])]),
            "input",
            0,
            2,
        ),
        overflow(
            "tick 3",
            fed([MIN, 0], vec![entry("a", 3, &[-1, 0])]),
            "input",
            3,
            1,
        ),
        overflow(
            "tick 0, though tick 1 would bring it back",
            fed(
                [MAX, 0],
                vec![entry("a", 0, &[1, 0]), entry("b", 1, &[-1, 0])],
            ),
            "input",
            0,
            1,
        ),
        overflow(
            "the lower of two nodes",
            fed([MAX, MIN], vec![entry("a", 2, &[1, -1])]),
            "input",
            2,
            1,
        ),
        complete(
            "partial sums of one tick may leave",
            fed(
                [MAX, MIN],
                vec![
                    entry("a", 2, &[MAX, MIN]),
                    entry("b", 2, &[-MAX, MAX]),
                    entry("c", 2, &[0, 1]),
                ],
            ),
            &[("ledgers.1.pre_u.0", MAX), ("ledgers.1.sum_pre_u", -1)],
        ),
        complete(
            "the whole of i64 in one value",
            fed([-1, 0], vec![entry("a", 1, &[MIN + 1, MAX])]),
            &[("ledgers.0.pre_u.0", MIN), ("ledgers.0.pre_u.1", MAX)],
        ),
    ]);
}

#[test]
fn edges() {
    let two = |a, b, k, cap| calm(plain(&[a, b], &line(2), k, cap, 1));
    let scaled = |mut case: Case, sc| {
        case.topology.sc = sc;
        case.profile.sc = sc;
        case
    };
    let mut both = calm(plain(&[HUGE, 0, MAX, -2], &[(1, 2), (3, 4)], 64, 0, 1));
    both.topology.edges[1].k = 0;
    check(vec![
        overflow("du above", two(MAX, -1, 1, 1), "du", 1, 1),
        overflow("du below", two(MIN, 1, 0, 0), "du", 1, 1),
        overflow(
            "du of a later edge goes before raw of an earlier one",
            both,
            "du",
            1,
            2,
        ),
        complete(
            "du may be the least i64",
            two(-HUGE, HUGE, 16, 5),
            &[
                ("ledgers.0.edges.0.du", MIN),
                ("ledgers.0.edges.0.raw", HUGE),
                ("ledgers.0.edges.0.f_e", -5),
            ],
        ),
        overflow("raw under a cap of 0", two(HUGE, 0, 64, 0), "raw", 1, 1),
        overflow(
            "raw of the least du",
            scaled(two(-HUGE, HUGE, 1, 0), 1),
            "raw",
            1,
            1,
        ),
        complete(
            "raw of the greatest du",
            scaled(two(MAX, 0, 1, MAX), 1),
            &[("ledgers.0.edges.0.raw", MAX), ("ledgers.0.post_u.1", MAX)],
        ),
        complete(
            "a product beyond i64 whose quotient fits",
            two(1 << 40, 0, 1 << 27, 7),
            &[
                ("ledgers.0.edges.0.raw", 1 << 62),
                ("ledgers.0.edges.0.f_e", 7),
            ],
        ),
        complete(
            "a product beyond u64 whose quotient fits, rounded down",
            scaled(two(MAX, 0, 999, MAX), 1000),
            &[("ledgers.0.edges.0.raw", 9_214_148_664_817_921_031)],
        ),
        overflow(
            "raw of the first of two",
            calm(plain(&[HUGE, 0, HUGE], &[(1, 2), (3, 2)], 64, 0, 1)),
            "raw",
            1,
            1,
        ),
    ]);
}

/// k and SC of 1, so that no product is large.
fn small_steps(state: &[i64], ends: &[(usize, usize)]) -> Case {
    let mut case = calm(plain(state, ends, 1, MAX, 1));
    case.topology.sc = 1;
    case.profile.sc = 1;
    case
}

#[test]
fn posts_and_sums() {
    let into_hub = [(2, 1), (3, 1), (4, 1)];
    let swing = [(1, 2), (1, 3), (1, 4), (5, 1), (6, 1), (7, 1)];
    check(vec![
        overflow(
            "a hub that is filled",
            calm(plain(
                &[0, HUGE, HUGE, HUGE, -HUGE, -HUGE],
                &into_hub,
                32,
                MAX,
                1,
            )),
            "post",
            1,
            1,
        ),
        overflow(
            "the lower of two nodes",
            calm(plain(
                &[0, 0, HUGE, HUGE, HUGE],
                &[(3, 2), (4, 2), (5, 2), (3, 1), (4, 1), (5, 1)],
                32,
                MAX,
                1,
            )),
            "post",
            1,
            1,
        ),
        complete(
            "partial sums of a node may leave",
            calm(plain(
                &[0, -HUGE, -HUGE, -HUGE, HUGE, HUGE, HUGE],
                &swing,
                32,
                MAX,
                1,
            )),
            &[("ledgers.0.post_u.0", 0), ("ledgers.0.post_u.6", 0)],
        ),
        overflow(
            "the sum above",
            calm(plain(&[MAX, 1], &[], 0, 0, 1)),
            "sum",
            1,
            None,
        ),
        overflow(
            "the sum below",
            calm(plain(&[-1, MIN], &[], 0, 0, 1)),
            "sum",
            1,
            None,
        ),
        complete(
            "partial sums of a state may leave",
            calm(plain(&[MAX, 1, -2], &[], 0, 0, 1)),
            &[("ledgers.0.z_check", MAX - 1)],
        ),
        overflow(
            "a hub that is filled by numbers far below the limit",
            small_steps(&[-(1 << 61), 1 << 61, 1 << 61, 1 << 61, 1 << 61], &star(5)),
            "post",
            1,
            1,
        ),
        overflow(
            "a node goes before the sum",
            calm(plain(&[0, HUGE, HUGE, HUGE], &into_hub, 32, MAX, 1)),
            "post",
            1,
            1,
        ),
        overflow(
            "the sum goes before s_t",
            plain(&[MAX, MAX], &[], 0, 0, 1),
            "sum",
            1,
            None,
        ),
    ]);
}

#[test]
fn s_t() {
    // Five pairs, each with a flux of 2^62: Σ·scale leaves 128 bits.
    let pairs = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)];
    let state: Vec<i64> = [HUGE / 2, -HUGE / 2].repeat(5);
    let far = |scale, max_value| {
        let mut case = plain(&state, &pairs, 32, MAX, 1);
        case.profile.s_t = StRule::SumAbsFlux {
            offset: None,
            scale: Some(scale),
            max_value,
        };
        case
    };
    let rule = |state: &[i64], offset, scale, max_value| {
        let mut case = plain(state, &line(2), 32, MAX, 1);
        case.profile.s_t = StRule::SumAbsFlux {
            offset,
            scale,
            max_value,
        };
        case
    };
    check(vec![
        overflow(
            "primes above",
            plain(&[0, 0, HUGE], &[], 0, 0, 1),
            "s_t",
            1,
            None,
        ),
        overflow(
            "primes below",
            plain(&[-HUGE - 1, 0], &[], 0, 0, 1),
            "s_t",
            1,
            None,
        ),
        complete(
            "primes, at the least",
            plain(&[-HUGE, 0], &[], 0, 0, 1),
            &[("p_blocks.0.s_t", MIN)],
        ),
        complete(
            "primes whose partial sums leave",
            plain(&[HUGE, -HUGE], &[], 0, 0, 1),
            &[("p_blocks.0.s_t", -HUGE)],
        ),
        overflow(
            "flux and offset",
            rule(&[MAX, 0], Some(1), None, None),
            "s_t",
            1,
            None,
        ),
        overflow(
            "flux and scale",
            rule(&[HUGE, 0], None, Some(2), None),
            "s_t",
            1,
            None,
        ),
        complete(
            "flux beyond i64 under a maximum",
            rule(&[HUGE, 0], Some(MAX), Some(MAX), Some(77)),
            &[("p_blocks.0.s_t", 77)],
        ),
        complete(
            "a product beyond i128 under a maximum",
            far(MAX, Some(77)),
            &[("p_blocks.0.s_t", 77)],
        ),
        overflow("a product beyond i128", far(MAX, None), "s_t", 1, None),
        overflow("a product below i128", far(MIN, Some(77)), "s_t", 1, None),
        complete(
            "flux at the greatest",
            rule(&[MAX, 0], Some(0), Some(1), Some(MAX)),
            &[("p_blocks.0.s_t", MAX)],
        ),
    ]);
}

/// One node that keeps a value, with one stream of its state under a hint.
fn kept_value(value: i64, hint: Scheme, ticks: u64) -> Case {
    let mut case = calm(plain(&[value], &[], 0, 0, ticks));
    case.run.windows[0].streams = Some(vec![Stream {
        name: "S".to_owned(),
        source: Source::PreU,
        hint: Some(hint),
        description: None,
    }]);
    case
}

/// Fourteen ticks in two tiles, each with an additional window that fits by itself.
fn tiled_bits() -> Case {
    let mut case = kept_value(MIN, Scheme::Gr, 14);
    let mut first = case.run.windows.remove(0);
    first.end = 7;
    let second = Window {
        id: "W2".to_owned(),
        start: 8,
        end: 14,
        ..first.clone()
    };
    case.run.windows = vec![first, second];
    case.run.primary = Primary::Every(7);
    case
}

#[test]
fn deltas() {
    let swing = small_steps(&[-MAX, 0, 0], &[(2, 1), (3, 1)]);
    check(vec![complete(
        "a node that moves by more than an i64 holds",
        swing,
        // 2^64 − 2 costs 1 + 64 under ID, −(2^63 − 1) costs 1 + 63.
        &[
            ("ledgers.0.post_u.0", MAX),
            ("manifests.0.streams.0.L_total", 65 + 64 + 64),
        ],
    )]);
}

#[test]
fn bits() {
    let mut twice = kept_value(MIN, Scheme::Gr, 7);
    let again = Window {
        id: "W2".to_owned(),
        start: 2,
        ..twice.run.windows[0].clone()
    };
    twice.run.windows.push(again);
    let mut earlier = kept_value(MIN, Scheme::Gr, 9);
    let eight = Window {
        id: "W2".to_owned(),
        end: 8,
        ..earlier.run.windows[0].clone()
    };
    earlier.run.windows.push(eight);
    earlier.run.enable_pfna = true;
    earlier.pfna = Some(vec![entry("a", 9, &[-1])]);
    let total = 7 * ((1 << 60) + 5);
    check(vec![
        complete(
            "seven under GR",
            kept_value(MIN, Scheme::Gr, 7),
            &[
                ("manifests.0.streams.0.L_total", total),
                ("metrics.l_total", total),
            ],
        ),
        overflow(
            "eight under GR",
            kept_value(MIN, Scheme::Gr, 8),
            "bits",
            8,
            None,
        ),
        overflow(
            "one under R",
            kept_value(MIN, Scheme::R, 3),
            "bits",
            3,
            None,
        ),
        complete(
            "one under R that fits",
            kept_value(HUGE - 1, Scheme::R, 1),
            &[("metrics.l_total", MAX)],
        ),
        overflow(
            "the next value under R",
            kept_value(HUGE, Scheme::R, 1),
            "bits",
            1,
            None,
        ),
        complete(
            "the same without a hint",
            kept_value(MIN, Scheme::Id, 8),
            &[("metrics.l_total", 8 * 65)],
        ),
        overflow(
            "a window of its own goes before a later input",
            earlier,
            "bits",
            8,
            None,
        ),
        overflow(
            "two windows in different tiles",
            tiled_bits(),
            "bits",
            14,
            None,
        ),
        overflow("two windows that fit one by one", twice, "bits", 7, None),
    ]);
}
