//! A run against the goldens.

use super::{Bench, Ending, Judgement, Product};
use crate::exec::Ended;
use crate::snapshot::{MANIFEST_FILE, Manifest, Opened, Snapshot};
use crate::{Mode, Verdict};

impl Bench<'_> {
    /// The verdict of the `golden` check: the first that holds.
    pub(super) fn golden(&self) -> Judgement {
        let ran = self.run(Mode::Direct);
        if let Err(ended @ Ended::Invalid(_)) = ran {
            return Judgement::ended(ended);
        }
        let dir = self.suite.paths().snapshot(self.scenario.name());
        let opened = match crate::snapshot::open(&dir) {
            Ok(opened) => opened,
            Err(error) => {
                let shown = self.suite.paths().display(&dir);
                return Judgement::new(
                    Verdict::Invalid,
                    format!("{shown}: the goldens cannot be read: {error}"),
                );
            }
        };
        match opened {
            Opened::Missing => missing(ran),
            Opened::Edited(snapshot, problems) => edited(snapshot, &problems, ran),
            Opened::Sound(snapshot) => match ran {
                Err(ended) => Judgement {
                    before: Some(snapshot),
                    ..Judgement::ended(ended)
                },
                Ok(product) => self.against(snapshot, product),
            },
        }
    }

    fn against(&self, snapshot: Snapshot, product: Product) -> Judgement {
        let judgement = self.compare(&snapshot, &product);
        Judgement {
            before: Some(snapshot),
            after: Some(product),
            ..judgement
        }
    }

    fn compare(&self, snapshot: &Snapshot, product: &Product) -> Judgement {
        let manifest = &snapshot.manifest;
        let same = product.set.equals(manifest);
        if same && self.same_mode(manifest) && product.ending == Ending::Expected {
            return Judgement::new(Verdict::Match, "");
        }
        // Only goldens that differ are worth a look at their layout.
        match snapshot.layout_problems() {
            Ok(problems) if problems.is_empty() => {}
            Ok(problems) => return Judgement::new(Verdict::EditedGolden, problems.join("\n")),
            Err(error) => {
                let detail = format!("the goldens cannot be read: {error}");
                return Judgement::new(Verdict::Invalid, detail);
            }
        }
        if let Ending::Failed(message) = &product.ending {
            return Judgement::new(Verdict::EngineError, message.clone());
        }
        if let Some(unlike) = self.differs_from_itself(product) {
            return unlike;
        }
        if !self.same_mode(manifest) {
            let detail = format!("scenario.toml and {MANIFEST_FILE} do not agree on `snapshot`");
            return Judgement::new(Verdict::Mismatch, detail);
        }
        let stale = changed_inputs(manifest, product);
        if !stale.is_empty() {
            let detail = format!("changed since the bless: {}", stale.join(", "));
            return Judgement::new(Verdict::StaleInputs, detail);
        }
        let detail = if product.ending == Ending::Succeeded {
            "the run was expected to fail, and succeeded"
        } else {
            ""
        };
        Judgement::new(Verdict::Mismatch, detail)
    }

    fn same_mode(&self, manifest: &Manifest) -> bool {
        manifest.snapshot == self.scenario.snapshot
    }

    /// A run that differs from its goldens is made once more before the goldens are blamed.
    fn differs_from_itself(&self, product: &Product) -> Option<Judgement> {
        match self.run(Mode::Direct) {
            Ok(again) => {
                let differing = product.set.differing(&again.set);
                (!differing.is_empty()).then(|| {
                    let (detail, diff) = self.unlike(product, &again, "the second of two runs");
                    Judgement::nondeterministic(detail, diff)
                })
            }
            Err(ended) => {
                let judgement = Judgement::ended(ended);
                let detail = format!("the second of two runs: {}", judgement.detail);
                Some(Judgement::new(judgement.verdict, detail))
            }
        }
    }
}

/// What `golden` says where there are no goldens.
fn missing(ran: Result<Product, Ended>) -> Judgement {
    let mut detail = "the scenario has no goldens yet".to_owned();
    detail.push_str(&trouble(&ran));
    Judgement {
        after: ran.ok(),
        ..Judgement::new(Verdict::MissingGolden, detail)
    }
}

/// What `golden` says where something else than a bless changed the goldens.
fn edited(before: Option<Snapshot>, problems: &[String], ran: Result<Product, Ended>) -> Judgement {
    let mut detail = problems.join("\n");
    detail.push_str(&trouble(&ran));
    let after = ran.ok();
    let manifest = before.as_ref().map(|snapshot| &snapshot.manifest);
    if let (Some(manifest), Some(product)) = (manifest, &after)
        && product.set.equals(manifest)
    {
        detail.push_str("\nthe run still makes what was blessed: take the edit back");
    }
    Judgement {
        before,
        after,
        ..Judgement::new(Verdict::EditedGolden, detail)
    }
}

/// What else is wrong: a run that did not end well, as a line of its own.
fn trouble(ran: &Result<Product, Ended>) -> String {
    match ran {
        Err(Ended::Invalid(message) | Ended::Broken(message) | Ended::TimedOut(message)) => {
            format!("\nand the run did not end well: {message}")
        }
        Ok(Product {
            ending: Ending::Failed(message),
            ..
        }) => format!("\nand the run failed: {message}"),
        Ok(_) => String::new(),
    }
}

/// The inputs that are not those of the last bless.
fn changed_inputs(manifest: &Manifest, product: &Product) -> Vec<String> {
    let (before, after) = (&manifest.inputs, product.set.input_digests());
    let mut changed: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    changed.sort();
    changed.dedup();
    changed
}
