//! The diagnostics that a RunConfig can enable. While they pass, they affect no record.

use crate::config::Diagnostics;
use crate::error::{DiagnosticCheck, RunError};
use crate::record::UmxLedger;

/// Checks one tick; reports the first failure in node order.
pub(crate) fn check(diagnostics: &Diagnostics, ledger: &UmxLedger) -> Result<(), RunError> {
    let failed = |check, id, value| RunError::Diagnostic {
        tick: ledger.tick,
        check,
        id,
        value,
    };
    if diagnostics.conservation && ledger.sum_post_u != ledger.z_check {
        return Err(failed(
            DiagnosticCheck::Conservation,
            None,
            ledger.sum_post_u,
        ));
    }
    for states in [&ledger.pre_u, &ledger.post_u] {
        for (&value, id) in states.iter().zip(1..) {
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
