//! Tests of the UMX: the flux rule, its two paths, and what overflows.

use proptest::prelude::*;

use super::kernel::Kernel;
use super::*;
use crate::config::{Diagnostics, Edges, InputEntry, Inputs, LANES, Names, Topology};
use crate::error::DiagnosticCheck;
use crate::record::{BLOCK, EdgeFlux, Tick};
use crate::run::tests::gf01;

const NO_CAP: i64 = 2_147_483_647;

/// The edge of two nodes, counted from 1, with k and cap.
type Given = (u32, u32, i64, i64);

fn topology(scale: i64, node_count: usize, edges: &[Given]) -> Topology {
    let edges = edges.iter().map(|&(i, j, conductance, cap)| Edge {
        from: i - 1,
        to: j - 1,
        conductance,
        cap,
        c: 0,
    });
    Topology {
        gid: "T".to_owned(),
        node_count,
        scale,
        edges: edges.collect::<Edges>(),
        names: Names::default(),
    }
}

/// The values after a tick, and what the edges did.
type Moved = (Vec<i64>, Vec<Flux>);

fn step(topology: &Topology, pre: &[i64]) -> Result<Moved, (Operation, usize)> {
    let (mut u, mut pre_u) = (pre.to_vec(), vec![0; pre.len()]);
    let mut fluxes = Fluxes::new(topology.edges.len());
    let sums = Kernel::new(topology).step(&mut u, &mut pre_u, &mut fluxes)?;
    let sum = |values: &[i64]| values.iter().copied().map(i128::from).sum::<i128>();
    assert_eq!(pre_u, pre);
    assert_eq!((sums.pre, sums.post), (sum(pre), sum(&u)));
    Ok((u, fluxes.iter().collect()))
}

/// The rule as it is written down, in 128 bits.
fn plain_step(topology: &Topology, pre: &[i64]) -> Result<Moved, (Operation, usize)> {
    let fits =
        |operation, index, number: i128| i64::try_from(number).map_err(|_| (operation, index));
    let u: Vec<i128> = pre.iter().copied().map(i128::from).collect();
    let edges = || topology.edges.iter().enumerate();
    let du = |edge: &Edge| u[edge.from as usize] - u[edge.to as usize];
    let raw =
        |edge: &Edge| i128::from(edge.conductance) * du(edge).abs() / i128::from(topology.scale);
    for (index, edge) in edges() {
        fits(Operation::Du, index, du(&edge))?;
    }
    let (mut post, mut fluxes) = (u.clone(), Vec::new());
    for (index, edge) in edges() {
        let (du, exact_raw) = (du(&edge), raw(&edge));
        let f_e = du.signum() * exact_raw.min(edge.cap.into()).min(du.abs());
        post[edge.from as usize] -= f_e;
        post[edge.to as usize] += f_e;
        fluxes.push(Flux {
            du: fits(Operation::Du, index, du)?,
            raw: fits(Operation::Raw, index, exact_raw)?,
            f_e: fits(Operation::Raw, index, f_e)?,
        });
    }
    let post = post.into_iter().enumerate();
    let post = post.map(|(index, value)| fits(Operation::Post, index, value));
    Ok((post.collect::<Result<_, _>>()?, fluxes))
}

/// One edge from node 1 to node 2.
#[track_caller]
fn check_edge(scale: i64, k: i64, cap: i64, pre: [i64; 2], raw: i64, f_e: i64) {
    let (post, edges) = step(&topology(scale, 2, &[(1, 2, k, cap)]), &pre).unwrap();
    assert_eq!((edges[0].raw, edges[0].f_e), (raw, f_e));
    assert_eq!(post, [pre[0] - f_e, pre[1] + f_e]);
}

#[track_caller]
fn check_overflow(topology: &Topology, pre: &[i64], operation: Operation, id: usize) {
    assert_eq!(step(topology, pre).unwrap_err(), (operation, id - 1));
}

#[test]
fn a_flux_is_the_least_of_quotient_cap_and_difference() {
    check_edge(32, 1, NO_CAP, [3, 1], 0, 0);
    check_edge(32, 16, NO_CAP, [12, 0], 6, 6);
    check_edge(32, 16, NO_CAP, [0, 12], 6, -6);
    check_edge(32, 16, 5, [12, 0], 6, 5);
    check_edge(1, 9, NO_CAP, [2, 0], 18, 2);
    check_edge(32, 0, NO_CAP, [1 << 40, 0], 0, 0);
    check_edge(32, 16, 0, [12, 0], 6, 0);
    check_edge(3, 1, NO_CAP, [0, 5], 1, -1);
    check_edge(i64::MAX, 9, NO_CAP, [0, 5], 0, 0);
    // Both values fit 32 bits, and their difference does not.
    check_edge(32, 1, NO_CAP, [3 << 29, -(3 << 29)], 3 << 25, 3 << 25);
}

#[test]
fn a_product_beyond_64_bits_is_exact_where_its_quotient_fits() {
    check_edge(
        1000,
        1 << 40,
        i64::MAX,
        [1 << 30, 0],
        1_180_591_620_717_411_303,
        1 << 30,
    );
    check_edge(i64::MAX, i64::MAX, 9, [i64::MAX, 0], i64::MAX, 9);
}

#[test]
fn what_does_not_fit_is_reported_with_operation_and_id() {
    let pair = topology(1, 2, &[(1, 2, 0, 1), (1, 2, 3, 1)]);
    check_overflow(&pair, &[i64::MAX, -1], Operation::Du, 1);
    check_overflow(&pair, &[1, i64::MIN], Operation::Du, 1);
    check_overflow(&pair, &[i64::MAX, 0], Operation::Raw, 2);
    let hub = topology(
        1,
        4,
        &[
            (1, 2, 1, i64::MAX),
            (1, 3, 1, i64::MAX),
            (1, 4, 1, i64::MAX),
        ],
    );
    check_overflow(
        &hub,
        &[
            i64::MAX / 4,
            -(i64::MAX / 4 * 3),
            i64::MIN / 2,
            i64::MIN / 2,
        ],
        Operation::Post,
        1,
    );
}

#[test]
fn a_du_that_does_not_fit_comes_before_a_raw_of_an_earlier_block() {
    let mut edges = vec![(1, 2, 1, 1); BLOCK];
    edges[5] = (1, 2, i64::MAX, 1);
    edges.push((3, 4, 1, 1));
    let graph = topology(1, 4, &edges);
    check_overflow(&graph, &[9, 0, 0, 0], Operation::Raw, 6);
    check_overflow(&graph, &[9, 0, i64::MAX, -1], Operation::Du, BLOCK + 1);
}

#[test]
fn a_node_may_leave_64_bits_on_the_way_and_come_back() {
    let line = topology(1, 3, &[(2, 1, 1, i64::MAX), (1, 3, 1, i64::MAX)]);
    let high = i64::MAX - 1;
    let (post, _) = step(&line, &[high - 5, high, high - 10]).unwrap();
    assert_eq!(post, [high - 5, high - 5, high - 5]);
}

#[test]
fn a_node_may_leave_32_bits_while_all_fluxes_fit_them() {
    // The products are below 2^31, or not.
    for (leaves, k) in [(4_u32, 1), (9, 1), (4, 8), (9, 8)] {
        let edges: Vec<Given> = (2..2 + leaves).map(|leaf| (leaf, 1, k, NO_CAP)).collect();
        let star = topology(k, 10, &edges);
        let mut pre = vec![1 << 29; 10];
        pre[0] = 0;
        let (post, _) = step(&star, &pre).unwrap();
        assert_eq!((post[0], post[1]), (i64::from(leaves) << 29, 0));
    }
}

/// Numbers on either side of the bounds of the narrow path, and of 64 bits.
fn near_bounds() -> impl Strategy<Value = i64> {
    let bounds = prop::sample::select(vec![0, 5, 16, 29, 30, 31, 32, 33, 47, 61, 62]);
    let near = (bounds, -2_i64..3, any::<bool>()).prop_map(|(bits, beside, negative)| {
        let number = (1_i64 << bits) + beside;
        if negative { -number } else { number }
    });
    let ends = prop::sample::select(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]);
    prop_oneof![6 => -1000_i64..1000, 3 => near, 1 => ends]
}

fn magnitude() -> impl Strategy<Value = i64> {
    near_bounds().prop_map(|number| number.checked_abs().unwrap_or(i64::MAX))
}

/// Small values everywhere but in a few nodes and edges, which decide the path of some blocks.
fn graphs() -> impl Strategy<Value = (i64, Vec<Given>, Vec<i64>)> {
    let nodes = 40_u32;
    let edge = (1..=nodes, 1..nodes, 0_i64..9, 0_i64..2000)
        .prop_map(move |(i, step, k, cap)| (i, (i - 1 + step) % nodes + 1, k, cap));
    let scale = prop_oneof![
        Just(32),
        Just(1),
        1_i64..100,
        magnitude().prop_map(|m| m.max(1))
    ];
    let edges = prop::collection::vec(edge, 0..3 * BLOCK + LANES);
    let values = prop::collection::vec(-1000_i64..1000, nodes as usize);
    let odd_nodes = prop::collection::vec((any::<prop::sample::Index>(), near_bounds()), 0..3);
    let odd_edges = prop::collection::vec(
        (any::<prop::sample::Index>(), magnitude(), magnitude()),
        0..3,
    );
    (scale, edges, values, odd_nodes, odd_edges).prop_map(
        |(scale, mut edges, mut values, odd_nodes, odd_edges)| {
            for (at, value) in odd_nodes {
                let at = at.index(values.len());
                values[at] = value;
            }
            for (at, k, cap) in odd_edges {
                if !edges.is_empty() {
                    let at = at.index(edges.len());
                    (edges[at].2, edges[at].3) = (k, cap);
                }
            }
            (scale, edges, values)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_kernel_equals_the_plain_rule((scale, edges, values) in graphs()) {
        let graph = topology(scale, values.len(), &edges);
        prop_assert_eq!(step(&graph, &values), plain_step(&graph, &values));
    }

    #[test]
    fn a_tick_leaves_nothing_behind_for_the_next(
        (scale, edges, values) in graphs(),
        small in prop::collection::vec(-1000_i64..1000, 40),
    ) {
        let graph = topology(scale, values.len(), &edges);
        let mut kernel = Kernel::new(&graph);
        let mut fluxes = Fluxes::new(graph.edges.len());
        let mut pre_u = vec![0; values.len()];
        for start in [&values, &small, &values] {
            let mut u = start.clone();
            kernel.restart();
            let moved = kernel.step(&mut u, &mut pre_u, &mut fluxes);
            let moved = moved.map(|_| (u, fluxes.iter().collect()));
            prop_assert_eq!(moved, plain_step(&graph, start));
        }
    }
}

#[test]
fn ticks_follow_one_another() {
    let ring: Vec<Given> = (1..=40).map(|i| (i, i % 40 + 1, 9, 1 << 40)).collect();
    let graph = topology(32, 40, &ring);
    let mut kernel = Kernel::new(&graph);
    let mut fluxes = Fluxes::new(40);
    // The first ticks need the exact path, the later ones do not.
    let mut u = vec![0; 40];
    (u[3], u[20]) = ((1 << 31) + 5, -77);
    let (mut pre_u, mut expected) = (u.clone(), u.clone());
    for _ in 0..60 {
        kernel.step(&mut u, &mut pre_u, &mut fluxes).unwrap();
        assert_eq!(pre_u, expected);
        expected = plain_step(&graph, &expected).unwrap().0;
        assert_eq!(u, expected);
    }
    assert!(u.iter().all(|value| value.unsigned_abs() < 1 << 30));
}

/// No lane of a block is left over, and every edge joins a large value to a small one.
#[test]
fn a_large_value_is_found_at_either_end() {
    for (from, to) in [(1, 2), (2, 1)] {
        let graph = topology(4, 2, &[(from, to, 1, NO_CAP); LANES]);
        for pre in [[1 << 40, 3], [-(1 << 40), 3], [(1 << 30) + 1, 3]] {
            assert_eq!(step(&graph, &pre), plain_step(&graph, &pre));
        }
    }
}

/// Each tick begins with bounds of the values that the last one left: in the second tick of both graphs,
/// numbers leave 32 bits.
#[test]
fn values_grow_from_tick_to_tick() {
    const U: i64 = 1 << 28;
    let check = |edges: &[Given], mut expected: Vec<i64>| {
        let graph = topology(1, expected.len(), edges);
        let mut kernel = Kernel::new(&graph);
        let mut fluxes = Fluxes::new(edges.len());
        let (mut u, mut pre_u) = (expected.clone(), expected.clone());
        for _ in 0..3 {
            let moved = kernel.step(&mut u, &mut pre_u, &mut fluxes);
            let plain = plain_step(&graph, &expected);
            assert_eq!(
                moved.map(|_| fluxes.iter().collect::<Vec<_>>()),
                plain.clone().map(|p| p.1)
            );
            expected = plain.unwrap().0;
            assert_eq!(u, expected);
        }
    };

    // No value is negative. Twelve leaves raise each of nine nodes in the first tick, and these node 1 in the second.
    let m = U / 8;
    let mut values = vec![4 * U - 1 - 2 * m];
    let mut edges = Vec::new();
    for node in 2..11 {
        values.push(4 * U - 1 - m);
        edges.push((node, 1, 1, 3 * m));
    }
    for node in 2..11 {
        for _ in 0..12 {
            values.push(4 * U - 1);
            edges.push((values.len() as u32, node, 1, 3 * m));
        }
    }
    check(&edges, values);

    // Leaves lower node 1 almost to −2^31, and then its distance to node 2 needs more than 32 bits.
    let m = U / 16;
    let mut values = vec![-(4 * U - 1 - m), 2 * U];
    let mut edges = vec![(2, 1, 1, 2)];
    for _ in 0..60 {
        values.push(-(4 * U - 1));
        edges.push((1, values.len() as u32, 1, m));
    }
    check(&edges, values);
}

#[test]
fn quotients_are_exact_for_every_divisor_at_its_multiples() {
    let divisors = (1..5_000)
        .chain((1 << 30) - 50..(1 << 30) + 50)
        .chain((1 << 31) - 50..(1 << 31) + 50);
    for divisor in divisors {
        let greatest = (1_i64 << 31) - 1;
        let last = greatest / divisor * divisor;
        // k = 1 and values that are twice as far apart as one of them may be large.
        for product in [
            1,
            divisor - 1,
            divisor,
            divisor + 1,
            last - 1,
            last,
            greatest,
        ] {
            if (0..=greatest).contains(&product) {
                let high = product / 2;
                let graph = topology(divisor, 2, &[(1, 2, 1, NO_CAP)]);
                let (_, fluxes) = step(&graph, &[high, high - product]).unwrap();
                assert_eq!(fluxes[0].raw, product / divisor, "{product} / {divisor}");
            }
        }
    }
}

fn entry(pfna_id: &str, values: InputValues) -> InputEntry {
    InputEntry {
        pfna_id: pfna_id.to_owned(),
        tick: 0,
        values,
        repeat: None,
    }
}

fn sparse(values: &[(u32, i64)]) -> InputValues {
    InputValues::Sparse {
        node_count: 6,
        values: values.to_vec(),
    }
}

#[test]
fn inputs_are_added_exactly() {
    // The values before are 3, 1, 0, 0, 0, 0.
    let check = |inputs: &[InputValues], expected: Result<[i64; 6], u64>| {
        let mut plan = gf01();
        let entries = inputs.iter().zip('a'..);
        let entries = entries.map(|(values, id)| entry(&id.to_string(), values.clone()));
        plan.inputs = Inputs::new(entries.collect());
        let found = State::initial(&plan).map(|state| state.values().to_vec());
        let expected = expected.map(|values| values.to_vec());
        let expected = expected.map_err(|id| RunError::Overflow {
            tick: 0,
            operation: Operation::Input,
            id: Some(id),
        });
        assert_eq!(found, expected);
    };
    let dense = |values: [i64; 6]| InputValues::Dense(values.to_vec());
    let most = i64::MAX - 3;
    check(&[], Ok([3, 1, 0, 0, 0, 0]));
    check(
        &[dense([most, -1, 0, 0, 7, i64::MIN])],
        Ok([i64::MAX, 0, 0, 0, 7, i64::MIN]),
    );
    check(&[dense([0, i64::MAX, 0, 0, 0, 0])], Err(2));
    check(&[sparse(&[(1, 5), (5, -2)])], Ok([3, 6, 0, 0, 0, -2]));
    check(&[sparse(&[(0, i64::MAX)])], Err(1));
    // The sum leaves 64 bits on the way.
    check(
        &[sparse(&[(0, i64::MAX), (2, 4)]), dense([-9, 0, 1, 0, 0, 2])],
        Ok([i64::MAX - 6, 1, 5, 0, 0, 2]),
    );
    check(
        &[sparse(&[(3, i64::MIN)]), sparse(&[(2, 1), (3, -1), (4, 1)])],
        Err(4),
    );
}

#[test]
fn inputs_between_ticks_are_part_of_the_next() {
    let mut plan = gf01();
    plan.inputs = Inputs::new(vec![entry("a", sparse(&[(0, 60)]))]);
    let entries = plan.inputs_at(0);
    let mut state = State::at(&plan, vec![3, 1, 0, 0, 0, 0]);
    let mut made = Tick::new(&plan);
    let mut expected = vec![3, 1, 0, 0, 0, 0];
    assert_eq!(state.values(), expected);
    for tick in 1..4 {
        state.add_inputs(tick, &entries).unwrap();
        expected[0] += 60;
        made.tick = tick;
        made.sum = state.advance(tick).unwrap();
        assert_eq!(state.values_before(), expected);
        state.hand_over(&mut made);
        let ledger = made.ledger(&plan);
        let (post, fluxes) = plain_step(&plan.topology, &expected).unwrap();
        let sum: i64 = expected.iter().sum();
        assert_eq!(
            (ledger.tick, &ledger.pre_u, &ledger.post_u),
            (tick, &expected, &post)
        );
        assert_eq!(
            [ledger.sum_pre_u, ledger.sum_post_u, ledger.z_check],
            [sum; 3]
        );
        let edges = plan.topology.edges.iter().zip(fluxes).zip(1..);
        for (found, ((edge, Flux { du, raw, f_e }), e_id)) in ledger.edges.iter().zip(edges) {
            let (i, j, cap) = (u64::from(edge.from) + 1, u64::from(edge.to) + 1, edge.cap);
            assert_eq!(
                *found,
                EdgeFlux {
                    e_id,
                    i,
                    j,
                    du,
                    raw,
                    cap,
                    f_e
                }
            );
        }
        assert_eq!(ledger.edges.len(), 8);
        expected = post;
    }
}

#[test]
fn a_sum_beyond_64_bits_ends_the_run() {
    let mut plan = gf01();
    plan.initial_state = vec![i64::MAX, i64::MAX, 0, i64::MAX - 5, 0, 0];
    plan.topology.edges = Edges::default();
    let mut state = State::initial(&plan).unwrap();
    let error = state.advance(7).unwrap_err();
    let expected = RunError::Overflow {
        tick: 7,
        operation: Operation::Sum,
        id: None,
    };
    assert_eq!(error, expected);
}

#[test]
fn diagnostics_report_the_first_failure() {
    let states = [&[0, 5, -7][..], &[-6, 4, 0]];
    let check = |allow_negative, limit, expected: Option<(DiagnosticCheck, u64, i64)>| {
        let diagnostics = Diagnostics {
            conservation: true,
            allow_negative,
            limit,
        };
        let expected = expected.map_or(Ok(()), |(check, id, value)| {
            Err(RunError::Diagnostic {
                tick: 9,
                check,
                id: Some(id),
                value,
            })
        });
        let found = check_diagnostics(&diagnostics, 9, states);
        assert_eq!(found, expected);
    };
    use DiagnosticCheck::{AllowNegative, Limit};
    check(true, None, None);
    check(false, None, Some((AllowNegative, 3, -7)));
    check(true, Some(7), None);
    check(true, Some(6), Some((Limit, 3, -7)));
    check(true, Some(4), Some((Limit, 2, 5)));
    check(false, Some(4), Some((Limit, 2, 5)));

    let check_after = |limit| {
        let diagnostics = Diagnostics {
            conservation: true,
            allow_negative: false,
            limit: Some(limit),
        };
        check_diagnostics(&diagnostics, 9, [&[], &[0, 6]])
    };
    assert!(check_after(6).is_ok());
    assert!(check_after(5).is_err());
}
