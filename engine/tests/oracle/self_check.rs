//! Tests of the oracle against behaviour that a different implementation showed.

use super::{Case, Outcome, gf02, grid, line, plain, ring, run, star};

/// "Huge": a cap that no flux reaches while everything fits.
const HUGE: i64 = 1 << 62;

fn outcome(case: &Case) -> Outcome {
    run(case).expect("nothing overflows")
}

/// The last tick with a flux that is not zero.
fn last_move(case: &Case) -> usize {
    let mut before = case.run.initial_state.clone();
    let mut last = 0;
    for (index, after) in outcome(case).states().into_iter().enumerate() {
        if after != before {
            last = index + 1;
        }
        before = after;
    }
    last
}

#[test]
fn states_come_to_rest_when_they_should() {
    let star_out = [0, 64, 64, 64, 64, 64];
    for (name, case, last) in [
        (
            "line4, k 16",
            plain(&[12, 0, 0, 0], &line(4), 16, HUGE, 12),
            6,
        ),
        (
            "line4, k 8",
            plain(&[64, 0, 0, 0], &line(4), 8, HUGE, 40),
            16,
        ),
        (
            "ring5, k 12",
            plain(&[100, 0, 0, 0, 0], &ring(5), 12, HUGE, 40),
            6,
        ),
        (
            "ring5, k 8, cap 3",
            plain(&[100, 0, 0, 0, 0], &ring(5), 8, 3, 40),
            16,
        ),
        ("star6, k 10", plain(&star_out, &star(6), 10, HUGE, 40), 11),
        (
            "star6, k 8",
            plain(&[60, 0, 0, 0, 0, 0], &star(6), 8, HUGE, 40),
            4,
        ),
        ("grid", gf02(40), 17),
    ] {
        assert_eq!(last_move(&case), last, "{name}");
    }
    assert!(last_move(&plain(&[1000, 0, 0, 0], &line(4), 1, HUGE, 40)) >= 30);
}

#[test]
fn states_pass_through_the_values_seen() {
    let last = |case: &Case| outcome(case).states().pop().expect("a tick");
    assert_eq!(
        last(&plain(&[12, 0, 0, 0], &line(4), 16, HUGE, 6)),
        [4, 3, 3, 2]
    );
    assert_eq!(last(&gf02(17)), [8, 39, 8, 39, 68, 39, 8, 39, 8]);
    let hub = plain(&[60, 0, 0, 0, 0, 0], &star(6), 8, HUGE, 4);
    assert_eq!(
        outcome(&hub).states().iter().map(|state| state[0]).min(),
        Some(-15)
    );
}

#[test]
fn some_states_swing_for_ever() {
    for (name, case) in [
        ("star6", plain(&[60, 0, 0, 0, 0, 0], &star(6), 32, 4, 20)),
        ("line2", plain(&[10, 3], &line(2), 32, HUGE, 20)),
        ("ring4", plain(&[10, 0, 10, 0], &ring(4), 16, HUGE, 20)),
    ] {
        let states = outcome(&case).states();
        let (tail, earlier) = (&states[12..], &states[10..18]);
        assert_eq!(tail, earlier, "{name} has period 2");
        assert_ne!(states[18], states[19], "{name} moves");
    }
}

#[test]
fn growth_ends_in_an_overflow() {
    let state = |nodes: usize| {
        let mut state = vec![0; nodes];
        state[0] = 1 << 40;
        state
    };
    for (name, case) in [
        ("star6", plain(&state(6), &star(6), 32, HUGE, 200)),
        ("ring5", plain(&state(5), &ring(5), 32, HUGE, 200)),
    ] {
        assert!(run(&case).is_err(), "{name} leaves i64");
    }
}

#[test]
fn the_grid_has_its_edges_in_order() {
    assert_eq!(grid(2, 2), [(1, 2), (1, 3), (2, 4), (3, 4)]);
    assert_eq!(grid(3, 3).len(), 12);
}
