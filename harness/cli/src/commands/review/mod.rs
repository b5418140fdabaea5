//! `review`: goes through what differs, group by group, and asks a person.
//!
//! A group is [similar changes](aether_harness::report::Group): scenarios whose first divergence is of one sort. Each
//! acceptance is a bless with its own reason, written at once, under every rule of `bless`; what was
//! accepted stays so however the review ends. Rejecting and skipping leave the goldens as they are.
//!
//! Some artefacts of a scenario can be accepted without the others. Its goldens are then new in those
//! and old in the rest, all of them written in one step as ever; `snapshot.toml` holds the digests of
//! just these files, so that nothing counts as edited, and its bless names the artefacts. The scenario
//! goes on to differ: in its verdict, and in the exit status of the review.

mod answer;
mod item;

use std::collections::{BTreeMap, BTreeSet};

use self::answer::{Answer, Decision, HELP};
use self::item::{Item, Part};
use super::accept::{self, Examined, Pending, Refusal, Stamp, described, refuse_under_ci};
use super::{CommandError, Console, Status, chosen, scenario_of};
use aether_harness::counted;
use aether_harness::evaluate::{CheckResult, evaluate};
use aether_harness::quoted;
use aether_harness::report::visible;
use aether_harness::snapshot::Opened;
use aether_harness::{Check, Report, Suite, Verdict};
use thiserror::Error;

/// What to review.
#[derive(Clone, Debug, Default)]
pub struct ReviewOptions {
    /// The scenarios; all if none is listed.
    pub names: Vec<String>,
    /// The value of the variable `CI`; nothing is reviewed if it says yes.
    pub ci: Option<String>,
    /// The date of the blesses, `YYYY-MM-DD`.
    pub date: String,
}

/// Reviews what differs. The status is that of a `diff` made afterwards: [`Status::Done`] where
/// everything was accepted, or nothing differed.
///
/// # Errors
/// There is nobody to ask, there is no such scenario, or something cannot be read or written.
pub fn review(
    suite: &Suite,
    options: &ReviewOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    refuse_under_ci(options.ci.as_deref())?;
    if console.ask.is_none() {
        return Err(nobody(suite, options));
    }
    let mut review = Review::new(suite, options, console)?;
    let groups = review.groups();
    for (at, group) in groups.iter().enumerate() {
        let title = format!("group {} of {}", at + 1, groups.len());
        if review.group(&title, group, console)? == Next::Quit {
            break;
        }
    }
    review.summary(console)
}

fn nobody(suite: &Suite, options: &ReviewOptions) -> CommandError {
    let typed = suite.typed();
    let names: Vec<String> = options.names.iter().map(|name| quoted(name)).collect();
    let names = names.join(" ");
    let (diffed, blessed) = if names.is_empty() {
        (String::new(), "--all".to_owned())
    } else {
        (format!(" {names}"), names)
    };
    CommandError::Usage(format!(
        "a review asks questions, and there is no terminal to answer on. Look and accept without one:\n  \
         {typed} diff{diffed}\n  {typed} bless {blessed} --reason \"…\""
    ))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Group,
    Quit,
}

struct Review<'a> {
    suite: &'a Suite,
    options: &'a ReviewOptions,
    items: Vec<Item>,
    /// What cannot be accepted, with why.
    blocked: Vec<(String, Refusal)>,
}

/// Members of [`Review::items`], by position, with the artefacts that are meant; `None` for all.
type Selection = BTreeMap<usize, Option<BTreeSet<String>>>;

impl<'a> Review<'a> {
    /// Evaluates every chosen scenario.
    fn new(
        suite: &'a Suite,
        options: &'a ReviewOptions,
        console: &mut Console<'_>,
    ) -> Result<Self, CommandError> {
        let mut review = Self {
            suite,
            options,
            items: Vec::new(),
            blocked: Vec::new(),
        };
        let found = chosen(suite, &options.names)?;
        writeln!(console.err, "running {} …", scenarios(found.len()))?;
        for found in found {
            match scenario_of(&found) {
                Err(problem) => {
                    let refusal = Refusal::new(Verdict::Invalid, problem.to_string());
                    review.blocked.push((found.name, refusal));
                }
                Ok(scenario) => {
                    let result = evaluate(suite, scenario, &Check::Golden);
                    if result.verdict.passes() {
                        aether_harness::outputs::clear(suite, scenario.name())?;
                    } else if let Err(refusal) = accept::acceptable(&result) {
                        review.blocked.push((found.name, refusal));
                    } else {
                        let item = Item::new(suite, scenario, result)?;
                        review.items.push(item);
                    }
                }
            }
        }
        if options.names.is_empty() {
            for (name, detail) in super::diff::orphans(suite)? {
                let refusal = Refusal::new(Verdict::Orphan, detail);
                review.blocked.push((name, refusal));
            }
        }
        if !review.blocked.is_empty() {
            writeln!(console.out, "cannot be reviewed; fix these first:")?;
            for (name, refusal) in &review.blocked {
                let detail = visible(&refusal.detail).replace('\n', "\n    ");
                writeln!(console.out, "  {name} {}: {detail}", refusal.verdict)?;
            }
            writeln!(console.out)?;
        }
        Ok(review)
    }

    /// The groups: similar changes, then what has no first divergence by its verdict.
    fn groups(&self) -> Vec<Vec<usize>> {
        let reports = self.items.iter().map(|item| item.report.clone()).collect();
        let position = |name: &String| self.items.iter().position(|item| item.name() == name);
        let mut groups: Vec<Vec<usize>> = Report::new(reports)
            .groups
            .iter()
            .map(|group| group.scenarios.iter().filter_map(position).collect())
            .collect();
        let grouped: BTreeSet<usize> = groups.iter().flatten().copied().collect();
        let mut others: BTreeMap<Verdict, Vec<usize>> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            if !grouped.contains(&at) {
                others.entry(item.verdict()).or_default().push(at);
            }
        }
        groups.extend(others.into_values());
        groups
    }

    /// Asks about one group until nothing of it is undecided.
    fn group(
        &mut self,
        title: &str,
        group: &[usize],
        console: &mut Console<'_>,
    ) -> Result<Next, CommandError> {
        loop {
            let open = self.open(group);
            if open.is_empty() {
                return Ok(Next::Group);
            }
            self.show(title, &open, console)?;
            // Whatever is asked about the group does not show it again; a decision does.
            loop {
                let Some(line) = self.ask("accept, reject, skip? [a r s d l ? q] ", console)?
                else {
                    return Ok(Next::Quit);
                };
                match Answer::parse(&line) {
                    Answer::Quit => return Ok(Next::Quit),
                    Answer::Help => write!(console.out, "{HELP}")?,
                    Answer::List => self.list(&open, console)?,
                    Answer::Detail(name) => self.detail(&open, name.as_deref(), console)?,
                    Answer::Unknown => writeln!(console.out, "a, r, s, d, l or q; ? for help")?,
                    Answer::Decide(decision, parts) => {
                        match self.selection(&open, &parts) {
                            Err(problem) => {
                                writeln!(console.out, "{problem}")?;
                                continue;
                            }
                            Ok(selection) if decision == Decision::Accept => {
                                if !self.accept(&selection, console)? {
                                    continue;
                                }
                            }
                            Ok(selection) => self.decide(&selection, decision),
                        }
                        break;
                    }
                }
            }
        }
    }

    fn ask(
        &self,
        question: &str,
        console: &mut Console<'_>,
    ) -> Result<Option<String>, CommandError> {
        console.out.flush()?;
        match &mut console.ask {
            Some(ask) => Ok(ask(question)?),
            None => Ok(None),
        }
    }

    fn open(&self, group: &[usize]) -> Vec<usize> {
        let is_open = |at: &usize| self.items[*at].is_open();
        group.iter().copied().filter(is_open).collect()
    }

    /// What the parts that people name mean; all of `open` if they name none.
    fn selection(&self, open: &[usize], parts: &[String]) -> Result<Selection, NoSuchPart> {
        let mut selection = Selection::new();
        if parts.is_empty() {
            selection.extend(open.iter().map(|at| (*at, None)));
        }
        for part in parts {
            let named = |name: &str| {
                open.iter()
                    .copied()
                    .find(|at| self.items[*at].name() == name)
            };
            if let Some(at) = named(part) {
                selection.insert(at, None);
            } else if let Some((name, artefact)) = part.split_once('/') {
                let at = named(name).ok_or_else(|| NoSuchPart::member(name))?;
                let artefact = artefact.strip_suffix(".json").unwrap_or(artefact);
                if !self.items[at].open().any(|open| open == artefact) {
                    return Err(NoSuchPart::Artefact {
                        scenario: name.to_owned(),
                        artefact: artefact.to_owned(),
                        undecided: self.items[at].open().map(str::to_owned).collect(),
                    });
                }
                if let Some(artefacts) =
                    selection.entry(at).or_insert_with(|| Some(BTreeSet::new()))
                {
                    artefacts.insert(artefact.to_owned());
                }
            } else {
                let offset = part.strip_prefix('+').unwrap_or(part);
                let fits = |at: &usize| self.items[*at].has_offset(offset);
                let fitting: Vec<usize> = open.iter().copied().filter(fits).collect();
                if fitting.is_empty() {
                    return Err(NoSuchPart::member(part));
                }
                selection.extend(fitting.into_iter().map(|at| (at, None)));
            }
        }
        Ok(selection)
    }

    fn decide(&mut self, selection: &Selection, decision: Decision) {
        for (at, artefacts) in selection {
            let part = self.items[*at].part(artefacts.as_ref());
            self.items[*at].decide(&part, decision);
        }
    }

    /// Blesses what is selected, or says what keeps it from being blessed and blesses nothing of it.
    fn accept(
        &mut self,
        selection: &Selection,
        console: &mut Console<'_>,
    ) -> Result<bool, CommandError> {
        let mut ready: Vec<(usize, Part, Pending)> = Vec::new();
        let mut refused = false;
        writeln!(
            console.err,
            "running every check of {} …",
            scenarios(selection.len())
        )?;
        for (at, artefacts) in selection {
            let item = &self.items[*at];
            let part = item.part(artefacts.as_ref());
            match self.ready(item, &part) {
                Ok(pending) => ready.push((*at, part, pending)),
                Err(refusal) => {
                    refused = true;
                    let (name, verdict) = (item.name(), refusal.verdict);
                    writeln!(
                        console.out,
                        "{name} {verdict}: {}",
                        visible(&refusal.detail)
                    )?;
                }
            }
        }
        if refused {
            writeln!(console.out, "nothing was accepted")?;
            return Ok(false);
        }
        let reason = self.ask("reason: ", console)?.unwrap_or_default();
        if reason.trim().is_empty() {
            writeln!(console.out, "nothing was accepted: that needs a reason")?;
            return Ok(false);
        }
        let reason = match accept::checked_reason(&reason) {
            Ok(reason) => reason,
            Err(problem) => {
                writeln!(console.out, "nothing was accepted: {problem}")?;
                return Ok(false);
            }
        };
        let stamp = Stamp {
            date: &self.options.date,
            reason,
        };
        for (at, part, pending) in ready {
            let only = match &part {
                Part::Whole => None,
                Part::Artefacts(only) => Some(only),
            };
            let replaced = match accept::write(self.suite, &pending, only, &stamp, console) {
                // Somebody else was faster: what was shown is not what is there.
                Err(CommandError::Refused(problem)) => {
                    writeln!(console.out, "{problem}")?;
                    self.items[at].decide(&Part::Whole, Decision::Skip);
                    continue;
                }
                replaced => replaced?,
            };
            let item = &mut self.items[at];
            writeln!(
                console.out,
                "accepted {}: {}",
                item.name(),
                described(&replaced)
            )?;
            item.decide(&part, Decision::Accept);
            if only.is_some() {
                item.look_again(self.suite)?;
            }
        }
        Ok(true)
    }

    /// Evaluates a scenario once more before it is blessed: it must produce what was shown.
    fn ready(&self, item: &Item, part: &Part) -> Result<Pending, Refusal> {
        if matches!(part, Part::Artefacts(_)) {
            whole_goldens(self.suite, item)?;
        }
        let again = |detail: String| {
            let typed = self.suite.typed();
            let name = item.name();
            Refusal::new(
                item.verdict(),
                format!("{detail}; look again: {typed} review {name}"),
            )
        };
        let Examined::Pending(pending) = accept::examine(self.suite, &item.scenario, false)? else {
            return Err(again("nothing differs now".to_owned()));
        };
        let sets = |result: &CheckResult| result.after.clone();
        let (Some(shown), Some(now)) = (sets(&item.result), sets(&pending.result)) else {
            return Err(again("the run produced nothing".to_owned()));
        };
        if shown.equals(&now) {
            Ok(*pending)
        } else {
            let other = shown.differing(&now).join(", ");
            Err(again(format!(
                "it produces {other} that differ from what was shown"
            )))
        }
    }

    fn show(
        &self,
        title: &str,
        open: &[usize],
        console: &mut Console<'_>,
    ) -> Result<(), CommandError> {
        let report = self.report(open);
        writeln!(
            console.out,
            "{0}{title}{0:#}",
            anstyle::Style::new().bold().underline()
        )?;
        report.write_groups(console.out)?;
        let mut others: BTreeMap<Verdict, Vec<&str>> = BTreeMap::new();
        for item in open.iter().map(|at| &self.items[*at]) {
            if item.first_divergence().is_none() {
                others.entry(item.verdict()).or_default().push(item.name());
            }
        }
        for (verdict, names) in others {
            writeln!(console.out, "  {verdict}: {}", names.join(", "))?;
        }
        writeln!(console.out)?;
        if let Some(first) = self.first(open) {
            report.write_one(console.out, first.name(), false)?;
        }
        Ok(())
    }

    /// Every change of a scenario, as far as a review lists them.
    fn detail(
        &self,
        open: &[usize],
        name: Option<&str>,
        console: &mut Console<'_>,
    ) -> Result<(), CommandError> {
        let named = open
            .iter()
            .map(|at| &self.items[*at])
            .find(|item| name == Some(item.name()));
        match (named, name) {
            (None, Some(name)) => writeln!(console.out, "{}", NoSuchPart::member(name))?,
            (None, None) => {
                if let Some(first) = self.first(open) {
                    self.report(open)
                        .write_one(console.out, first.name(), true)?;
                }
            }
            (Some(item), _) => self
                .report(open)
                .write_one(console.out, item.name(), true)?,
        }
        Ok(())
    }

    fn list(&self, open: &[usize], console: &mut Console<'_>) -> Result<(), CommandError> {
        for item in open.iter().map(|at| &self.items[*at]) {
            let (name, verdict) = (item.name(), item.verdict());
            let artefacts: Vec<&str> = item.open().collect();
            let lead = item
                .first_divergence()
                .map_or_else(String::new, |first| format!(" · {}", first.lead()));
            writeln!(
                console.out,
                "  {name} {verdict}{lead}\n      in {}",
                artefacts.join(", ")
            )?;
        }
        Ok(())
    }

    fn report(&self, open: &[usize]) -> Report {
        Report::new(
            open.iter()
                .map(|at| self.items[*at].report.clone())
                .collect(),
        )
    }

    /// The scenario that diverges first.
    fn first(&self, open: &[usize]) -> Option<&Item> {
        let tick = |item: &&Item| {
            let tick = item.first_divergence().and_then(|first| first.tick.clone());
            // `None` would sort first.
            (tick.is_none(), tick)
        };
        open.iter().map(|at| &self.items[*at]).min_by_key(tick)
    }

    fn summary(&self, console: &mut Console<'_>) -> Result<Status, CommandError> {
        let mut status = Status::Done;
        for (_, refusal) in &self.blocked {
            status = status.max(Status::of(refusal.verdict));
        }
        if self.items.is_empty() && self.blocked.is_empty() {
            writeln!(console.out, "nothing differs")?;
        }
        let names = |fits: &dyn Fn(&Item) -> bool| -> Vec<&str> {
            let fitting = self.items.iter().filter(|item| fits(item));
            fitting.map(Item::name).collect()
        };
        for (what, names) in [
            ("accepted", names(&Item::is_accepted)),
            (
                "accepted in part",
                names(&|item| item.has(Decision::Accept) && !item.is_accepted()),
            ),
            ("rejected", names(&|item| item.has(Decision::Reject))),
            (
                "left",
                names(&|item| {
                    !item.is_accepted()
                        && !item.has(Decision::Reject)
                        && (item.is_open() || item.has(Decision::Skip))
                }),
            ),
        ] {
            if !names.is_empty() {
                writeln!(console.out, "{what} {}: {}", names.len(), names.join(", "))?;
            }
        }
        if !self.items.iter().all(Item::is_accepted) {
            status = status.max(Status::Difference);
        }
        Ok(status)
    }
}

fn scenarios(number: usize) -> String {
    counted(number as u64, "scenario")
}

/// A part of a group that somebody named, and that the group does not have.
#[derive(Debug, Error)]
enum NoSuchPart {
    #[error("no scenario, artefact or offset of this group is called {0}; l lists them")]
    Member(String),
    #[error("{scenario} has no undecided artefact {artefact}; it has {}", undecided.join(", "))]
    Artefact {
        scenario: String,
        artefact: String,
        undecided: Vec<String>,
    },
}

impl NoSuchPart {
    fn member(name: &str) -> Self {
        Self::Member(name.to_owned())
    }
}

/// Some artefacts can be accepted without the others only if the goldens are as they were blessed.
fn whole_goldens(suite: &Suite, item: &Item) -> Result<(), Refusal> {
    let refusal = |detail: &str| Refusal::new(item.verdict(), detail);
    let opened = aether_harness::snapshot::open(&suite.paths().snapshot(item.scenario.name()));
    match opened {
        Ok(Opened::Sound(snapshot)) if snapshot.manifest.snapshot == item.scenario.snapshot => {
            Ok(())
        }
        Ok(Opened::Sound(_)) => Err(refusal(
            "`snapshot` changed in scenario.toml, which concerns all artefacts: accept the whole \
             scenario",
        )),
        Ok(Opened::Missing) => Err(refusal(
            "it has no goldens yet, so there are none to keep: accept the whole scenario",
        )),
        Ok(Opened::Edited(..)) => Err(refusal(
            "its goldens differ from what was blessed, so none of them can stay: accept the \
             whole scenario",
        )),
        Err(error) => Err(refusal(&error.to_string())),
    }
}
