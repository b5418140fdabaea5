//! Notices inputs that change while a program runs: what it read is then not what the goldens say.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use aether_disk as fs;
use aether_harness::exec::Fingerprint;
use aether_harness::snapshot::sha256_hex;
use aether_harness::{Failure, FileRole, MachineFailure as _, Scenario};

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
        let changed = self.inputs.iter().map(Watched::change);
        let changed = changed.filter_map(Result::transpose);
        let all = changed.chain(new.map(Ok));
        let all = all.collect::<Result<Vec<String>, Failure>>()?;
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
    ///
    /// # Errors
    /// The machine cannot read it.
    fn change(&self) -> Result<Option<String>, Failure> {
        let path = &self.path;
        let Some(real) = self.leads.real() else {
            let text = fs::read_link(&self.link).unwrap_or_default();
            let text = sha256_hex(text.to_string_lossy().as_bytes());
            return Ok((text != self.sha256).then(|| format!("{path} changed")));
        };
        let now = Fingerprint::of(real);
        if now.is_some() && now == self.fingerprint {
            return Ok(None);
        }
        // A program may leave a pipe in its place, which nobody writes to.
        let read = match fs::metadata(real) {
            Ok(meta) if !meta.is_file() => return Ok(Some(format!("{path} changed"))),
            Ok(_) => fs::read(real),
            Err(error) => Err(error),
        };
        match read {
            Ok(bytes) if sha256_hex(&bytes) == self.sha256 => Ok(None),
            Ok(_) => Ok(Some(format!("{path} changed"))),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Some(format!("{path} may not be read now")))
            }
            Err(error) if error.is_of_machine() => Err(Failure::unreadable(real, &error)),
            Err(_) => Ok(Some(format!("{path} is gone"))),
        }
    }
}
