//! The oracle's views of AEON windows and descriptors: lists of ticks, and sequences in big integers.

use std::collections::{BTreeMap, BTreeSet};

use super::press::{bits_under, ceil_log2, vector};
use super::{Case, Int, Json, Manifest, Overflow, Source, Tick, Window};
use super::{fits, int, least_bits, object, text};

/// A grammar and what is tried on its windows, as the documents have them.
#[derive(Clone)]
pub(crate) struct Aeon {
    pub(crate) grammar: Json,
    pub(crate) apxi: Option<Json>,
    /// The AEON window that windows of the run name, by `window_id`.
    pub(crate) named: BTreeMap<String, String>,
}

impl Aeon {
    fn base(&self, id: &str) -> Option<&Json> {
        self.grammar.member("base_windows").optional(id)
    }

    fn derived(&self, id: &str) -> Option<&Json> {
        given(&self.grammar, "derived_windows")?.optional(id)
    }

    /// The ticks of a window in their order.
    pub(crate) fn ticks(&self, id: &str) -> Vec<u64> {
        if let Some(base) = self.base(id) {
            let tick = |field| base.member(field).number().unsigned_abs();
            return (tick("tick_start")..=tick("tick_end")).collect();
        }
        let derived = self.derived(id).expect("a window");
        let sources = derived.member("source_ids").list().iter();
        let all: Vec<u64> = sources
            .flat_map(|source| self.ticks(source.str()))
            .collect();
        match derived.member("aggregation").str() {
            "union" | "aggregate" => BTreeSet::from_iter(all).into_iter().collect(),
            _ => all,
        }
    }

    /// The windows of the run that the base windows of a window name, each as often as it is covered.
    fn covered(&self, id: &str, manifests: &[Manifest]) -> Vec<String> {
        if let Some(base) = self.base(id) {
            let press = given(base, "press_window_id");
            let press = press.map(|press| named_manifest(manifests, press.str()));
            return press
                .map(|press| press.window.id.clone())
                .into_iter()
                .collect();
        }
        let derived = self.derived(id).expect("a window");
        let sources = derived.member("source_ids").list().iter();
        let all: Vec<String> = sources
            .flat_map(|source| self.covered(source.str(), manifests))
            .collect();
        match derived.member("aggregation").str() {
            "union" | "aggregate" => BTreeSet::from_iter(all).into_iter().collect(),
            _ => all,
        }
    }
}

/// A member that is there and not null.
fn given<'j>(value: &'j Json, key: &str) -> Option<&'j Json> {
    value.optional(key).filter(|value| **value != Json::Null)
}

fn or_null(value: Option<&Json>) -> Json {
    value.cloned().unwrap_or(Json::Null)
}

/// The manifest of the window that a `press_window_id` names.
fn named_manifest<'m>(manifests: &'m [Manifest], name: &str) -> &'m Manifest {
    let by = |of: fn(&Window) -> &String| manifests.iter().find(|m| of(&m.window) == name);
    by(|window| &window.id)
        .or_else(|| by(|window| &window.apx_name))
        .expect("a window of the run")
}

/// `aeon_views`, at the end of the run.
pub(super) fn aeon_views(case: &Case, manifests: &[Manifest]) -> Result<Vec<Json>, Overflow> {
    let Some(aeon) = &case.aeon else {
        return Ok(Vec::new());
    };
    let mut views = Vec::new();
    for group in ["base_windows", "derived_windows"] {
        if let Some(Json::Object(windows)) = given(&aeon.grammar, group) {
            for (id, window) in windows {
                views.push(aeon_view(case, aeon, (id, window), manifests)?);
            }
        }
    }
    Ok(views)
}

fn aeon_view(
    case: &Case,
    aeon: &Aeon,
    (id, window): (&str, &Json),
    manifests: &[Manifest],
) -> Result<Json, Overflow> {
    let ticks = aeon.ticks(id);
    let mut spans: Vec<[u64; 2]> = Vec::new();
    for (k, &tick) in ticks.iter().enumerate() {
        if k > 0 && ticks[k - 1] + 1 == tick {
            spans.last_mut().expect("a span before it")[1] = tick;
        } else {
            spans.push([tick, tick]);
        }
    }
    let spans = spans
        .iter()
        .map(|[a, b]| Json::List(vec![int(*a), int(*b)]))
        .collect();
    let covered = aeon.covered(id, manifests);
    let mut sums: BTreeMap<String, Int> = BTreeMap::new();
    for press in &covered {
        for (stream, bits) in &named_manifest(manifests, press).bits {
            *sums.entry(stream.clone()).or_insert_with(|| Int::from(0)) += bits;
        }
    }
    for sum in sums.values() {
        fits("bits", case.run.ticks, None, sum)?;
    }
    let sums = sums
        .into_iter()
        .map(|(stream, bits)| (stream, int(bits)))
        .collect();
    let press = given(window, "press_window_id");
    let is_base = aeon.base(id).is_some();
    Ok(object([
        ("window_id", text(id)),
        ("kind", text(if is_base { "base" } else { "derived" })),
        ("aggregation", or_null(given(window, "aggregation"))),
        (
            "labels",
            given(window, "labels")
                .cloned()
                .unwrap_or(Json::List(vec![])),
        ),
        ("parent_id", or_null(given(window, "parent_id"))),
        (
            "source_ids",
            given(window, "source_ids")
                .cloned()
                .unwrap_or(Json::List(vec![])),
        ),
        ("press_window_id", or_null(press)),
        ("spans", Json::List(spans)),
        ("ticks", int(ticks.len())),
        (
            "manifest_hash",
            press.map_or(Json::Null, |press| {
                text(named_manifest(manifests, press.str()).record.sha256())
            }),
        ),
        (
            "l_total",
            if covered.is_empty() {
                Json::Null
            } else {
                Json::Object(sums)
            },
        ),
    ]))
}

/// The view of a window that closes, if it has one.
pub(super) fn apxi_view(
    case: &Case,
    window: &Window,
    history: &[Tick<'_>],
) -> Result<Option<Json>, Overflow> {
    let Some(aeon) = &case.aeon else {
        return Ok(None);
    };
    let (Some(apxi), Some(aeon_id)) = (&aeon.apxi, aeon.named.get(&window.id)) else {
        return Ok(None);
    };
    if apxi.optional("enabled") == Some(&Json::Bool(false)) {
        return Ok(None);
    }
    let scheme = given(apxi, "residual_scheme").map_or("R", Json::str);
    let mut by_stream = object([]);
    for stream in window.streams() {
        let sequence = Sequence::of(aeon, aeon_id, stream.source, history);
        let mut entries = Vec::new();
        let all = given(apxi, "descriptors").map_or(&[][..], Json::list);
        for descriptor in all {
            let is_of = |field, value: &str| descriptor.member(field).str() == value;
            if is_of("window_id", aeon_id) && is_of("stream_id", &stream.name) {
                let entry = sequence.entry(descriptor, scheme, window.end)?;
                entries.push(entry.0);
            }
        }
        if apxi.optional("discover") == Some(&Json::Bool(true)) {
            entries.extend(sequence.discover(aeon_id, &stream.name, scheme));
        }
        if !entries.is_empty() {
            by_stream.insert(&stream.name, Json::List(entries));
        }
    }
    Ok(Some(object([
        ("apx_name", text(&window.apx_name)),
        ("window_id", text(&window.id)),
        ("aeon_window_id", text(aeon_id)),
        ("residual_scheme", text(scheme)),
        ("descriptors_by_stream", by_stream),
    ])))
}

/// The vectors of a stream at the ticks of an AEON window.
struct Sequence {
    ticks: Vec<u64>,
    vectors: Vec<Vec<Int>>,
}

impl Sequence {
    fn of(aeon: &Aeon, id: &str, source: Source, history: &[Tick<'_>]) -> Self {
        let ticks = aeon.ticks(id);
        let at = |tick: &u64| {
            history
                .iter()
                .find(|other| other.tick == *tick)
                .expect("a tick")
        };
        let vectors = ticks.iter().map(|tick| vector(source, at(tick))).collect();
        Self { ticks, vectors }
    }

    /// What a descriptor says of one component of the k-th vector.
    fn model(&self, descriptor: &Json, k: usize, component: usize) -> Int {
        let params = descriptor.member("params");
        let number = |numbers: &Json| match numbers {
            Json::List(list) => Int::from(list[component].number()),
            same => Int::from(same.number()),
        };
        match descriptor.member("descriptor_type").str() {
            "CONST_SEGMENT" => number(params.member("value")),
            "RUN_SEGMENT" => {
                let pattern = params.member("pattern").list();
                let last = Int::from(params.member("repeats").number()) * pattern.len();
                if Int::from(k) < last {
                    number(&pattern[k % pattern.len()])
                } else {
                    Int::from(0)
                }
            }
            "LINEAR_TREND" => {
                let start = given(params, "start_tick").map(|tick| Int::from(tick.number()));
                let start = start.unwrap_or_else(|| Int::from(self.ticks[0]));
                let passed = Int::from(self.ticks[k]) - start;
                number(params.member("intercept")) + number(params.member("slope")) * passed
            }
            other => panic!("descriptor type {other}"),
        }
    }

    /// The record of a descriptor, and its L_total.
    fn entry(&self, descriptor: &Json, scheme: &str, end: u64) -> Result<(Json, Int), Overflow> {
        let mut residual = Vec::new();
        for (k, vector) in self.vectors.iter().enumerate() {
            for (component, value) in vector.iter().enumerate() {
                residual.push(value - self.model(descriptor, k, component));
            }
        }
        for value in &residual {
            fits("bits", end, None, value)?;
        }
        let model = model_bits(descriptor.member("params"));
        let (p, bits) = bits_under(scheme, &residual);
        let total = &model + &bits;
        fits("bits", end, None, &total)?;
        let entry = object([
            ("descriptor", descriptor.clone()),
            ("residual_scheme", text(scheme)),
            ("params", int(p)),
            ("L_model", int(model)),
            ("L_residual", int(bits)),
            ("L_total", int(total.clone())),
        ]);
        Ok((entry, total))
    }

    /// The best of the three that are tried, if it saves bits.
    fn discover(&self, aeon_id: &str, stream: &str, scheme: &str) -> Option<Json> {
        let n = self.vectors.len();
        let count = |vector: &Vec<Int>| self.vectors.iter().filter(|v| *v == vector).count();
        let most = self.vectors.iter().map(count).max()?;
        let constant = self.vectors.iter().find(|vector| count(vector) == most)?;
        let list = |vector: &Vec<Int>| Json::List(vector.iter().cloned().map(int).collect());
        let mut tried = vec![("CONST_SEGMENT", object([("value", list(constant))]))];
        for m in 1..=n.min(8) {
            let pattern = Json::List(self.vectors[..m].iter().map(list).collect());
            let params = object([("pattern", pattern), ("repeats", int(n / m))]);
            tried.push(("RUN_SEGMENT", params));
        }
        if n >= 2 {
            let slope = self.vectors[1].iter().zip(&self.vectors[0]);
            let slope = slope.map(|(second, first)| second - first).collect();
            let params = object([
                ("intercept", list(&self.vectors[0])),
                ("slope", list(&slope)),
            ]);
            tried.push(("LINEAR_TREND", params));
        }
        let mut best: Option<(Json, Int)> = None;
        for (name, params) in tried {
            if !all_numbers_fit(&params) {
                continue;
            }
            let descriptor = object([
                ("descriptor_id", text(format!("FOUND_{stream}"))),
                ("descriptor_type", text(name)),
                ("window_id", text(aeon_id)),
                ("stream_id", text(stream)),
                ("params", params),
                ("labels", Json::List(vec![text("found")])),
            ]);
            let Ok((entry, total)) = self.entry(&descriptor, scheme, 0) else {
                continue;
            };
            if best.as_ref().is_none_or(|(_, least)| total < *least) {
                best = Some((entry, total));
            }
        }
        let (entry, total) = best?;
        (total < least_bits(&self.vectors.concat())).then_some(entry)
    }
}

/// Whether all numbers can be written in a record.
fn all_numbers_fit(value: &Json) -> bool {
    match value {
        Json::Number(number) => i64::try_from(number).is_ok(),
        Json::List(list) => list.iter().all(all_numbers_fit),
        Json::Object(members) => members.values().all(all_numbers_fit),
        _ => true,
    }
}

/// 2, and the bits of each number and each list.
fn model_bits(params: &Json) -> Int {
    fn bits(value: &Json) -> Int {
        let size = |number: Int| Int::from(1 + ceil_log2(&(number + 1)));
        match value {
            Json::Number(number) => size(number.magnitude().clone().into()),
            Json::List(list) => size(Int::from(list.len())) + list.iter().map(bits).sum::<Int>(),
            other => panic!("{other:?} among the parameters"),
        }
    }
    let Json::Object(members) = params else {
        panic!("parameters are an object");
    };
    Int::from(2) + members.values().map(bits).sum::<Int>()
}

#[test]
fn models_cost_what_the_page_says() {
    for (params, expected) in [
        (r#"{"value":0}"#, 3),
        (r#"{"value":-1}"#, 4),
        (r#"{"value":[0,3]}"#, 2 + 3 + 1 + 3),
        (r#"{"intercept":0,"slope":1}"#, 2 + 1 + 2),
        (r#"{"pattern":[5,[0,1]],"repeats":2}"#, 2 + 3 + 4 + 6 + 3),
    ] {
        assert_eq!(
            model_bits(&Json::parse(params)),
            Int::from(expected),
            "{params}"
        );
    }
}
