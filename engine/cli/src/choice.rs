//! Words of which a command knows only a few: what was probably meant by any other.

use aether_json::nearest;

use crate::exit::Failure;

/// Refuses a word that is not one of `known`.
///
/// ```text
/// unknown layer `DATE`; did you mean `DATA`? The layers are CTRL, INGRESS, DATA, EGRESS
/// ```
pub(crate) fn unknown(what: &str, given: &str, known: &[&str]) -> Failure {
    let meant = match nearest(given, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? The"),
        None => "the".to_owned(),
    };
    let known = known.join(", ");
    Failure::Input(format!(
        "unknown {what} `{given}`; {meant} {what}s are {known}"
    ))
}
