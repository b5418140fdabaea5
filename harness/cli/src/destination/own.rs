//! What the harness wrote itself, known by how it begins.

use std::io::{self, Read as _};
use std::path::Path;

use aether_disk::File;

use crate::bundle::Bundle;
use crate::reports;

/// How much of a file shows what it is.
const HEAD_BYTES: u64 = 4096;

/// How reports begin. A report as text begins with a name, so it is not among them.
const BEGINNINGS: [&str; 5] = [
    // Pages.
    "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
     <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ",
    // JUnit.
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"scenarios\" ",
    // The comment on a pull request.
    reports::MARKER,
    // Annotations.
    "::error ",
    "::warning ",
];

/// The first members of the objects that `diff`, `bisect`, `against` and `why` write, one per line.
const MEMBERS: [[&str; 2]; 4] = [
    ["equal", "scenarios"],
    ["good", "bad"],
    ["rev", "seed"],
    ["name", "at"],
];

/// Whether a file is a report or a bundle, or has no content to lose.
pub(super) fn is_own(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    let text = String::from_utf8_lossy(&head);
    Ok(text.is_empty()
        || BEGINNINGS.iter().any(|begin| text.starts_with(begin))
        || is_trial(&text)
        || is_object(&text)
        || is_picture(&text)
        || is_patch(&text)
        || Bundle::open(path).is_ok())
}

/// Whether its first line is a trial, in any version of the format.
fn is_trial(text: &str) -> bool {
    text.strip_prefix("{\"v\":").is_some_and(|text| {
        let text = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        text.starts_with(",\"trial\":\"")
    })
}

/// Whether it is what a command found, as one JSON object.
fn is_object(text: &str) -> bool {
    let mut lines = text.lines();
    let opens = lines.next() == Some("{");
    let [first, second] = [(); 2].map(|()| lines.next().unwrap_or_default());
    let has = |line: &str, member: &str| line.starts_with(&format!("  \"{member}\": "));
    opens
        && MEMBERS
            .iter()
            .any(|[one, other]| has(first, one) && has(second, other))
}

/// Whether it is a picture of `why`.
fn is_picture(text: &str) -> bool {
    text.starts_with("<svg xmlns=") && text.contains("<rect class=\"page\" ")
}

/// Whether it is a patch for each artefact, or for none.
fn is_patch(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().take(4).map(str::trim).collect();
    match lines[..] {
        ["{}"] => true,
        ["{", artefact, "{", operation] => {
            artefact.ends_with(": [") && operation.starts_with("\"op\": \"")
        }
        _ => false,
    }
}
