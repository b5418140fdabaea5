//! Asks about each group on the terminal.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::ReviewOptions;
use super::answer::{Answer, HELP};
use super::item::{Decision, Item};
use super::state::{Review, Selection};
use crate::commands::{CommandError, Console, accept};
use aether_harness::quoted;
use aether_harness::{Report, Suite, Verdict};

/// Asks about every group until all is decided, or nobody answers any more.
pub(super) fn ask(review: &mut Review<'_>, console: &mut Console<'_>) -> Result<(), CommandError> {
    let groups = review.groups();
    let mut terminal = Terminal { review };
    for (at, group) in groups.iter().enumerate() {
        let title = format!("group {} of {}", at + 1, groups.len());
        if terminal.group(&title, group, console)? == Next::Quit {
            break;
        }
    }
    Ok(())
}

/// The error without a terminal, with the commands to type instead of a review.
pub(super) fn nobody(suite: &Suite, options: &ReviewOptions) -> CommandError {
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

struct Terminal<'r, 'a> {
    review: &'r mut Review<'a>,
}

impl Terminal<'_, '_> {
    /// Asks about one group until nothing of it is undecided.
    fn group(
        &mut self,
        title: &str,
        group: &[usize],
        console: &mut Console<'_>,
    ) -> Result<Next, CommandError> {
        loop {
            let open = self.review.open(group);
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
                            Ok(selection) => self.review.decide(&selection, decision),
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
                    .find(|at| self.review.items[*at].name() == name)
            };
            if let Some(at) = named(part) {
                selection.insert(at, None);
            } else if let Some((name, artefact)) = part.split_once('/') {
                let at = named(name).ok_or_else(|| NoSuchPart::member(name))?;
                let artefact = artefact.strip_suffix(".json").unwrap_or(artefact);
                if !self.review.items[at].open().any(|open| open == artefact) {
                    return Err(NoSuchPart::Artefact {
                        scenario: name.to_owned(),
                        artefact: artefact.to_owned(),
                        undecided: self.review.items[at].open().map(str::to_owned).collect(),
                    });
                }
                if let Some(artefacts) =
                    selection.entry(at).or_insert_with(|| Some(BTreeSet::new()))
                {
                    artefacts.insert(artefact.to_owned());
                }
            } else {
                let offset = part.strip_prefix('+').unwrap_or(part);
                let fits = |at: &usize| self.review.items[*at].has_offset(offset);
                let fitting: Vec<usize> = open.iter().copied().filter(fits).collect();
                if fitting.is_empty() {
                    return Err(NoSuchPart::member(part));
                }
                selection.extend(fitting.into_iter().map(|at| (at, None)));
            }
        }
        Ok(selection)
    }

    /// Accepts what is selected, or says what keeps it from being accepted and accepts nothing of it.
    fn accept(
        &mut self,
        selection: &Selection,
        console: &mut Console<'_>,
    ) -> Result<bool, CommandError> {
        let Ok(ready) = self.review.ready(selection, console)? else {
            return Ok(false);
        };
        let reason = self.ask("reason: ", console)?.unwrap_or_default();
        if reason.trim().is_empty() {
            writeln!(console.out, "nothing was accepted: that needs a reason")?;
            return Ok(false);
        }
        match accept::checked_reason(&reason) {
            Err(problem) => {
                writeln!(console.out, "nothing was accepted: {problem}")?;
                Ok(false)
            }
            Ok(reason) => {
                self.review.accept(ready, reason, console)?;
                Ok(true)
            }
        }
    }

    fn items<'s>(&'s self, open: &'s [usize]) -> impl Iterator<Item = &'s Item> {
        open.iter().map(|at| &self.review.items[*at])
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
        for item in self.items(open) {
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
            .map(|at| &self.review.items[*at])
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
        for item in self.items(open) {
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
                .map(|at| self.review.items[*at].report.clone())
                .collect(),
        )
    }

    /// The scenario that diverges first.
    fn first<'s>(&'s self, open: &'s [usize]) -> Option<&'s Item> {
        let tick = |item: &&Item| {
            let tick = item.first_divergence().and_then(|first| first.tick.clone());
            // `None` would sort first.
            (tick.is_none(), tick)
        };
        self.items(open).min_by_key(tick)
    }
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
