//! Takes warnings about a missing locale out of an error stream: they are about the machine, and not about
//! the program that is tested.

use std::io;
use std::path::Path;

use aether_disk as fs;

/// Error streams beyond this size stay as they are: who writes so much does not begin with a warning.
const BYTES_MAX: u64 = 16 << 20;

/// Rewrites the file of an error stream without such warnings.
///
/// # Errors
/// The file cannot be read or written.
pub(crate) fn drop_warnings(path: &Path) -> io::Result<()> {
    let length = fs::metadata(path)?.len();
    if length == 0 || length > BYTES_MAX {
        return Ok(());
    }
    let text = fs::read(path)?;
    match without_warnings(&text) {
        Some(rest) => fs::write(path, rest),
        None => Ok(()),
    }
}

/// The text without warnings about a missing locale; `None` if there are none.
fn without_warnings(text: &[u8]) -> Option<Vec<u8>> {
    let has = |line: &[u8], part: &str| {
        let part = part.as_bytes();
        line.windows(part.len()).any(|window| window == part)
    };
    if !has(text, "locale") {
        return None;
    }
    let mut rest = Vec::new();
    let mut is_perl = false;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        // Perl's warning has several lines, and this is the first.
        is_perl |= has(line, "perl: warning: Setting locale failed.");
        let is_bash = has(line, "warning: setlocale: ") && has(line, "cannot change locale");
        let is_of_system = line.starts_with(b"locale: Cannot set LC_");
        if !(is_perl || is_bash || is_of_system) {
            rest.extend_from_slice(line);
        }
        is_perl &= !has(line, "perl: warning: Falling back to ");
    }
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_warnings_about_the_locale_go() {
        let check = |text: &str, expected: Option<&str>| {
            let rest = without_warnings(text.as_bytes());
            let rest = rest.map(|rest| String::from_utf8(rest).unwrap());
            assert_eq!(rest.as_deref(), expected, "{text}");
        };
        check("", None);
        check("no locale here\n", None);
        check(
            "a\nbash: warning: setlocale: LC_ALL: cannot change locale (xx_YY.UTF-8)\nb",
            Some("a\nb"),
        );
        check(
            "x.sh: line 2: warning: setlocale: LC_ALL: cannot change locale (xx): No such file or \
             directory\n",
            Some(""),
        );
        check(
            "perl: warning: Setting locale failed.\nperl: warning: Please check that your locale \
             settings:\n\tLC_ALL = \"xx_YY.UTF-8\",\n\tLANG = (unset)\n    are supported and installed on \
             your system.\nperl: warning: Falling back to the standard locale (\"C\").\nlast words\n",
            Some("last words\n"),
        );
    }
}
