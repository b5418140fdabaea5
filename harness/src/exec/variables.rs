//! The environment variables that a changed environment sets and removes.
//!
//! A subject may name variables that its program is given as they are ([`Prepared::pass`]): then all others
//! are removed for that program, except for those that the system needs to start a process.
//!
//! [`Prepared::pass`]: crate::Prepared::pass

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use super::EnvironmentChange;
use super::locale;
use crate::varying::{HOME, HOST, USER};

/// What becomes of one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Altered {
    pub(crate) name: String,
    pub(crate) to: Alteration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alteration {
    /// It has this value.
    Set(OsString),
    /// It is removed.
    Removed,
    /// It is removed for the program that the subject starts, and only there: this program may need it.
    RemovedForProgram,
}

/// Variables that stay, because without them the system starts no process or finds no program.
const NEEDED: &[&str] = if cfg!(windows) {
    &[
        "COMSPEC",
        "PATH",
        "PATHEXT",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "WINDIR",
    ]
} else {
    &[
        "DYLD_FALLBACK_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "LD_LIBRARY_PATH",
        "PATH",
    ]
};

/// The variables that a run may inherit.
pub(crate) struct Inherited<'a> {
    /// Their names.
    pub(crate) names: &'a BTreeSet<String>,
    /// Those that may be neither removed nor changed; `None` if the subject does not say.
    pub(crate) pass: Option<&'a [String]>,
}

impl Inherited<'_> {
    /// What a change does to variables, by name.
    pub(crate) fn altered(&self, change: EnvironmentChange, scratch: &Path) -> Vec<Altered> {
        let set = set_by(change, scratch);
        let is_set = |name: &str| set.iter().any(|(set, _)| *set == name);
        let removed = self
            .names
            .iter()
            .filter(|name| owner(name) == change && !is_set(name))
            .filter_map(|name| {
                let to = if is_of_a_build(name) {
                    Alteration::Removed
                } else if self.pass.is_some() && !is_needed(name) {
                    Alteration::RemovedForProgram
                } else {
                    return None;
                };
                let name = name.clone();
                Some(Altered { name, to })
            });
        let mut altered: Vec<Altered> = removed.collect();
        altered.extend(set.into_iter().map(|(name, value)| Altered {
            name: name.to_owned(),
            to: Alteration::Set(value),
        }));
        let passes = |name: &String| self.pass.is_some_and(|pass| pass.contains(name));
        altered.retain(|altered| !passes(&altered.name));
        altered.sort_by(|a, b| a.name.cmp(&b.name));
        altered
    }
}

/// The variables that a change sets.
fn set_by(change: EnvironmentChange, scratch: &Path) -> Vec<(&'static str, OsString)> {
    match change {
        EnvironmentChange::Variables => vec![
            ("HOME", scratch.join(HOME).into()),
            ("USER", USER.into()),
            ("LOGNAME", USER.into()),
            ("HOSTNAME", HOST.into()),
            ("COLUMNS", "41".into()),
            ("NO_COLOR", "1".into()),
            ("UNHEARD_OF", "x".repeat(777).into()),
        ],
        EnvironmentChange::Locale => {
            let locale = locale::other();
            vec![
                ("LC_ALL", locale.into()),
                ("LANG", locale.into()),
                ("LANGUAGE", "tr".into()),
            ]
        }
        // Thirteen and three quarter hours off, even if no zones are installed.
        EnvironmentChange::TimeZone => vec![("TZ", "ELSE-13:45".into())],
        // Rust's own seeds are new in every process; other languages read theirs from a variable.
        EnvironmentChange::HashSeeds => vec![
            ("PYTHONHASHSEED", "4242".into()),
            ("PERL_HASH_SEED", "4242".into()),
        ],
        _ => Vec::new(),
    }
}

/// The variables that a change sets for a program that is not a run of a scenario.
pub(super) fn for_any_program(change: EnvironmentChange) -> Vec<(&'static str, OsString)> {
    // Its home is where a program keeps what it was installed with.
    let mut set = set_by(change, Path::new(""));
    set.retain(|(name, _)| *name != "HOME");
    set
}

/// The change that a variable belongs to.
fn owner(name: &str) -> EnvironmentChange {
    match name {
        "TZ" => EnvironmentChange::TimeZone,
        "LANG" | "LANGUAGE" => EnvironmentChange::Locale,
        "PYTHONHASHSEED" | "PERL_HASH_SEED" => EnvironmentChange::HashSeeds,
        name if name.starts_with("LC_") => EnvironmentChange::Locale,
        _ => EnvironmentChange::Variables,
    }
}

/// Whether cargo and rustup set it for what they start.
fn is_of_a_build(name: &str) -> bool {
    name.starts_with("CARGO_") || name.starts_with("RUST")
}

fn is_needed(name: &str) -> bool {
    NEEDED.iter().any(|needed| {
        if cfg!(windows) {
            needed.eq_ignore_ascii_case(name)
        } else {
            *needed == name
        }
    })
}

/// The names of the variables of this process.
pub(crate) fn inherited() -> BTreeSet<String> {
    std::env::vars_os()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn altered(change: EnvironmentChange, names: &[&str], pass: Option<&[&str]>) -> Vec<String> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let pass: Option<Vec<String>> =
            pass.map(|pass| pass.iter().map(|&name| name.to_owned()).collect());
        let inherited = Inherited {
            names: &names,
            pass: pass.as_deref(),
        };
        let altered = inherited.altered(change, Path::new("/s"));
        altered
            .into_iter()
            .map(|Altered { name, to }| match to {
                Alteration::Set(_) => format!("{name}="),
                Alteration::Removed => format!("-{name}"),
                Alteration::RemovedForProgram => format!("-{name} for the program"),
            })
            .collect()
    }

    #[test]
    fn what_is_not_passed_is_removed() {
        use EnvironmentChange::{HashSeeds, Locale, TimeZone, Umask, Variables};
        let names = &[
            "PATH",
            "EDITOR",
            "HOME",
            "CARGO_HOME",
            "TZ",
            "LC_TIME",
            "LANG",
        ];
        const SET: [&str; 7] = [
            "COLUMNS=",
            "HOME=",
            "HOSTNAME=",
            "LOGNAME=",
            "NO_COLOR=",
            "UNHEARD_OF=",
            "USER=",
        ];
        let with = |others: &[&str], without: &[&str]| -> Vec<String> {
            let mut all = SET.to_vec();
            all.retain(|name| !without.contains(name));
            all.extend(others);
            all.sort_by_key(|name| name.trim_start_matches('-').replace([' ', '='], "\0"));
            all.into_iter().map(str::to_owned).collect()
        };
        // A subject without a list runs in a program of its own, which keeps what it needs.
        assert_eq!(altered(Variables, names, None), with(&["-CARGO_HOME"], &[]));
        assert_eq!(
            altered(Variables, names, Some(&[])),
            with(&["-CARGO_HOME", "-EDITOR for the program"], &[])
        );
        assert_eq!(
            altered(Variables, names, Some(&["EDITOR", "HOME", "CARGO_HOME"])),
            with(&[], &["HOME="])
        );
        assert_eq!(
            altered(Locale, names, Some(&["LANG"])),
            ["LANGUAGE=", "LC_ALL=", "-LC_TIME for the program"]
        );
        assert_eq!(altered(TimeZone, names, Some(&["TZ"])), [""; 0]);
        assert_eq!(altered(TimeZone, names, None), ["TZ="]);
        assert_eq!(
            altered(HashSeeds, names, None),
            ["PERL_HASH_SEED=", "PYTHONHASHSEED="]
        );
        assert_eq!(altered(Umask, names, Some(&[])), [""; 0]);
    }
}
