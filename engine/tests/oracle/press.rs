//! The oracle's description lengths and manifests.

use super::{Case, Int, Json, Overflow, Scheme, Source, Stream, Tick, Window};
use super::{fits, int, ints, modulo, object, text};

/// b1 and b0 of CMP-0, the defaults of a profile.
pub(crate) const CMP0_CHECK: (i64, i64) = (240_787_124, 571_912_118);

/// The results of a closed window.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) window: Window,
    pub(crate) primary: bool,
    /// The record.
    pub(crate) record: Json,
    pub(crate) check: Int,
    /// The text from whose digest the check is made.
    pub(crate) preimage: String,
    /// Bits of each stream by name, in configured order.
    pub(crate) bits: Vec<(String, Int)>,
}

/// The smallest exponent e with 2^e ≥ value.
pub(super) fn ceil_log2(value: &Int) -> u64 {
    assert!(*value > Int::from(0), "log2 of {value}");
    (0..)
        .find(|exponent| Int::from(1) << *exponent >= *value)
        .expect("every number has one")
}

fn zigzag(value: &Int) -> Int {
    if *value > Int::from(0) {
        value * 2 - 1
    } else {
        value * -2
    }
}

/// Bits under `ID`.
fn id_bits(sequence: &[Int]) -> Int {
    sequence
        .iter()
        .map(|value| match value {
            zero if *zero == Int::from(0) => 1,
            other => 1 + ceil_log2(&Int::from(other.magnitude() + 1u32)),
        })
        .map(Int::from)
        .sum()
}

/// Bits under `GR(p)`.
fn gr_bits(sequence: &[Int], p: u32) -> Int {
    sequence
        .iter()
        .map(|value| zigzag(value) / 2_i64.pow(p) + 1 + p)
        .sum()
}

/// Bits under `R`.
fn r_bits(sequence: &[Int]) -> Int {
    let zero = Int::from(0);
    let mut bits = Int::from(0);
    let mut run = 0_u64;
    let mut previous = &zero;
    for value in sequence {
        let delta = value - previous;
        previous = value;
        if delta == zero {
            run += 1;
            continue;
        }
        bits += run_bits(run) + 1 + gr_bits(&[delta], 0);
        run = 0;
    }
    bits + run_bits(run)
}

fn run_bits(length: u64) -> u64 {
    if length == 0 {
        0
    } else {
        1 + ceil_log2(&Int::from(length + 1))
    }
}

/// One way to describe a sequence, with its bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) scheme: Scheme,
    pub(crate) p: u32,
    pub(crate) bits: Int,
}

/// All seven candidates of a sequence.
pub(crate) fn candidates(sequence: &[Int]) -> Vec<Candidate> {
    let mut all = vec![
        Candidate {
            scheme: Scheme::Id,
            p: 0,
            bits: id_bits(sequence),
        },
        Candidate {
            scheme: Scheme::R,
            p: 0,
            bits: r_bits(sequence),
        },
    ];
    all.extend((0..=4).map(|p| Candidate {
        scheme: Scheme::Gr,
        p,
        bits: gr_bits(sequence, p),
    }));
    all
}

/// The candidate that is recorded.
pub(crate) fn choose(
    sequence: &[Int],
    hint: Option<Scheme>,
    preferred: Option<&[Scheme]>,
    in_order: fn(usize) -> usize,
) -> Candidate {
    let mut order = preferred.unwrap_or_default().to_vec();
    order.extend([Scheme::R, Scheme::Gr, Scheme::Id]);
    let place = |scheme| order.iter().position(|listed| *listed == scheme);
    let rank = |scheme| place(scheme).map(in_order);
    candidates(sequence)
        .into_iter()
        .filter(|candidate| hint.is_none_or(|hint| hint == candidate.scheme))
        .min_by_key(|candidate| (candidate.bits.clone(), rank(candidate.scheme), candidate.p))
        .expect("every scheme is a candidate")
}

/// p and the bits of a sequence under a scheme of this name.
pub(super) fn bits_under(scheme: &str, sequence: &[Int]) -> (u32, Int) {
    let all = candidates(sequence).into_iter();
    let of_name = all.filter(|candidate| candidate.scheme.name() == scheme);
    let best = of_name.min_by_key(|candidate| (candidate.bits.clone(), candidate.p));
    let best = best.expect("a scheme");
    (best.p, best.bits)
}

/// The fewest bits of a sequence under any scheme.
pub(crate) fn least_bits(sequence: &[Int]) -> Int {
    choose(sequence, None, None, |place| place).bits
}

/// A source's vector of one tick.
pub(super) fn vector(source: Source, tick: &Tick<'_>) -> Vec<Int> {
    match source {
        Source::PostUDeltas => tick
            .post_u
            .iter()
            .zip(&tick.pre_u)
            .map(|(post, pre)| post - pre)
            .collect(),
        Source::Fluxes => tick.fluxes.iter().map(|flux| flux.f_e.clone()).collect(),
        Source::PreU => tick.pre_u.clone(),
        Source::PostU => tick.post_u.clone(),
        Source::PrevChain => vec![tick.prev_chain.clone()],
    }
}

/// A stream's entry in the manifest, and the digest of its values.
fn stream_entry(
    case: &Case,
    window: &Window,
    stream: &Stream,
    ticks: &[Tick<'_>],
) -> Result<(Json, Int, String), Overflow> {
    let vectors: Vec<_> = ticks
        .iter()
        .map(|tick| vector(stream.source, tick))
        .collect();
    let chosen = choose(
        &vectors.concat(),
        stream.hint,
        case.profile.preferred.as_deref(),
        case.rules.rank,
    );
    fits("bits", window.end, None, &chosen.bits)?;
    let entry = object([
        ("stream_id", text(&stream.name)),
        (
            "description",
            text(stream.description.clone().unwrap_or_default()),
        ),
        ("scheme", text(chosen.scheme.name())),
        ("params", int(chosen.p)),
        ("L_model", int(0)),
        ("L_residual", int(chosen.bits.clone())),
        ("L_total", int(chosen.bits.clone())),
    ]);
    let values = Json::List(vectors.iter().map(|vector| ints(vector)).collect());
    Ok((entry, chosen.bits, values.sha256()))
}

/// Closes a window over the ticks run so far.
pub(crate) fn close(
    case: &Case,
    window: &Window,
    primary: bool,
    history: &[Tick<'_>],
) -> Result<Manifest, Overflow> {
    let ticks: Vec<_> = history
        .iter()
        .filter(|tick| (window.start..=window.end).contains(&tick.tick))
        .cloned()
        .collect();
    let mut recorded = Vec::new();
    let mut extended = Vec::new();
    let mut bits = Vec::new();
    for stream in window.streams() {
        let (entry, length, values_sha256) = stream_entry(case, window, &stream, &ticks)?;
        recorded.push(entry.clone());
        let mut entry = entry;
        entry.insert("values_sha256", text(values_sha256));
        extended.push(entry);
        bits.push((stream.name, length));
    }
    let mut record = object([
        ("apx_name", text(&window.apx_name)),
        ("profile", text(&case.profile.name)),
        ("gid", text(&case.topology.gid)),
        ("window_id", text(&window.id)),
        ("start_tick", int(window.start)),
        ("end_tick", int(window.end)),
        ("streams", Json::List(extended)),
    ]);
    let preimage = record.canonical();
    let modulus = case.profile.modulus;
    let head = modulo(&record.sha256_head(), modulus);
    let (b1, b0) = case.profile.check.unwrap_or(CMP0_CHECK);
    let check = modulo(&(case.rules.check)(head, b1, b0), modulus);
    record.insert("streams", Json::List(recorded));
    record.insert("manifest_check", int(check.clone()));
    Ok(Manifest {
        window: window.clone(),
        primary,
        record,
        check,
        preimage,
        bits,
    })
}

#[test]
fn tallies_of_small_sequences() {
    // ID, R, GR(0) to GR(4), counted by hand.
    let table: &[(&[i64], [i64; 7])] = &[
        (&[], [0, 0, 0, 0, 0, 0, 0]),
        (&[0], [1, 2, 1, 2, 3, 4, 5]),
        (&[1], [2, 3, 2, 2, 3, 4, 5]),
        (&[-1], [2, 4, 3, 3, 3, 4, 5]),
        (&[2], [3, 5, 4, 3, 3, 4, 5]),
        (&[3, 3, 3], [9, 10, 18, 12, 12, 12, 15]),
        (&[0, 0, 5, 0], [7, 2 + 1 + 11 + 12, 13, 12, 14, 17, 20]),
    ];
    for (sequence, expected) in table {
        let sequence: Vec<Int> = sequence.iter().copied().map(Int::from).collect();
        let bits: Vec<_> = candidates(&sequence).into_iter().map(|c| c.bits).collect();
        assert_eq!(bits, expected.map(Int::from), "{sequence:?}");
    }
}

#[test]
fn zeros_cost_what_the_paper_says() {
    for (count, under_r) in [(12, 5), (16, 6), (48, 7), (64, 8)] {
        let bits: Vec<_> = candidates(&vec![Int::from(0); count])
            .into_iter()
            .map(|c| c.bits)
            .collect();
        let expected = [
            count,
            under_r,
            count,
            2 * count,
            3 * count,
            4 * count,
            5 * count,
        ];
        assert_eq!(bits, expected.map(Int::from), "{count} zeros");
    }
}

#[test]
fn the_largest_values_are_tallied_exactly() {
    let least = [Int::from(i64::MIN)];
    assert_eq!(id_bits(&least), Int::from(1 + 64));
    assert_eq!(gr_bits(&least, 0), (Int::from(1) << 64) + 1);
    assert_eq!(r_bits(&least), (Int::from(1) << 64) + 2);
}
