//! What a job does in place of the actions of others.

use std::collections::BTreeMap;
use std::process::Stdio;

use super::super::stand_in::{Ended, StandIn, has_subcommand};
use super::{JobRun, Stopped, with_arguments};

impl JobRun<'_> {
    /// Does what stands in for an action.
    pub(super) fn stand_in(
        &mut self,
        uses: &str,
        with: &BTreeMap<String, String>,
    ) -> Result<Ended, Stopped> {
        let Some((stand_in, _)) = StandIn::of(uses) else {
            return Err(Stopped::Unknown(format!("nothing stands in for `{uses}`")));
        };
        let places = self.jobs.places;
        let text = |name: &str| with.get(name).map_or("", String::as_str);
        Ok(match stand_in {
            StandIn::Checkout => places.check_out(text("fetch-depth") == "0")?,
            StandIn::Toolchain => {
                let version = uses
                    .rsplit('@')
                    .next()
                    .filter(|version| *version != "master");
                self.toolchain(with.get("toolchain").map(String::as_str).or(version))
            }
            StandIn::RustCache => {
                self.keeps_target = true;
                places.restore_target()?;
                Ended::Passed
            }
            StandIn::Cache => {
                let others: Vec<&str> = text("restore-keys").lines().collect();
                places.restore(text("key"), &others, text("path"))?;
                self.keeps
                    .push((text("key").to_owned(), text("path").to_owned()));
                Ended::Passed
            }
            StandIn::InstallTool => {
                let tool = uses.rsplit('@').next().unwrap_or_default();
                if has_subcommand(tool) {
                    Ended::Passed
                } else {
                    Ended::Ends(format!(
                        "cargo-{tool} is not installed here: cargo install --locked cargo-{tool}"
                    ))
                }
            }
            StandIn::Upload => places.upload(with)?,
            StandIn::Download => places.download(with)?,
            StandIn::Deny if has_subcommand("deny") => {
                let mut command = with_arguments("cargo", &["deny", "check"]);
                command.current_dir(places.workspace()).stdin(Stdio::null());
                self.environment(&mut command, &BTreeMap::new(), &places.temp())?;
                let status = command.status()?;
                if status.success() {
                    Ended::Passed
                } else {
                    Ended::Failed(status.to_string())
                }
            }
            StandIn::Deny => Ended::NotHere(
                "cargo-deny is not installed here: cargo install --locked cargo-deny".to_owned(),
            ),
        })
    }

    /// Chooses a toolchain for the steps that follow.
    fn toolchain(&mut self, wanted: Option<&str>) -> Ended {
        let wanted = wanted.unwrap_or("stable");
        let version = |args: &[&str]| {
            let mut command = with_arguments("cargo", args);
            command.env_remove("RUSTUP_TOOLCHAIN");
            let output = command
                .output()
                .ok()
                .filter(|output| output.status.success())?;
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        if version(&[&format!("+{wanted}"), "--version"]).is_some() {
            self.env
                .insert("RUSTUP_TOOLCHAIN".to_owned(), wanted.to_owned());
            return Ended::Passed;
        }
        let here = version(&["--version"]).unwrap_or_default();
        let is_it = here
            .split_whitespace()
            .nth(1)
            .is_some_and(|here| here == wanted || here.starts_with(&format!("{wanted}.")));
        if is_it || wanted == "stable" {
            return Ended::Passed;
        }
        Ended::Ends(format!(
            "Rust {wanted} is not installed here: rustup toolchain install {wanted} --profile minimal"
        ))
    }
}
