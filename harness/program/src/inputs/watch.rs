//! Notices inputs that change while a program runs: what it read is then not what the goldens say.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use aether_harness::exec::Fingerprint;
use aether_harness::snapshot::sha256_hex;
use aether_harness::{Failure, FileRole, Scenario};

use super::files::Leads;
use super::roles::{Found, own_inputs};
use crate::Places;
use crate::settings::CommandSettings;

/// The inputs of a scenario as they were read.
pub(crate) struct Watch {
    inputs: Vec<Watched>,
    /// The inputs below the scenario's directory.
    own: BTreeSet<PathBuf>,
    settings: CommandSettings,
}

struct Watched {
    /// As people read it.
    path: String,
    leads: Leads,
    link: PathBuf,
    fingerprint: Option<Fingerprint>,
    sha256: String,
}

impl Watch {
    /// The inputs among the files that were found.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub(super) fn of(
        scenario: &Scenario,
        places: &Places,
        settings: &CommandSettings,
        found: &[Found],
    ) -> Result<Self, Failure> {
        let inputs = found
            .iter()
            .filter(|file| file.listed.role == FileRole::Input);
        let inputs = inputs.map(|file| Watched {
            path: file.listed.path.clone(),
            leads: file.file.leads.clone(),
            link: file.file.path.clone(),
            fingerprint: file.fingerprint,
            sha256: file.sha256.clone(),
        });
        Ok(Self {
            inputs: inputs.collect(),
            own: own_inputs(scenario, places, settings)?,
            settings: settings.clone(),
        })
    }

    /// Refuses inputs that are not as they were.
    ///
    /// # Errors
    /// Each that changed, is new or is gone, and what to do.
    pub(crate) fn refuse_changed(
        &self,
        scenario: &Scenario,
        places: &Places,
    ) -> Result<(), Failure> {
        let now = own_inputs(scenario, places, &self.settings)?;
        let new = now.difference(&self.own);
        let new = new.map(|path| format!("{} is new", scenario.display(path)));
        let changed = self.inputs.iter().filter_map(Watched::change);
        let all: Vec<String> = changed.chain(new).collect();
        if all.is_empty() {
            return Ok(());
        }
        Err(Failure::invalid(format!(
            "inputs changed while the program ran: {}\n  a run leaves its inputs as they are: let the program \
             write in its working directory, or work on a copy there; a file that it has to write can be \
             listed in `ignore`, or in `code`",
            all.join("; ")
        )))
    }
}

impl Watched {
    /// What became of it; `None` if it is as it was.
    fn change(&self) -> Option<String> {
        let path = &self.path;
        let Some(real) = self.leads.real() else {
            let text = fs::read_link(&self.link).ok()?;
            let text = sha256_hex(text.to_string_lossy().as_bytes());
            return (text != self.sha256).then(|| format!("{path} changed"));
        };
        let now = Fingerprint::of(real);
        if now.is_some() && now == self.fingerprint {
            return None;
        }
        match fs::metadata(real) {
            // A program may leave a pipe in its place, which nobody writes to.
            Ok(meta) if !meta.is_file() => return Some(format!("{path} changed")),
            Ok(_) => {}
            Err(_) => return Some(format!("{path} is gone")),
        }
        match fs::read(real) {
            Ok(bytes) if sha256_hex(&bytes) == self.sha256 => None,
            Ok(_) => Some(format!("{path} changed")),
            Err(_) => Some(format!("{path} is gone")),
        }
    }
}
