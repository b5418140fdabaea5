//! Descriptors and AEON windows at the limits of numbers.

use super::{Row, calm, check, complete, overflow};
use crate::oracle::{Aeon, Case, Json, Scheme, Source, Stream, plain};

const MIN: i64 = i64::MIN;
const MAX: i64 = i64::MAX;

/// A grammar whose window `a` has all ticks; `more` are its derived windows.
fn grammar(ticks: u64, more: &str) -> Json {
    Json::parse(&format!(
        r#"{{"base_windows":{{"a":{{"window_id":"a","tick_start":1,"tick_end":{ticks},"press_window_id":"W1"}}}},
            "derived_windows":{{{more}}}}}"#
    ))
}

/// Runs descriptors on the stream `S` of a case, over all ticks.
fn described(mut case: Case, source: Source, apxi: &str) -> Case {
    let stream = Stream {
        name: "S".to_owned(),
        source,
        hint: Some(Scheme::Id),
        description: None,
    };
    case.run.windows[0].streams = Some(vec![stream]);
    case.aeon = Some(Aeon {
        grammar: grammar(case.run.ticks, ""),
        apxi: Some(Json::parse(apxi)),
        named: [("W1".to_owned(), "a".to_owned())].into(),
    });
    case
}

/// One node that keeps a value, and a descriptor of its state under ID.
fn kept(value: i64, kind: &str, params: &str) -> Case {
    let apxi = format!(
        r#"{{"residual_scheme":"ID","descriptors":[{{"descriptor_id":"D","descriptor_type":"{kind}",
            "window_id":"a","stream_id":"S","params":{params}}}]}}"#
    );
    described(calm(plain(&[value], &[], 0, 0, 3)), Source::PreU, &apxi)
}

fn constant(value: i64, model: i64) -> Case {
    kept(value, "CONST_SEGMENT", &format!(r#"{{"value":{model}}}"#))
}

const RESIDUAL: &str = "apxi_views.0.descriptors_by_stream.S.0.L_residual";

fn fits(name: &'static str, case: Case, residual: i64) -> Row {
    complete(name, case, &[(RESIDUAL, residual)])
}

#[test]
fn residuals() {
    let line = |value, params| kept(value, "LINEAR_TREND", params);
    check(vec![
        fits("the greatest residual", constant(0, -MAX), 3 * (1 + 63)),
        fits("the least residual", constant(-1, MAX), 3 * (1 + 64)),
        overflow("one beyond the greatest", constant(0, MIN), "bits", 3, None),
        overflow("one beyond the least", constant(-2, MAX), "bits", 3, None),
        fits("far apart and equal", constant(MIN, MIN), 3),
        fits(
            "a line that starts at the first number",
            line(
                0,
                r#"{"intercept":0,"slope":0,"start_tick":-9223372036854775808}"#,
            ),
            3,
        ),
        overflow(
            "a line that starts there and rises",
            line(
                0,
                r#"{"intercept":0,"slope":1,"start_tick":-9223372036854775808}"#,
            ),
            "bits",
            3,
            None,
        ),
        // 0 − (−2^63 + (t + 2^63)) = −t
        fits(
            "a line that comes back",
            line(
                0,
                r#"{"intercept":-9223372036854775808,"slope":1,"start_tick":-9223372036854775808}"#,
            ),
            2 + 3 + 3,
        ),
        overflow(
            "the steepest line",
            line(
                0,
                r#"{"intercept":-9223372036854775808,"slope":-9223372036854775808,"start_tick":9223372036854775807}"#,
            ),
            "bits",
            3,
            None,
        ),
        fits(
            "a pattern for ever",
            kept(
                7,
                "RUN_SEGMENT",
                r#"{"pattern":[7,[7]],"repeats":9223372036854775807}"#,
            ),
            3,
        ),
        fits(
            "a pattern that ends",
            kept(7, "RUN_SEGMENT", r#"{"pattern":[7],"repeats":2}"#),
            1 + 1 + 4,
        ),
    ]);
}

/// A delta of 2^64 − 2 does not fit 64 bits. A residual of it may, and a descriptor that has to write it
/// is not found.
#[test]
fn deltas_beyond_64_bits() {
    let mut swing = calm(plain(&[-MAX, 0, 0], &[(2, 1), (3, 1)], 1, MAX, 1));
    swing.topology.sc = 1;
    swing.profile.sc = 1;
    let apxi = |value: i64| {
        format!(
            r#"{{"residual_scheme":"ID","discover":true,"descriptors":[{{"descriptor_id":"D",
                "descriptor_type":"CONST_SEGMENT","window_id":"a","stream_id":"S",
                "params":{{"value":[{value},0,0]}}}}]}}"#
        )
    };
    let case = |value| described(swing.clone(), Source::PostUDeltas, &apxi(value));
    check(vec![
        // 2^64 − 2 − (2^63 − 1) = 2^63 − 1, and −(2^63 − 1) twice.
        fits("a residual that fits", case(MAX), 3 * (1 + 63)),
        overflow("a residual that does not", case(MAX - 1), "bits", 1, None),
    ]);
}

#[test]
fn lengths() {
    let again = |times: usize| {
        let again = r#""b":{"window_id":"b","source_ids":["a"],"aggregation":"union"},
            "c":{"window_id":"c","source_ids":["b"],"aggregation":"union"},
            "d":{"window_id":"d","source_ids":["a","b","c"],"aggregation":"NAME"}"#;
        let name = if times == 3 { "concat" } else { "aggregate" };
        let mut case = calm(plain(&[MIN], &[], 0, 0, 4));
        case.run.windows[0].streams = Some(vec![Stream {
            name: "S".to_owned(),
            source: Source::PreU,
            hint: Some(Scheme::Gr),
            description: None,
        }]);
        case.aeon = Some(Aeon {
            grammar: grammar(4, &again.replace("NAME", name)),
            apxi: None,
            named: [].into(),
        });
        case
    };
    let total = 4 * ((1 << 60) + 5);
    check(vec![
        complete(
            "a window that is covered once",
            again(1),
            &[("aeon_views.3.l_total.S", total), ("metrics.aeon_views", 4)],
        ),
        overflow(
            "a window that is covered three times",
            again(3),
            "bits",
            4,
            None,
        ),
        // A residual of 2^62 under R: 1 + 2^63 bits for the first.
        overflow(
            "a residual whose bits do not fit",
            {
                let mut case = constant(1 << 62, 0);
                let aeon = case.aeon.as_mut().expect("a grammar");
                aeon.apxi
                    .as_mut()
                    .expect("descriptors")
                    .insert("residual_scheme", Json::Text("R".to_owned()));
                case
            },
            "bits",
            3,
            None,
        ),
    ]);
}
