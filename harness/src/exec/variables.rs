//! The environment variables that a changed environment sets and removes.
//!
//! A subject may name variables that its program is given as they are ([`Prepared::pass`]): then all others
//! are removed for that program, except for those that the system needs to start a process.
//!
//! [`Prepared::pass`]: crate::Prepared::pass

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::EnvironmentChange;
use super::locale;
use crate::varying::{HOME, HOSTS, USERS};

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
    /// Their values, by name.
    pub(crate) values: &'a BTreeMap<String, OsString>,
    /// Those that may be neither removed nor changed; `None` if the subject does not say.
    pub(crate) pass: Option<&'a [String]>,
}

impl Inherited<'_> {
    /// What a change does to variables, by name.
    pub(crate) fn altered(&self, change: EnvironmentChange, scratch: &Path) -> Vec<Altered> {
        let set = set_by(change, scratch, self.values);
        let is_set = |name: &str| set.iter().any(|(set, _)| *set == name);
        let removed = self
            .values
            .keys()
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

/// The variables that a change sets. Each has two values, and is given the first that it does not have: a change
/// that changes nothing would show nothing.
fn set_by(
    change: EnvironmentChange,
    scratch: &Path,
    now: &BTreeMap<String, OsString>,
) -> Vec<(&'static str, OsString)> {
    // The directory of one run: no other has this home.
    let home = || scratch.join(HOME).into();
    let values: Vec<(&str, [OsString; 2])> = match change {
        EnvironmentChange::Variables => vec![
            ("HOME", [home(), home()]),
            ("USER", USERS.map(Into::into)),
            ("LOGNAME", USERS.map(Into::into)),
            ("HOSTNAME", HOSTS.map(Into::into)),
            ("COLUMNS", ["41", "43"].map(Into::into)),
            ("NO_COLOR", ["1", "yes"].map(Into::into)),
            (
                "UNHEARD_OF",
                [777, 778].map(|length| "x".repeat(length).into()),
            ),
        ],
        EnvironmentChange::Locale => {
            let locale = locale::other();
            vec![
                ("LC_ALL", [locale, "POSIX"].map(Into::into)),
                ("LANG", [locale, "POSIX"].map(Into::into)),
                ("LANGUAGE", ["tr", "de"].map(Into::into)),
            ]
        }
        // Thirteen and three quarter hours off, or half an hour less, even if no zones are installed.
        EnvironmentChange::TimeZone => vec![("TZ", ["ELSE-13:45", "ELSE-13:15"].map(Into::into))],
        // Rust's own seeds are new in every process; other languages read theirs from a variable.
        EnvironmentChange::HashSeeds => ["PYTHONHASHSEED", "PERL_HASH_SEED"]
            .map(|name| (name, ["4242", "2424"].map(Into::into)))
            .to_vec(),
        _ => Vec::new(),
    };
    let other_than_now = |(name, [first, second]): (&'static str, [OsString; 2])| {
        let is_now = now.get(name) == Some(&first);
        (name, if is_now { second } else { first })
    };
    values.into_iter().map(other_than_now).collect()
}

/// The variables that a change sets for a program that is not a run of a scenario.
pub(super) fn for_any_program(change: EnvironmentChange) -> Vec<(&'static str, OsString)> {
    let mut set = set_by(change, Path::new(""), &inherited());
    // Its home is where a program keeps what it was installed with.
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

/// The variables of this process.
pub(crate) fn inherited() -> BTreeMap<String, OsString> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn altered(change: EnvironmentChange, names: &[&str], pass: Option<&[&str]>) -> Vec<String> {
        let values = names.iter().map(|&name| (name.to_owned(), OsString::new()));
        let values = values.collect();
        let pass: Option<Vec<String>> =
            pass.map(|pass| pass.iter().map(|&name| name.to_owned()).collect());
        let inherited = Inherited {
            values: &values,
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
    #[test]
    fn each_variable_that_is_set_gets_another_value_than_it_has() {
        let mut now = BTreeMap::new();
        for change in EnvironmentChange::ALL {
            for scratch in ["/a", "/b", "/c"] {
                for (name, value) in set_by(change, Path::new(scratch), &now) {
                    assert_ne!(now.get(name), Some(&value), "{name}");
                    now.insert(name.to_owned(), value);
                }
            }
        }
        assert!(now.contains_key("TZ") && now.contains_key("USER"));
    }
}
