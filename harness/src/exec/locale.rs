//! A locale that this machine has and that is not the one in use.
//!
//! With a locale that it does not have, bash and perl write a warning, which is not what a run depends on.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Locales that differ much from others, the best first: another decimal sign, another case of `i`.
const FAVOURITES: [&str; 6] = ["tr_TR", "de_DE", "fr_FR", "sv_SE", "es_ES", "pt_BR"];

/// The locale that a changed environment has.
pub(crate) fn other() -> &'static str {
    static OTHER: OnceLock<String> = OnceLock::new();
    OTHER.get_or_init(|| chosen(&installed(), &in_use()))
}

/// The locales of this machine, as it spells them.
fn installed() -> Vec<String> {
    let asked = Command::new("locale")
        .arg("-a")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    // A system without the command has the locale that every system has.
    let listed = asked.map(|output| output.stdout).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    listed.lines().map(str::to_owned).collect()
}

/// The locale of this process.
fn in_use() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the changed environment has another locale than this"
    )]
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let found = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    found.unwrap_or_else(|| "C".to_owned())
}

/// A locale in one spelling: `tr_TR.UTF-8` and `tr_TR.utf8` are the same.
fn plain(locale: &str) -> String {
    let plain = locale.to_lowercase().replace("utf-8", "utf8");
    if plain == "posix" {
        "c".to_owned()
    } else {
        plain
    }
}

/// One of those that are installed, and another than the one in use if there is one.
fn chosen(installed: &[String], in_use: &str) -> String {
    let in_use = plain(in_use);
    let is_other = |locale: &&String| plain(locale) != in_use;
    let is_unicode = |locale: &&String| plain(locale).ends_with(".utf8");
    let favourite = FAVOURITES.iter().find_map(|favourite| {
        let of_it = |locale: &&String| locale.starts_with(favourite);
        let mut found = installed.iter().filter(of_it).filter(is_other);
        found.find(is_unicode)
    });
    let named = |name: &str| installed.iter().find(|locale| plain(locale) == plain(name));
    let is_plain = |locale: &&String| matches!(plain(locale).as_str(), "c" | "c.utf8");
    let any = || {
        let mut others = installed.iter().filter(is_other).filter(is_unicode);
        others.find(|locale| !is_plain(locale))
    };
    let found = favourite
        .or_else(any)
        .or_else(|| named("C.UTF-8").filter(is_other))
        .map_or("C", String::as_str);
    match found.strip_suffix(".utf8") {
        Some(language) => format!("{language}.UTF-8"),
        None => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_is_installed_and_another_one() {
        let check = |installed: &[&str], in_use: &str, expected: &str| {
            let installed: Vec<String> = installed.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(
                chosen(&installed, in_use),
                expected,
                "{installed:?} {in_use}"
            );
        };
        let all = &["C", "C.utf8", "POSIX", "de_DE.utf8", "tr_TR", "tr_TR.utf8"];
        check(all, "en_GB.UTF-8", "tr_TR.UTF-8");
        check(all, "tr_TR.UTF-8", "de_DE.UTF-8");
        check(&["C", "C.utf8", "nl_NL.utf8"], "C", "nl_NL.UTF-8");
        check(&["C", "C.utf8", "POSIX"], "POSIX", "C.UTF-8");
        check(&["C", "C.utf8", "POSIX"], "C.UTF-8", "C");
        check(&[], "C", "C");
    }

    #[test]
    fn what_is_chosen_here_brings_no_warning() {
        let Ok(output) = Command::new("bash")
            .args(["-c", "true"])
            .env("LC_ALL", other())
            .output()
        else {
            return;
        };
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}
