//! Makes scenarios of cases that differ: the smallest of each group, made smaller as `shrink` does it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::evaluate::CheckRun;
use aether_harness::report::visible_line;
use aether_harness::scenario::{DEFAULTS_FILE, Expect, SCENARIO_FILE, SnapshotMode};
use aether_harness::{Check, FileRole, Scratch, Suite};

use super::AgainstRequest;
use super::both::case;
use super::found::{Difference, Findings};
use crate::commands::shrink::{self, Given, ShrinkRequest, shown_size};
use crate::commands::{CommandError, Console, chosen, new, scenario_of};
use crate::revision::cases::Case;
use crate::variants::Variants;

/// Makes a scenario of the smallest case of each group. A case of which none can be made is reported.
///
/// # Errors
/// Files, git or the cache fail.
pub(super) fn keep(
    suite: &Suite,
    request: &AgainstRequest,
    findings: &Findings,
    name: Option<&str>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let mut taken = BTreeSet::new();
    for group in &findings.groups {
        let members = findings.members(group);
        let Some(one) = members.iter().find(|one| one.case > 0) else {
            let own = members.first().map_or("NAME", |one| &one.scenario);
            let line = format!(
                "{} · {}: only scenarios themselves differ: {} shrink {own} --against {}",
                group.stage,
                group.pattern,
                suite.typed(),
                request.rev
            );
            writeln!(console.err, "{}", visible_line(&line))?;
            continue;
        };
        let base = name.map_or_else(
            || format!("{}-case-{}", one.scenario, one.case),
            str::to_owned,
        );
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.clone())
            .chain(numbered)
            .find(|name| taken.insert(name.clone()))
            .expect("there are enough numbers");
        let kept = Keeping {
            suite,
            request,
            findings,
            one,
        };
        let line = match kept.keep(&name, console) {
            Ok(how) => format!("kept {} as scenarios/{name}{how}", one.report.name),
            Err(CommandError::Usage(why) | CommandError::Refused(why)) => {
                format!("{} is not kept: {why}", one.report.name)
            }
            Err(error) => return Err(error),
        };
        writeln!(console.err, "{}", visible_line(&line))?;
    }
    Ok(())
}

/// A case that is kept.
struct Keeping<'k> {
    suite: &'k Suite,
    request: &'k AgainstRequest,
    findings: &'k Findings,
    one: &'k Difference,
}

impl Keeping<'_> {
    /// Makes a scenario of it; in what way.
    fn keep(&self, name: &str, console: &mut Console<'_>) -> Result<String, CommandError> {
        let Self { suite, one, .. } = self;
        let io = |error: &dyn std::fmt::Display| CommandError::Io(error.to_string());
        let found = chosen(suite, std::slice::from_ref(&one.scenario))?.remove(0);
        let scenario = scenario_of(&found).map_err(|error| io(&error))?;
        let case = self.case(scenario)?;
        if one.has_failed_then && scenario.expect == Expect::Success {
            let name = new::free(suite, name)?;
            let settings = (PathBuf::from(SCENARIO_FILE), case.settings.into_bytes());
            let files: Vec<_> = case.files.into_iter().chain([settings]).collect();
            new::create(suite, &name, &files)?;
            return Ok(
                " with all of its inputs, since the program of the revision fails".to_owned(),
            );
        }
        let scratch = Scratch::new(&std::env::temp_dir(), ".aether-case-")?;
        let dir = scratch.path().join(&one.scenario);
        case.write(&dir)?;
        let defaults = suite.paths().scenarios();
        if defaults.join(DEFAULTS_FILE).is_file() {
            fs::copy(
                defaults.join(DEFAULTS_FILE),
                scratch.path().join(DEFAULTS_FILE),
            )?;
        }
        let given = Given {
            name: scenario.name().clone(),
            dir,
            defaults,
            from: self.from(),
            scenario: Some(scenario.clone()),
            settings: case.settings,
        };
        let request = ShrinkRequest {
            against: Some(self.findings.rev.commit.clone()),
            keep: Some(name.to_owned()),
            build: self.request.build.clone(),
            test: self.request.test.clone(),
            ci: self.request.ci.clone(),
            date: self.request.date.clone(),
            ..ShrinkRequest::default()
        };
        let found = shrink::search(suite, &request, &given, console.err)?.found;
        let (before, after) = (shown_size(found.before), shown_size(found.after));
        Ok(format!(": {before} → {after}"))
    }

    fn from(&self) -> String {
        let Self { one, findings, .. } = self;
        format!(
            "case {} of {} (seed {})",
            one.case, one.scenario, findings.seed
        )
    }

    /// Its files, code beside its inputs among them.
    fn case(&self, scenario: &aether_harness::Scenario) -> Result<Case, CommandError> {
        let io = |error: &dyn std::fmt::Display| CommandError::Io(error.to_string());
        let one = self.one;
        let run =
            CheckRun::open(self.suite, scenario, &Check::Golden).map_err(|error| io(&error))?;
        let variants = Variants::of(scenario, run.prepared(), self.request.seed);
        let variant = variants
            .case(one.case)
            .expect("a case that was run can be made again");
        let made = case(&run, scenario, &variant.inputs, SnapshotMode::Full)?;
        let mut made = made.map_err(CommandError::Io)?;
        made.files.extend(code(self.suite, &run)?);
        let first = one.report.diff.as_ref();
        let first = first.and_then(|diff| diff.first_divergence.as_ref());
        let first = first.map_or_else(String::new, |first| format!(": {}", first.lead()));
        let rev = self.findings.rev.short();
        let description = format!("{} differs from {rev}{first}", self.from());
        let mut settings: toml::Table = made.settings.parse().map_err(|error| io(&error))?;
        settings.insert("description".to_owned(), description.into());
        made.settings = toml::to_string(&settings).map_err(|error| io(&error))?;
        Ok(made)
    }
}

/// The files in the directory of the scenario that are code.
fn code(suite: &Suite, run: &CheckRun<'_>) -> Result<Vec<(PathBuf, Vec<u8>)>, CommandError> {
    let dir = run.scenario().dir();
    let files = run.prepared().files().into_iter();
    let code = files
        .filter(|file| file.role == FileRole::Code)
        .filter_map(|file| {
            let path = suite.paths().root().join(Path::new(&file.path));
            let inside = path.strip_prefix(dir).ok()?.to_owned();
            Some((inside, path))
        });
    code.map(|(inside, path)| Ok((inside, fs::read(path)?)))
        .collect()
}
