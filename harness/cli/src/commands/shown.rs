//! What `diff` and `review` showed last, so that a bless accepts nothing that nobody has seen.

use std::collections::BTreeMap;
use std::io;

use aether_disk as fs;
use serde::{Deserialize, Serialize};

use aether_harness::Suite;
use aether_harness::evaluate::CheckResult;
use aether_harness::outputs::write_whole;
use aether_harness::scenario::ScenarioName;

/// The state that was shown: of the goldens, and of the inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    /// The SHA-256 of `snapshot.toml`; empty if there were no goldens.
    goldens: String,
    /// Member of `inputs` to the SHA-256 of its text.
    inputs: BTreeMap<String, String>,
}

impl Shown {
    /// The state that a result is based on; `None` if nothing ran.
    pub(crate) fn of(result: &CheckResult) -> Option<Self> {
        let output = result.after.as_ref()?;
        let goldens = result
            .before
            .as_ref()
            .map_or_else(String::new, |before| before.state_hash().to_owned());
        Some(Self {
            goldens,
            inputs: output.set.input_digests().clone(),
        })
    }

    /// Keeps this as what was shown last.
    pub(crate) fn store(&self, suite: &Suite, name: &ScenarioName) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        write_whole(&suite.paths().shown(name), text.as_bytes())
    }

    /// What was shown last; `None` if nothing was.
    ///
    /// # Errors
    /// Something was, but it cannot be read.
    pub(crate) fn load(suite: &Suite, name: &ScenarioName) -> io::Result<Option<Self>> {
        let path = suite.paths().shown(name);
        let read = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.and_then(|text| toml::from_str(&text).map_err(io::Error::other)),
        };
        read.map(Some)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// Forgets what was shown: it has been dealt with.
    pub(crate) fn forget(suite: &Suite, name: &ScenarioName) -> io::Result<()> {
        let path = suite.paths().shown(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let said = format!("{}: {error}", path.display());
                Err(io::Error::new(error.kind(), said))
            }
            _ => Ok(()),
        }
    }

    /// What changed between two states, in words; `None` if nothing did.
    pub(crate) fn changed_since(&self, earlier: &Self) -> Option<String> {
        let mut changed = Vec::new();
        if self.goldens != earlier.goldens {
            changed.push("the goldens".to_owned());
        }
        let names: Vec<&str> = self
            .inputs
            .keys()
            .chain(
                earlier
                    .inputs
                    .keys()
                    .filter(|name| !self.inputs.contains_key(*name)),
            )
            .filter(|name| self.inputs.get(*name) != earlier.inputs.get(*name))
            .map(String::as_str)
            .collect();
        if !names.is_empty() {
            changed.push(format!("the inputs ({})", names.join(", ")));
        }
        (!changed.is_empty()).then(|| changed.join(" and "))
    }
}
