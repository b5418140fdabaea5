//! A diff as lines for people, with ANSI styles; whoever prints it strips them if they are not
//! wanted (`anstream` does, and respects `NO_COLOR`).

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use similar::TextDiff;

use crate::visible::{Sight, visible};
use crate::{
    BytesDifference, Cause, Change, ChangeKind, Diff, Followed, Json, LeftOut, LeftOutReason, Path,
    Tolerated, shortened_pair,
};

/// The styles of the parts of a text.
#[derive(Clone, Copy)]
struct Styles {
    heading: Style,
    old: Style,
    new: Style,
    cause: Style,
    dimmed: Style,
}

const STYLED: Styles = Styles {
    heading: Style::new().bold(),
    old: AnsiColor::Red.on_default(),
    new: AnsiColor::Green.on_default(),
    cause: AnsiColor::Yellow.on_default(),
    dimmed: Style::new().dimmed(),
};

const PLAIN: Styles = Styles {
    heading: Style::new(),
    old: Style::new(),
    new: Style::new(),
    cause: Style::new(),
    dimmed: Style::new(),
};

/// Causes that are listed unless all are asked for.
const CAUSES_SHOWN: usize = 8;

/// Outputs whose first differing bytes are shown unless all are asked for.
const BYTES_SHOWN: usize = 4;

/// Unchanged lines of a string shown around each changed line.
const CONTEXT_LINES: usize = 2;

/// Where lines go, and in which styles.
struct Lines<'a> {
    out: &'a mut dyn Write,
    styles: Styles,
}

impl Diff {
    /// Writes the diff as text, each line indented by two spaces: the first divergence, the causes,
    /// and what followed. With `all`, every change and cause is listed.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_text(&self, out: &mut dyn Write, all: bool) -> io::Result<()> {
        let styles = STYLED;
        Lines { out, styles }.diff(self, all)
    }

    /// The same without styles.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_plain(&self, out: &mut dyn Write, all: bool) -> io::Result<()> {
        let styles = PLAIN;
        Lines { out, styles }.diff(self, all)
    }
}

impl Lines<'_> {
    fn diff(&mut self, diff: &Diff, all: bool) -> io::Result<()> {
        let Styles {
            heading, dimmed, ..
        } = self.styles;
        if let Some(first) = &diff.first_divergence {
            write!(self.out, "  {heading}{}{heading:#}", first.heading())?;
            self.values(
                first.kind,
                first.path_before.as_ref(),
                (&first.before, &first.after),
            )?;
            let path = first.path.to_string();
            writeln!(self.out, "    {dimmed}at {}{dimmed:#}", visible(&path))?;
            self.text_lines(first)?;
        }
        self.bytes(&diff.bytes, if all { usize::MAX } else { BYTES_SHOWN })?;
        let shown = if all { usize::MAX } else { CAUSES_SHOWN };
        for cause in diff.causes.iter().take(shown) {
            self.cause(cause)?;
        }
        if let Some(more) = diff.causes.len().checked_sub(shown).filter(|&n| n > 0) {
            writeln!(
                self.out,
                "  {dimmed}and {more} more changed inputs{dimmed:#}"
            )?;
        }
        for followed in &diff.followed {
            self.followed(followed)?;
        }
        if let Some(sizes) = &diff.sizes {
            writeln!(self.out, "  {}", sizes.lead())?;
        }
        if let Some(tolerated) = &diff.tolerated {
            self.tolerated(tolerated)?;
        }
        if all && diff.changes.len() > 1 {
            writeln!(self.out, "  {dimmed}all changes{dimmed:#}")?;
            for change in &diff.changes {
                self.change(change)?;
            }
        }
        // If nothing is listed, nothing is missing from the list.
        let is_reported = |left_out: &&LeftOut| all || left_out.reason != LeftOutReason::Entries;
        for left_out in diff.left_out.iter().filter(is_reported) {
            writeln!(self.out, "  {dimmed}{}{dimmed:#}", left_out.lead())?;
        }
        Ok(())
    }

    /// Where bytes first differ.
    fn bytes(&mut self, differences: &[BytesDifference], shown: usize) -> io::Result<()> {
        let Styles {
            old: red,
            new: green,
            dimmed,
            ..
        } = self.styles;
        for difference in differences.iter().take(shown) {
            writeln!(self.out, "    {}", visible(&difference.lead()))?;
            let [old, new] = difference.lines();
            writeln!(self.out, "      {red}before  {old}{red:#}")?;
            writeln!(self.out, "      {green}after   {new}{green:#}")?;
        }
        if let Some(more) = differences.len().checked_sub(shown).filter(|&n| n > 0) {
            let more = counted(more as u64, "more output");
            writeln!(self.out, "    {dimmed}and bytes of {more}{dimmed:#}")?;
        }
        Ok(())
    }

    fn tolerated(&mut self, tolerated: &Tolerated) -> io::Result<()> {
        writeln!(self.out, "  {}", tolerated.lead())?;
        if let Some(sizes) = &tolerated.sizes {
            writeln!(self.out, "    {}", sizes.lead())?;
        }
        for reason in &tolerated.reasons {
            writeln!(self.out, "    because: {}", visible(reason))?;
        }
        Ok(())
    }

    fn followed(&mut self, followed: &Followed) -> io::Result<()> {
        let (stage, values) = (&followed.stage, followed.values - followed.hashes);
        write!(self.out, "  then {}", visible(stage))?;
        if followed.ticks > 0 {
            write!(self.out, " {}", counted(followed.ticks, "tick"))?;
        }
        write!(self.out, ": {}", counted(values, "value"))?;
        if followed.hashes > 0 {
            let plural = if followed.hashes == 1 { "" } else { "es" };
            write!(self.out, ", {} hash{plural}", followed.hashes)?;
        }
        writeln!(self.out)
    }

    /// One change in the list of all.
    fn change(&mut self, change: &Change) -> io::Result<()> {
        write!(self.out, "    ")?;
        if let Some(tick) = &change.tick {
            write!(self.out, "tick {tick} · ")?;
        }
        write!(self.out, "{}", visible(&change.path.to_string()))?;
        let values = (&change.before, &change.after);
        self.values(change.kind, change.path_before.as_ref(), values)?;
        self.text_lines(change)
    }

    fn cause(&mut self, cause: &Cause) -> io::Result<()> {
        let style = self.styles.cause;
        let path = cause.path.to_string();
        let gap = if path.is_empty() { "" } else { " " };
        write!(
            self.out,
            "  {style}cause: {}{gap}{}{style:#}",
            visible(&cause.file),
            visible(&path)
        )?;
        let values = (&cause.before, &cause.after);
        self.values(cause.kind, cause.path_before.as_ref(), values)
    }

    /// The end of a line: what happened to which values.
    fn values(
        &mut self,
        kind: ChangeKind,
        path_before: Option<&Path>,
        (before, after): (&Option<Json>, &Option<Json>),
    ) -> io::Result<()> {
        let Styles {
            old: red,
            new: green,
            ..
        } = self.styles;
        let (old, new) = shortened_pair(before.as_ref(), after.as_ref());
        let (old, new) = (
            format!("{red}{old}{red:#}"),
            format!("{green}{new}{green:#}"),
        );
        match kind {
            ChangeKind::Changed => writeln!(self.out, ": {old} → {new}"),
            ChangeKind::Moved => writeln!(self.out, " moved: position {old} → {new}"),
            ChangeKind::Renamed => {
                let name = path_before.map(Path::last_name).unwrap_or_default();
                writeln!(
                    self.out,
                    " renamed from {red}{}{red:#}: {new}",
                    visible(&name)
                )
            }
            ChangeKind::Added if after.is_none() => {
                writeln!(self.out, " {green}added{green:#}")
            }
            ChangeKind::Added => writeln!(self.out, " added: {new}"),
            ChangeKind::Removed if before.is_none() => {
                writeln!(self.out, " {red}removed{red:#}")
            }
            ChangeKind::Removed => writeln!(self.out, " removed: {old}"),
        }
    }

    /// The changed lines of a string of several lines.
    fn text_lines(&mut self, change: &Change) -> io::Result<()> {
        let text = |value: &Option<Json>| {
            let text: String = aether_json::from_str(value.as_ref()?.as_str()).ok()?;
            Some(text)
        };
        let (Some(old), Some(new)) = (text(&change.before), text(&change.after)) else {
            return Ok(());
        };
        if !old.contains('\n') && !new.contains('\n') {
            return Ok(());
        }
        let dimmed = self.styles.dimmed;
        let sight = Sight::of_pair(&old, &new);
        let lines = TextDiff::from_lines(&old, &new);
        for hunk in lines
            .unified_diff()
            .context_radius(CONTEXT_LINES)
            .iter_hunks()
        {
            writeln!(self.out, "      {dimmed}{}{dimmed:#}", hunk.header())?;
            for line in hunk.iter_changes() {
                let (sign, style) = match line.tag() {
                    similar::ChangeTag::Delete => ('-', self.styles.old),
                    similar::ChangeTag::Insert => ('+', self.styles.new),
                    similar::ChangeTag::Equal => (' ', Style::new()),
                };
                let value = line.value();
                let text = value.strip_suffix('\n').unwrap_or(value);
                let text = match line.tag() {
                    // Indentation that did not change is left as it is.
                    similar::ChangeTag::Equal => {
                        let indented = text.trim_start_matches('\t');
                        text[..text.len() - indented.len()].to_owned() + &sight.show_line(indented)
                    }
                    _ => sight.show_line(text),
                };
                let end = if value.ends_with('\n') {
                    ""
                } else {
                    "‹no line end›"
                };
                writeln!(self.out, "      {style}{sign}{text}{end}{style:#}")?;
            }
        }
        Ok(())
    }
}

impl LeftOut {
    /// What was left out in one line: `990 changes from ledgers[tick=9].sum on are counted, not listed`.
    pub fn lead(&self) -> String {
        let (path, count) = (self.path.to_string(), self.count);
        let path = visible(&path);
        match self.reason {
            LeftOutReason::Entries => {
                format!("{count} changes from {path} on are counted, not listed")
            }
            LeftOutReason::Time => format!(
                "out of time: {count} places that differ, from {path} on, are neither listed nor \
                 counted in detail"
            ),
            LeftOutReason::DuplicateIdentity => format!(
                "{path}: {count} elements share an identity with another; matched by value, then \
                 in order"
            ),
            LeftOutReason::MissingIdentity => format!(
                "{path}: {count} elements lack a field of their identity; matched by value, then \
                 in order"
            ),
            LeftOutReason::NotInLayout => {
                format!("{path}: not in golden layout; compared as text")
            }
        }
    }
}

/// A number of things, `1 tick` or `2 ticks`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
