//! Tests of the UMX: the flux rule, its two loops, and what overflows.

use super::{kernel, *};
use crate::config::Names;
use crate::record::EdgeFlux;

const NO_CAP: i64 = 2_147_483_647;

fn topology(scale: i64, node_count: usize, edges: &[(u32, u32, i64, i64)]) -> Topology {
    Topology {
        gid: "T".to_owned(),
        node_count,
        scale,
        edges: edges
            .iter()
            .map(|&(i, j, conductance, cap)| Edge {
                from: i - 1,
                to: j - 1,
                conductance,
                cap,
                c: 0,
            })
            .collect(),
        names: Names::default(),
    }
}

fn step(topology: &Topology, pre: &[i64]) -> Result<(Vec<i64>, Vec<EdgeFlux>), RunError> {
    let mut u = pre.to_vec();
    let mut edges = vec![EdgeFlux::default(); topology.edges.len()];
    kernel::step(
        topology,
        kernel::Bounds::of(topology),
        7,
        &mut u,
        &mut edges,
    )?;
    Ok((u, edges))
}

/// One edge from node 1 to node 2.
#[track_caller]
fn check_edge(scale: i64, k: i64, cap: i64, pre: [i64; 2], raw: i64, f_e: i64) {
    let (post, edges) = step(&topology(scale, 2, &[(1, 2, k, cap)]), &pre).unwrap();
    assert_eq!((edges[0].raw, edges[0].f_e), (raw, f_e));
    assert_eq!(post, [pre[0] - f_e, pre[1] + f_e]);
}

#[track_caller]
fn check_overflow(topology: &Topology, pre: &[i64], operation: Operation, id: u64) {
    let expected = RunError::Overflow {
        tick: 7,
        operation,
        id: Some(id),
    };
    assert_eq!(step(topology, pre).unwrap_err(), expected);
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
fn a_node_may_leave_64_bits_on_the_way_and_come_back() {
    let line = topology(1, 3, &[(2, 1, 1, i64::MAX), (1, 3, 1, i64::MAX)]);
    let high = i64::MAX - 1;
    let (post, _) = step(&line, &[high - 5, high, high - 10]).unwrap();
    assert_eq!(post, [high - 5, high - 5, high - 5]);
}

#[test]
fn both_loops_agree() {
    let ring = topology(7, 3, &[(1, 2, 5, NO_CAP), (2, 3, 9, 4), (3, 1, 2, NO_CAP)]);
    let mut fluxes = vec![EdgeFlux::default(); 3];
    for pre in [[100, -3, 7], [0, 0, 0], [-1, 1, 1 << 50]] {
        let (mut fast, mut exact) = (pre.to_vec(), pre.to_vec());
        kernel::fast(&ring, &mut fast, &mut fluxes);
        let fast_fluxes = fluxes.clone();
        kernel::exact(&ring, 1, &mut exact, &mut fluxes).unwrap();
        assert_eq!((fast, fast_fluxes), (exact, fluxes.clone()));
    }
}
