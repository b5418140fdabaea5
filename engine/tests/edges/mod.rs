//! Tests at the limits of numbers: runs that must overflow, with the expected error, and runs that
//! must not.
//!
//! Each row states the expected result, computed by hand. The oracle is compared with it, and the
//! engine with both.

mod aeon;
mod chain;
mod codex;
mod extremes;
mod overflow;

use crate::compare::assert_equals_oracle;
use crate::oracle::{Case, Json, Overflow, StRule, run};

/// A case and its expected result.
struct Row {
    name: &'static str,
    case: Case,
    ends: Ends,
}

enum Ends {
    /// The run completes, and every claim about the export holds: a path and the number there.
    Complete(Vec<(&'static str, i64)>),
    Overflow(&'static str, u64, Option<usize>),
}

fn complete(name: &'static str, case: Case, claims: &[(&'static str, i64)]) -> Row {
    Row {
        name,
        case,
        ends: Ends::Complete(claims.to_vec()),
    }
}

fn overflow(
    name: &'static str,
    case: Case,
    operation: &'static str,
    tick: u64,
    id: impl Into<Option<usize>>,
) -> Row {
    Row {
        name,
        case,
        ends: Ends::Overflow(operation, tick, id.into()),
    }
}

fn check(rows: Vec<Row>) {
    for Row { name, case, ends } in rows {
        match (run(&case), ends) {
            (Ok(outcome), Ends::Complete(claims)) => {
                for (path, expected) in claims {
                    assert_eq!(
                        at(&outcome.export, path).number(),
                        expected,
                        "{name}: {path}"
                    );
                }
            }
            (Err(found), Ends::Overflow(operation, tick, id)) => {
                assert_eq!(
                    found.overflow,
                    Overflow {
                        operation,
                        tick,
                        id
                    },
                    "{name}"
                );
            }
            (Ok(_), Ends::Overflow(..)) => panic!("{name}: the oracle completes"),
            (Err(found), Ends::Complete(_)) => {
                panic!("{name}: the oracle ends with {:?}", found.overflow)
            }
        }
        assert_equals_oracle(name, &case);
    }
}

/// A member by a path such as `ledgers.0.edges.2.raw`.
fn at<'a>(export: &'a Json, path: &str) -> &'a Json {
    path.split('.')
        .fold(export, |value, part| match part.parse::<usize>() {
            Ok(index) => &value.list()[index],
            Err(_) => value.member(part),
        })
}

/// The case with an s_t that no state can make overflow.
fn calm(mut case: Case) -> Case {
    case.profile.s_t = StRule::Constant(0);
    case
}
