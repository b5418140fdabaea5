//! Cases that several tests use as a starting point.

use super::{Case, Edge, Observers, Primary, Profile, Rules, RunConfig, StRule, Topology, Window};

/// The value that means "no cap" in the paper.
pub(crate) const NO_CAP: i64 = 2_147_483_647;

/// CMP-0 with every default left to the engine.
pub(crate) fn cmp0() -> Profile {
    Profile {
        name: "CMP-0".to_owned(),
        modulus: 1_000_000_007,
        c0: 1_234_567,
        sc: 32,
        spacing: 8,
        constants: None,
        s_t: StRule::PrimeWeighted,
        nap: None,
        preferred: None,
        check: None,
    }
}

/// A run of CMP-0 with the given edges, and one window over all ticks.
pub(crate) fn plain(state: &[i64], ends: &[(usize, usize)], k: i64, cap: i64, ticks: u64) -> Case {
    let edge = |&(i, j): &(usize, usize)| Edge {
        i,
        j,
        k,
        cap,
        c: None,
    };
    let window = Window {
        id: "W1".to_owned(),
        apx_name: "APX1".to_owned(),
        start: 1,
        end: ticks,
        streams: None,
    };
    Case {
        topology: Topology {
            gid: "G".to_owned(),
            nodes: state.len(),
            sc: 32,
            edges: ends.iter().map(edge).collect(),
            list_nodes: false,
        },
        profile: cmp0(),
        run: RunConfig {
            run_id: "R".to_owned(),
            ticks,
            initial_state: state.to_vec(),
            windows: vec![window],
            primary: Primary::Window("W1".to_owned()),
            nap: None,
            loom_w: None,
            codex: false,
            enable_pfna: false,
            observers: Observers::Unsaid,
        },
        pfna: None,
        aeon: None,
        rules: Rules::WRITTEN,
    }
}

/// 1–2–3–…
pub(crate) fn line(nodes: usize) -> Vec<(usize, usize)> {
    (1..nodes).map(|node| (node, node + 1)).collect()
}

/// A ring: a line whose ends are joined.
pub(crate) fn ring(nodes: usize) -> Vec<(usize, usize)> {
    let mut ends = line(nodes);
    ends.push((nodes, 1));
    ends
}

/// Node 1 joined to all others.
pub(crate) fn star(nodes: usize) -> Vec<(usize, usize)> {
    (2..=nodes).map(|node| (1, node)).collect()
}

/// A grid, nodes row by row, edges in the order of their ends.
pub(crate) fn grid(rows: usize, columns: usize) -> Vec<(usize, usize)> {
    let mut ends = Vec::new();
    for node in 1..=rows * columns {
        if node % columns != 0 {
            ends.push((node, node + 1));
        }
        if node + columns <= rows * columns {
            ends.push((node, node + columns));
        }
    }
    ends
}

/// The second fixture of the paper: an impulse in the middle of a 3×3 grid.
pub(crate) fn gf02(ticks: u64) -> Case {
    let mut case = plain(&[0, 0, 0, 0, 256, 0, 0, 0, 0], &grid(3, 3), 1, 8, ticks);
    case.topology.gid = "GF02".to_owned();
    case.run.run_id = "GF02".to_owned();
    case.run.windows[0].id = "GF02_W1_ticks_1_8".to_owned();
    case.run.windows[0].apx_name = "GF02_APX_v0_full_window".to_owned();
    case.run.primary = Primary::Window("GF02_W1_ticks_1_8".to_owned());
    case
}
