//! Tests of columns: ledgers of any numbers come back, and damaged blocks are noticed.

use proptest::prelude::*;

use super::*;
use crate::record::{EdgeFlux, UmxLedger};

fn shape(node_count: usize, edges: &[(usize, usize, i64)]) -> Shape {
    let edges = edges.iter().map(|&(from, to, k)| ShapeEdge {
        from: from % node_count,
        to: to % node_count,
        k,
        cap: 9,
        c: 0,
    });
    Shape {
        node_count,
        scale: 32,
        edges: edges.collect(),
    }
}

/// A ledger of arbitrary numbers, since the columns must restore them under any flux rule.
fn ledger(shape: &Shape, tick: u64, pre_u: Vec<i64>, post_u: Vec<i64>, any: &[i64]) -> UmxLedger {
    let numbers = any.iter().copied().cycle();
    let fluxes = numbers.clone().zip(numbers.skip(1).step_by(2));
    let edges = shape.edges.iter().zip(1..).zip(fluxes);
    let edges = edges.map(|((edge, e_id), (f_e, raw))| EdgeFlux {
        e_id,
        i: edge.from as u64 + 1,
        j: edge.to as u64 + 1,
        du: pre_u[edge.from].wrapping_sub(pre_u[edge.to]),
        raw,
        cap: edge.cap,
        f_e,
    });
    let edges = edges.collect();
    let sum = |values: &[i64]| values.iter().fold(0_i64, |sum, &v| sum.wrapping_add(v));
    UmxLedger {
        tick,
        sum_pre_u: sum(&pre_u),
        sum_post_u: sum(&post_u),
        z_check: sum(&pre_u),
        pre_u,
        edges,
        post_u,
    }
}

/// Appends a ledger to a block.
fn push(builder: &mut BlockBuilder, shape: &Shape, ledger: &UmxLedger) {
    let f_e: Vec<i64> = ledger.edges.iter().map(|edge| edge.f_e).collect();
    let raw: Vec<i64> = ledger.edges.iter().map(|edge| edge.raw).collect();
    let vectors = Vectors {
        pre_u: &ledger.pre_u,
        f_e: &f_e,
        raw: &raw,
        post_u: &ledger.post_u,
    };
    builder.push(shape, ledger.tick, vectors);
}

proptest! {
    #[test]
    fn any_ledgers_come_back(
        edges in prop::collection::vec((0_usize..5, 0_usize..5, 0..i64::MAX), 0..6),
        ticks in prop::collection::vec(
            (prop::collection::vec(any::<i64>(), 5), prop::collection::vec(any::<i64>(), 5)),
            1..9,
        ),
    ) {
        let shape = shape(5, &edges);
        let ledgers: Vec<_> = (7..).zip(ticks).map(|(tick, (pre, post))| {
            let any = pre.clone();
            ledger(&shape, tick, pre, post, &any)
        }).collect();
        let mut builder = BlockBuilder::new(&shape).unwrap();
        for ledger in &ledgers {
            push(&mut builder, &shape, ledger);
        }
        let block = builder.take().unwrap().unwrap();
        prop_assert_eq!((block.first_tick, block.ticks), (7, ledgers.len() as u64));
        let decoded = Block::decode(&shape, 7, block.ticks, &block.bytes).unwrap();
        for ledger in &ledgers {
            let rebuilt = decoded.ledger(&shape, ledger.tick);
            prop_assert_eq!(rebuilt.as_ref(), Some(ledger));
        }
        prop_assert!(decoded.ledger(&shape, 6).is_none());
    }

    #[test]
    fn any_bytes_are_refused_or_decoded(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let shape = shape(3, &[(0, 1, 1)]);
        let _ = Block::decode(&shape, 1, 4, &bytes);
        let framed = zstd::bulk::compress(&bytes, 1).unwrap();
        let _ = Block::decode(&shape, 1, 4, &framed);
    }
}

#[test]
fn a_changed_or_short_block_is_refused() {
    let shape = shape(4, &[(0, 1, 3), (1, 2, 5)]);
    let mut builder = BlockBuilder::new(&shape).unwrap();
    for tick in 1..=20_u64 {
        let base = tick.cast_signed() * 1_000;
        let pre = vec![base, -base, 3, 4];
        push(
            &mut builder,
            &shape,
            &ledger(&shape, tick, pre.clone(), pre, &[1, 5, 9]),
        );
    }
    let block = builder.take().unwrap().unwrap();
    let good = Block::decode(&shape, 1, 20, &block.bytes).unwrap();
    for size in 0..block.bytes.len() {
        assert!(
            Block::decode(&shape, 1, 20, &block.bytes[..size]).is_err(),
            "{size} bytes"
        );
    }
    for place in 0..block.bytes.len() {
        let mut bytes = block.bytes.clone();
        bytes[place] ^= 0x10;
        // A changed block that still decodes must give the same ledgers.
        if let Ok(decoded) = Block::decode(&shape, 1, 20, &bytes) {
            for tick in 1..=20_u64 {
                assert_eq!(
                    decoded.ledger(&shape, tick),
                    good.ledger(&shape, tick),
                    "byte {place}"
                );
            }
        }
    }
    assert!(Block::decode(&shape, 1, 19, &block.bytes).is_err());
    assert!(Block::decode(&shape, 1, 21, &block.bytes).is_err());
    assert!(Block::decode(&shape, 1, 0, &block.bytes).is_err());
}

#[test]
fn raw_is_suggested_by_its_rule() {
    let products = [
        (0, 0),
        (7, -9),
        (3, i64::MAX),
        (i64::MAX, i64::MIN),
        (-7, 9),
    ];
    for scale in [-1, 0, 1, 3, 32, 1 << 62, i64::MAX] {
        for (k, du) in products {
            let mut shape = shape(2, &[(0, 1, k)]);
            shape.scale = scale;
            let product = i128::from(k) * i128::from(du.unsigned_abs());
            let expected = product.div_euclid(scale.max(1).into()) as i64;
            assert_eq!(
                shape.suggest_raw(&shape.edges[0], du),
                expected,
                "{k} · |{du}| / {scale}"
            );
        }
    }
}
