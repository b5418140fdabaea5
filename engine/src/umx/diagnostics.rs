//! The diagnostics that a RunConfig can enable. While they pass, they affect no record.

use crate::config::Diagnostics;
use crate::error::{DiagnosticCheck, RunError};

/// Checks the states before and after a tick; reports the first failure in node order. That the sums of both are equal,
/// the state itself asserts.
pub(crate) fn check(
    diagnostics: &Diagnostics,
    tick: u64,
    states: [&[i64]; 2],
) -> Result<(), RunError> {
    let failed = |check, id, value| RunError::Diagnostic {
        tick,
        check,
        id,
        value,
    };
    if diagnostics.allow_negative && diagnostics.limit.is_none() {
        return Ok(());
    }
    for state in states {
        for (&value, id) in state.iter().zip(1..) {
            if !diagnostics.allow_negative && value < 0 {
                return Err(failed(DiagnosticCheck::AllowNegative, Some(id), value));
            }
            let limit = diagnostics.limit.map(i64::unsigned_abs);
            if limit.is_some_and(|limit| value.unsigned_abs() > limit) {
                return Err(failed(DiagnosticCheck::Limit, Some(id), value));
            }
        }
    }
    Ok(())
}
