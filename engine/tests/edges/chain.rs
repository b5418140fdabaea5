//! Tests of chain values and manifest checks at the limits of their ranges.

use super::{check, complete, overflow};
use crate::oracle::{Case, StRule, line, plain};

const MAX: i64 = i64::MAX;
const MIN: i64 = i64::MIN;

fn constant(s_t: i64, change: impl Fn(&mut Case)) -> Case {
    let mut case = plain(&[5, 0], &line(2), 8, 100, 3);
    case.profile.s_t = StRule::Constant(s_t);
    change(&mut case);
    case
}

#[test]
fn chain_values() {
    check(vec![
        complete(
            "a negative s_t",
            constant(-1_000_000, |case| {
                case.profile.c0 = 1;
            }),
            // 17·1 − 23·10^6 + 1 = −22,999,982; adding M makes it positive.
            &[
                ("p_blocks.0.s_t", -1_000_000),
                ("p_blocks.0.C_t", 1_000_000_007 - 22_999_982),
            ],
        ),
        complete(
            "a negative s_t that M divides",
            constant(-1, |case| {
                (case.profile.c0, case.profile.modulus) = (1, 5);
                case.profile.constants = Some((4, 10));
            }),
            // 4·1 − 10 + 1 = −5.
            &[("p_blocks.0.C_t", 0)],
        ),
        complete(
            "the least s_t",
            constant(MIN, |case| {
                case.profile.constants = Some((1, MAX));
            }),
            &[("p_blocks.0.s_t", MIN)],
        ),
        complete(
            "everything at its greatest",
            constant(MAX, |case| {
                (case.profile.c0, case.profile.modulus) = (MAX, MAX);
                case.profile.constants = Some((MAX, MAX));
                case.profile.check = Some((MAX, MAX));
            }),
            // Each product is a multiple of M, so only seq remains.
            &[
                ("p_blocks.0.C_t", 1),
                ("p_blocks.2.C_t", 3),
                ("manifests.0.manifest_check", 0),
            ],
        ),
        complete(
            "M = 1",
            constant(9, |case| {
                case.profile.modulus = 1;
            }),
            &[
                ("p_blocks.2.C_t", 0),
                ("manifests.0.manifest_check", 0),
                ("envelopes.0.prev_chain", 1_234_567),
                ("scenes.0.C_prev", 1_234_567),
                ("scenes.1.C_prev", 0),
            ],
        ),
        complete(
            "C0 at M",
            constant(0, |case| {
                (case.profile.c0, case.profile.modulus) = (100, 100);
            }),
            &[("scenes.0.C_prev", 100), ("p_blocks.0.C_t", 1)],
        ),
        complete(
            "C0 beyond M",
            constant(0, |case| {
                (case.profile.c0, case.profile.modulus) = (1001, 100);
            }),
            // 17·1001 + 1 = 17,018.
            &[("scenes.0.C_prev", 1001), ("p_blocks.0.C_t", 18)],
        ),
        complete(
            "a = b = 0",
            constant(77, |case| {
                case.profile.constants = Some((0, 0));
            }),
            &[("p_blocks.0.C_t", 1), ("p_blocks.2.C_t", 3)],
        ),
    ]);
}

#[test]
fn a_negative_state_has_a_negative_s_t() {
    let case = plain(&[-3, -1], &line(2), 0, 0, 1);
    // 2·(−3) + 3·(−1) = −9; 17·1,234,567 − 207 + 1.
    check(vec![complete(
        "primes",
        case,
        &[
            ("p_blocks.0.s_t", -9),
            ("p_blocks.0.C_t", 17 * 1_234_567 - 206),
        ],
    )]);
}

#[test]
fn the_paper_constant_of_older_documents() {
    let mut case = plain(&[5, 0], &line(2), 8, 100, 1);
    case.profile.s_t = StRule::Gf01Constant(9);
    check(vec![complete(
        "gf01_constant",
        case,
        &[("p_blocks.0.s_t", 9)],
    )]);
}

#[test]
fn s_t_of_fluxes() {
    let with = |offset, scale, max_value| {
        let mut case = plain(&[10, 0, 0], &[(1, 2), (3, 1)], 32, 4, 2);
        case.profile.s_t = StRule::SumAbsFlux {
            offset,
            scale,
            max_value,
        };
        case
    };
    // Both edges move 4 in tick 1, from node 1 to 2 and against its direction to 3.
    check(vec![
        complete(
            "plain",
            with(None, None, None),
            &[("p_blocks.0.s_t", 8), ("p_blocks.1.s_t", 4)],
        ),
        complete(
            "offset",
            with(Some(5), None, None),
            &[("p_blocks.0.s_t", 13)],
        ),
        complete(
            "scale",
            with(Some(5), Some(3), None),
            &[("p_blocks.0.s_t", 29)],
        ),
        complete(
            "maximum",
            with(Some(5), Some(3), Some(20)),
            &[("p_blocks.0.s_t", 20)],
        ),
        complete(
            "a maximum below the offset",
            with(Some(5), None, Some(2)),
            &[("p_blocks.0.s_t", 2)],
        ),
        complete(
            "a negative offset",
            with(Some(-50), Some(2), None),
            &[("p_blocks.0.s_t", -34)],
        ),
        complete(
            "a negative scale",
            with(None, Some(-2), None),
            &[("p_blocks.0.s_t", -16)],
        ),
        overflow("far below", with(Some(MIN), Some(-1), None), "s_t", 1, None),
    ]);
}
