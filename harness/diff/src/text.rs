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
            let more = counted(more as u64, "more changed input");
            writeln!(self.out, "  {dimmed}and {more}{dimmed:#}")?;
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
        let path = cause.place();
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
                let [are] = verbs(count, ["is"], ["are"]);
                let changes = counted(count, "change");
                format!("{changes} from {path} on {are} counted, not listed")
            }
            LeftOutReason::Time => {
                let [differ, are] = verbs(count, ["differs", "is"], ["differ", "are"]);
                let places = counted(count, "place");
                format!(
                    "out of time: {places} that {differ}, from {path} on, {are} neither listed nor counted in detail"
                )
            }
            LeftOutReason::DuplicateIdentity => {
                let [share] = verbs(count, ["shares"], ["share"]);
                let elements = counted(count, "element");
                format!(
                    "{path}: {elements} {share} an identity with another; matched by value, then in order"
                )
            }
            LeftOutReason::MissingIdentity => {
                let [lack, their] = verbs(count, ["lacks", "its"], ["lack", "their"]);
                let elements = counted(count, "element");
                format!(
                    "{path}: {elements} {lack} a field of {their} identity; matched by value, then in order"
                )
            }
            LeftOutReason::NotInLayout => {
                format!("{path}: not in golden layout; compared as text")
            }
        }
    }
}

/// The forms of verbs that agree with a number of things.
fn verbs<const N: usize>(
    number: u64,
    one: [&'static str; N],
    many: [&'static str; N],
) -> [&'static str; N] {
    if number == 1 { one } else { many }
}

/// A number of things, `1 tick` or `2 ticks`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Artefact, ArtefactSchema, DiffOptions, KeyRule, Schema, diff};

    fn diff_of(before: &[(&str, &str)], after: &[(&str, &str)], entries: usize) -> Diff {
        let listed = |name: &str, stage: &str| ArtefactSchema {
            keys: vec![KeyRule {
                fields: vec!["t".into()],
                ..KeyRule::default()
            }],
            ..ArtefactSchema::new(name).with_stage(stage).with_tick("t")
        };
        let schema = Schema {
            stages: vec!["one".into(), "two".into()],
            artefacts: vec![listed("a", "one"), listed("b", "two")],
            spans: Vec::new(),
        };
        let [before, after] = [before, after].map(|all| {
            let read = all
                .iter()
                .map(|(name, text)| Artefact::from_json(*name, text.as_bytes()));
            read.collect::<Result<Vec<_>, _>>().unwrap()
        });
        let options = DiffOptions {
            entries,
            ..DiffOptions::default()
        };
        diff(&before, &after, &schema, &options)
    }

    fn plain(diff: &Diff, all: bool) -> String {
        let mut out = Vec::new();
        diff.write_plain(&mut out, all).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_diff_is_written_line_by_line() {
        let hash = |of: &str| format!("\"{}\"", of.repeat(64));
        let a = |v: u8, w: &str| format!(r#"[{{"t":1,"v":{v},"w":{w}}},{{"t":2,"v":{v}}}]"#);
        let b = |x: &str, more: &str| format!(r#"[{{"h":{x},"t":1}},{{"h":{x},"t":3{more}}}]"#);
        let inputs = |seed: u8| format!(r#"{{"m":{{"seed":{seed}}}}}"#);
        let before = [
            ("inputs", inputs(1)),
            ("a", a(1, "\"x\"")),
            ("b", b(&hash("0"), "")),
        ];
        let after = [
            ("inputs", inputs(2)),
            ("a", a(2, "[3]")),
            ("b", b(&hash("1"), ",\"n\":4")),
        ];
        let [before, after] =
            [&before, &after].map(|all| all.each_ref().map(|(name, text)| (*name, text.as_str())));
        let diff = diff_of(&before, &after, 100);
        let brief = "  tick 1 · one · v: 1 → 2
    at a[t=1].v
  cause: inputs m.seed: 1 → 2
  then one 2 ticks: 2 values
  then two 2 ticks: 1 value, 2 hashes
  largest difference of 2 numbers: 1 (relative 1)
";
        assert_eq!(plain(&diff, false), brief);
        let zeros = hash("0");
        let ones = hash("1");
        let all = format!(
            "{brief}  all changes
    tick 1 · a[t=1].v: 1 → 2
    tick 1 · a[t=1].w: \"x\" → [3]
    tick 1 · b[t=1].h: {zeros} → {ones}
    tick 2 · a[t=2].v: 1 → 2
    tick 3 · b[t=3].h: {zeros} → {ones}
    tick 3 · b[t=3].n added: 4
"
        );
        assert_eq!(plain(&diff, true), all);
        let mut styled = Vec::new();
        diff.write_text(&mut styled, false).unwrap();
        let stripped = without_styles(&styled);
        assert_eq!(stripped, plain(&diff, false));
        assert_ne!(styled, stripped.as_bytes());
        let cut = diff_of(&before, &after, 1);
        assert_eq!(plain(&cut, false), brief);
        let rest = "  5 changes from a[t=1].w on are counted, not listed\n";
        assert_eq!(plain(&cut, true), format!("{brief}{rest}"));
        let mut lines = Vec::new();
        for reason in [
            LeftOutReason::Time,
            LeftOutReason::DuplicateIdentity,
            LeftOutReason::MissingIdentity,
            LeftOutReason::NotInLayout,
        ] {
            let path = Path::parse("a.b").unwrap();
            lines.push(
                LeftOut {
                    path,
                    reason,
                    count: 3,
                }
                .lead(),
            );
        }
        assert_eq!(
            lines,
            [
                "out of time: 3 places that differ, from a.b on, are neither listed nor counted in detail",
                "a.b: 3 elements share an identity with another; matched by value, then in order",
                "a.b: 3 elements lack a field of their identity; matched by value, then in order",
                "a.b: not in golden layout; compared as text",
            ]
        );
    }

    /// Text without escape sequences.
    fn without_styles(text: &[u8]) -> String {
        let text = String::from_utf8(text.to_vec()).unwrap();
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| {
            all + part.split_once('m').map_or("", |(_, rest)| rest)
        })
    }

    #[test]
    fn what_was_added_and_removed_is_told_with_its_value_if_it_is_kept() {
        let long = format!("\"{}\"", "x".repeat(20_000));
        let diff = diff_of(
            &[("c", "{\"k\":1}"), ("d", &long)],
            &[("c", "{\"l\":2,\"m\":3}"), ("e", &long)],
            100,
        );
        let all = "  c · k removed: 1
    at c.k
  then c: 2 values
  then d: 1 value
  then e: 1 value
  all changes
    c.k removed: 1
    c.l added: 2
    c.m added: 3
    d removed
    e added
";
        assert_eq!(plain(&diff, true), all);
    }

    #[test]
    fn what_followed_is_counted_without_the_first() {
        let hash = |of: &str| format!("\"{}\"", of.repeat(64));
        let records = |first: &str, second: &str| {
            format!(r#"[{{"t":1,"v":{first}}},{{"t":2,"v":{second}}}]"#)
        };
        let check = |values: [&str; 4], followed: &str| {
            let [before, after] = [records(values[0], values[2]), records(values[1], values[3])];
            let diff = diff_of(
                &[("a", &before), ("b", &before)],
                &[("a", &after), ("b", &after)],
                100,
            );
            let text = plain(&diff, false);
            let lines: Vec<&str> = text
                .lines()
                .filter(|line| line.starts_with("  then"))
                .collect();
            assert_eq!(lines.join("\n"), followed);
        };
        let (zeros, ones) = (hash("0"), hash("1"));
        check(
            ["1", "2", "1", "2"],
            "  then one 1 tick: 1 value\n  then two 2 ticks: 2 values",
        );
        check(
            [&zeros, &ones, &zeros, &ones],
            "  then one 1 tick: 0 values, 1 hash\n  then two 2 ticks: 0 values, 2 hashes",
        );
        check(
            [&zeros, &ones, "1", "2"],
            "  then one 1 tick: 1 value\n  then two 2 ticks: 1 value, 1 hash",
        );
    }

    #[test]
    fn the_earliest_of_many_changes_are_listed_whatever_their_order() {
        let records = |value: u8, ticks: &mut dyn Iterator<Item = u32>| {
            let each: Vec<String> = ticks
                .map(|tick| format!(r#"{{"t":{tick},"v":{value}}}"#))
                .collect();
            format!("[{}]", each.join(","))
        };
        let listed = |before: &str, after: &str| -> Vec<String> {
            let diff = diff_of(&[("a", before)], &[("a", after)], 2);
            assert_eq!(diff.left_out[0].count, 2_998);
            diff.changes
                .iter()
                .map(|change| change.path.to_string())
                .collect()
        };
        let up = [1, 2].map(|value| records(value, &mut (1..=3_000)));
        assert_eq!(listed(&up[0], &up[1]), ["a[t=1].v", "a[t=2].v"]);
        let down = [1, 2].map(|value| records(value, &mut (1..=3_000).rev()));
        assert_eq!(listed(&down[0], &down[1]), ["a[t=1].v", "a[t=2].v"]);
    }

    #[test]
    fn what_was_within_tolerance_is_told_with_its_reasons() {
        let tolerated = Tolerated {
            values: 3,
            largest: Json::parse("0.5").unwrap(),
            at: Path::parse("a.b").unwrap(),
            reasons: vec!["rounding".to_owned(), "noise".to_owned()],
            sizes: None,
        };
        let lead = tolerated.lead();
        let diff = Diff {
            tolerated: Some(tolerated),
            ..Diff::default()
        };
        let expected = format!("  {lead}\n    because: rounding\n    because: noise\n");
        assert_eq!(plain(&diff, false), expected);
    }

    #[test]
    fn strings_of_several_lines_are_compared_by_line() {
        let old = r#"["\ta\nb\nc\n","one","x\ny"]"#;
        let new = r#"["\ta\nB \nc\n","two","x"]"#;
        let diff = diff_of(&[("c", old)], &[("c", new)], 100);
        let all = "  c · [0]: \"\\ta\\nb\\nc\\n\" → \"\\ta\\nB \\nc\\n\"
    at c[0]
      @@ -1,3 +1,3 @@
       \ta
      -b
      +B‹U+0020›
       c
  then c: 2 values
  all changes
    c[0]: \"\\ta\\nb\\nc\\n\" → \"\\ta\\nB \\nc\\n\"
      @@ -1,3 +1,3 @@
       \ta
      -b
      +B‹U+0020›
       c
    c[1]: \"one\" → \"two\"
    c[2]: \"x\\ny\" → \"x\"
      @@ -1,2 +1 @@
      -x
      -y‹no line end›
      +x‹no line end›
";
        assert_eq!(plain(&diff, true), all);
    }

    #[test]
    fn bytes_of_few_outputs_are_shown() {
        for (count, more) in [(4, ""), (5, "1 more output"), (6, "2 more outputs")] {
            let of = |byte: u8| -> Vec<Artefact> {
                let names = (0..count).map(|at| format!("o{at}"));
                names
                    .map(|name| Artefact::from_bytes(name, &[byte, 0]))
                    .collect()
            };
            let diff = diff(&of(1), &of(2), &Schema::default(), &DiffOptions::default());
            let (brief, all) = (plain(&diff, false), plain(&diff, true));
            assert_eq!(
                brief.matches("\n      before  ").count(),
                BYTES_SHOWN,
                "{brief}"
            );
            assert_eq!(brief.contains("more output"), !more.is_empty());
            assert!(brief.contains(&format!("{more}\n")));
            assert_eq!(all.matches("\n      after   ").count(), count);
            assert!(!all.contains("more output"));
        }
    }

    #[test]
    fn no_more_is_shown_than_there_is_room_for() {
        let inputs = |of: u8, count: usize| {
            let each: Vec<String> = (0..count).map(|n| format!(r#""i{n:02}":{of}"#)).collect();
            format!(r#"{{"m":{{{}}}}}"#, each.join(","))
        };
        for (count, more) in [
            (CAUSES_SHOWN, None),
            (CAUSES_SHOWN + 1, Some("1 more changed input")),
            (CAUSES_SHOWN + 3, Some("3 more changed inputs")),
        ] {
            let diff = diff_of(
                &[("inputs", &inputs(1, count))],
                &[("inputs", &inputs(2, count))],
                100,
            );
            let (brief, all) = (plain(&diff, false), plain(&diff, true));
            assert_eq!(brief.matches("cause: ").count(), CAUSES_SHOWN);
            let line = more.map(|more| format!("  and {more}\n"));
            assert_eq!(brief.contains("changed input"), line.is_some());
            assert!(line.is_none_or(|line| brief.contains(&line)), "{brief}");
            assert_eq!(all.matches("cause: ").count(), count);
            assert!(!all.contains("changed input"));
        }
    }
}
