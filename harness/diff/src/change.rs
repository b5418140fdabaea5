//! The result of a diff: first divergence, changes, causes, counts.

use serde::{Deserialize, Serialize, Serializer};

use crate::bytes::BytesDifference;
use crate::chart::Chart;
use crate::path::Path;
use crate::size::{Size, Sizes};
use crate::tick::Tick;
use crate::tolerance::Tolerated;
use crate::visible::{Sight, visible};
use aether_json::{Json, number};

/// What differs between two sets of artefacts.
///
/// Its serde form has all of it: what is read back equals what was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The earliest difference in causal order; `None` if there is no difference at all. It
    /// does not depend on the [budget](crate::DiffOptions).
    pub first_divergence: Option<Change>,
    /// The inputs that differ. A changed input is a cause, never a consequence: it is the first
    /// divergence only if nothing else differs.
    pub causes: Vec<Cause>,
    /// What differs besides the first divergence, counted by stage in causal order.
    pub followed: Vec<Followed>,
    /// Every difference except those of the inputs, in causal order, including the first divergence;
    /// as many as [`DiffOptions::entries`](crate::DiffOptions) allows.
    pub changes: Vec<Change>,
    /// What is not in `changes` or `followed`, or is reported less exactly than requested, and why.
    pub left_out: Vec<LeftOut>,
    /// The vectors that differ at the tick of the first divergence; not part of the JSON report.
    pub charts: Vec<Chart>,
    /// How far numbers moved, of all changes but those of the inputs; `None` if none did. If the time
    /// budget ended the listing, of those until then.
    pub sizes: Option<Sizes>,
    /// The numbers that differ within their tolerances, which are in none of the above; `None` if there are
    /// none.
    pub tolerated: Option<Tolerated>,
    /// Where the bytes of artefacts that are no documents first differ, if both sides have them.
    pub bytes: Vec<BytesDifference>,
    /// How many places differ as the first divergence does, itself included: those of its
    /// [sort](PlaceSort). 0 if there is no difference.
    pub alike: u64,
}

impl Diff {
    /// Whether nothing differs, inputs included, but for what is within tolerance.
    pub fn is_equal(&self) -> bool {
        self.first_divergence.is_none() && self.causes.is_empty()
    }

    /// Shows names beside the numbers of elements in the first divergence: `edge 5` becomes
    /// `edge 5 (P005)` if `name` returns a name for `edge` and 5. Paths stay as they are.
    pub fn name_elements(&mut self, name: &dyn Fn(&str, u64) -> Option<String>) {
        if let Some(first) = &mut self.first_divergence {
            first.path.name_elements(name);
        }
    }
}

/// One difference of two artefacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it happened: the tick of its record or, for a
    /// [late field](crate::ArtefactSchema::late_fields), the end of the span that holds the tick.
    /// `None` for what has no tick. The first tick of a span, if only the digest of that is known.
    pub tick: Option<Tick>,
    /// The stage of its artefact; the artefact's name if it belongs to no stage.
    pub stage: String,
    /// The artefact.
    pub artefact: String,
    /// The place in it.
    pub path: Path,
    /// Where a renamed member was; `None` for any other change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_before: Option<Path>,
    /// What happened there.
    pub kind: ChangeKind,
    /// The old value, which a renamed member kept; the old position for what was moved; `None` for what
    /// was added, and for a whole artefact of more than 16 KiB.
    pub before: Option<Json>,
    /// The new value or position, likewise.
    pub after: Option<Json>,
    /// How far a number moved; `None` for any other change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
}

impl Change {
    /// The change in one line, without its full path: `tick 3 · UMX · edge 5 · raw: 2 → 3`.
    pub fn lead(&self) -> String {
        let values = (self.before.as_ref(), self.after.as_ref());
        self.heading() + &what_happened(self.kind, self.path_before.as_ref(), values)
    }

    /// When and where: `tick 3 · UMX · edge 5 · raw`.
    pub fn heading(&self) -> String {
        let tick = self.tick.as_ref().filter(|_| !self.path.is_span());
        let tick = tick.map(|tick| format!("tick {tick} · "));
        let place = match self.path.place() {
            place if place.is_empty() && self.stage == self.artefact => String::new(),
            place if place.is_empty() => format!(" · {}", self.path),
            place => format!(" · {place}"),
        };
        let heading = format!("{}{}{place}", tick.unwrap_or_default(), self.stage);
        visible(&heading).into_owned()
    }

    /// `after - before`, exactly, if both values are numbers.
    pub fn offset(&self) -> Option<Json> {
        if self.kind != ChangeKind::Changed {
            return None;
        }
        let (before, after) = (self.before.as_ref()?, self.after.as_ref()?);
        Json::parse(&number::offset(before.as_str(), after.as_str())?).ok()
    }

    /// Whether a value changed that is a hash before and after: 64 lower-case hexadecimal digits.
    pub fn is_hash(&self) -> bool {
        let is_hash = |value: &Option<Json>| {
            value
                .as_ref()
                .is_none_or(|value| is_hash_text(value.as_str()))
        };
        !matches!(self.kind, ChangeKind::Moved | ChangeKind::Renamed)
            && (self.before.is_some() || self.after.is_some())
            && is_hash(&self.before)
            && is_hash(&self.after)
    }
}

/// The end of a line that reports a change: `: 2 → 3`, ` removed: …`.
pub(crate) fn what_happened(
    kind: ChangeKind,
    path_before: Option<&Path>,
    (before, after): (Option<&Json>, Option<&Json>),
) -> String {
    let (old, new) = shortened_pair(before, after);
    match (kind, before, after) {
        (ChangeKind::Changed, ..) => format!(": {old} → {new}"),
        (ChangeKind::Added, _, None) => " added".to_owned(),
        (ChangeKind::Added, ..) => format!(" added: {new}"),
        (ChangeKind::Removed, None, _) => " removed".to_owned(),
        (ChangeKind::Removed, ..) => format!(" removed: {old}"),
        (ChangeKind::Moved, ..) => format!(" moved: position {old} → {new}"),
        (ChangeKind::Renamed, ..) => match path_before {
            Some(path) => format!(" renamed from {}: {new}", visible(&path.last_name())),
            None => format!(" renamed: {new}"),
        },
    }
}

/// Two values as a line has room for them, cut around the first character in which they differ.
///
/// What cannot be seen in them is shown as [`visible`](visible()) shows it. If one spells a letter as one
/// character and the other as several, that is shown too.
pub fn shortened_pair(before: Option<&Json>, after: Option<&Json>) -> (String, String) {
    let [old, new] = [before, after].map(|value| value.map_or("…", Json::as_str));
    let same = old
        .char_indices()
        .zip(new.chars())
        .take_while(|((_, a), b)| a == b)
        .count();
    let is_pair = before.is_some() && after.is_some();
    // What both begin with is cut only if they would otherwise look the same.
    let skipped = if is_pair && same > SHOWN / 2 {
        same - SHOWN / 4
    } else {
        0
    };
    let sight = match (before, after) {
        (Some(_), Some(_)) => Sight::of_pair(old, new),
        _ => Sight::default(),
    };
    let [old, new] = [old, new].map(|text| shortened(text, skipped));
    (sight.show(&old).into_owned(), sight.show(&new).into_owned())
}

/// How many characters of a value are shown.
const SHOWN: usize = 96;

fn shortened(text: &str, skipped: usize) -> String {
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    let mut shown: String = text.chars().skip(skipped).take(SHOWN).collect();
    if skipped > 0 {
        shown.insert(0, '…');
    }
    if text.chars().nth(skipped + SHOWN).is_some() {
        shown.push('…');
    }
    format!("{shown} ({} bytes)", text.len())
}

/// Whether JSON text is a string of 64 lower-case hexadecimal digits.
pub(crate) fn is_hash_text(raw: &str) -> bool {
    raw.len() == 66
        && raw.starts_with('"')
        && raw.ends_with('"')
        && raw.as_bytes()[1..65]
            .iter()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What happened at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The value differs.
    Changed,
    /// There was nothing before.
    Added,
    /// The value is gone.
    Removed,
    /// The position of an element among the elements that stayed differs.
    Moved,
    /// The value of a member is under another key: no other member that came or went has it.
    Renamed,
}

impl ChangeKind {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Renamed => "renamed",
        }
    }
}

/// An input that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The file it came from, or `inputs` if it came from none.
    pub file: String,
    /// The place in that document (`edges[e_id=5].k`); empty for the whole of it.
    pub path: Path,
    /// Where a renamed member was, as in [`Change::path_before`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_before: Option<Path>,
    /// The old value, as in [`Change::before`].
    pub before: Option<Json>,
    /// The new value.
    pub after: Option<Json>,
    /// What happened there; not part of the JSON report.
    pub kind: ChangeKind,
    /// What people call the first element of the path, if they find it by its number: `row 4 (north)`,
    /// `line 12`. Not part of the JSON report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
}

impl Cause {
    /// The place in that document as people find it: `edges[e_id=5].k`, `row 4 (north).price`, `line 12`.
    pub fn place(&self) -> String {
        let Some(element) = &self.element else {
            return self.path.to_string();
        };
        let rest = self.path.without_first().to_string();
        let dot = if rest.is_empty() || rest.starts_with('[') {
            ""
        } else {
            "."
        };
        format!("{element}{dot}{rest}")
    }

    /// The cause in one line: `fixtures/topologies/ring5.json edges[e_id=5].k: 1 → 2`.
    pub fn lead(&self) -> String {
        let path = self.place();
        let gap = if path.is_empty() { "" } else { " " };
        let values = (self.before.as_ref(), self.after.as_ref());
        let what = what_happened(self.kind, self.path_before.as_ref(), values);
        visible(&format!("{}{gap}{path}", self.file)).into_owned() + &what
    }
}

/// How much of one stage differs, beside the first divergence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// The stage, as in [`Change::stage`].
    pub stage: String,
    /// How many places differ. A missing record is one place.
    pub values: u64,
    /// At how many ticks.
    pub ticks: u64,
    /// How many of the values are hashes, which differ because something else does. Not part of
    /// the JSON report.
    pub hashes: u64,
}

/// Something that a diff does not list, or lists less exactly than asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Where: the first place concerned, or the artefact or array as a whole.
    pub path: Path,
    /// Why.
    pub reason: LeftOutReason,
    /// How many values, records or elements are concerned.
    pub count: u64,
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// More differences than the budget lists; they are counted, from this place on in causal
    /// order.
    Entries,
    /// The time budget ended before these records, which differ, were compared value by value.
    Time,
    /// Several elements of an array have the same identity; they were matched in order, equal
    /// ones first.
    DuplicateIdentity,
    /// Elements of an array lack a field of its identity; they were matched by value, then by
    /// position.
    MissingIdentity,
    /// An artefact is not in golden layout; it was compared as text.
    NotInLayout,
}

/// A sort of place: stage, path pattern, kind and numeric offset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlaceSort {
    /// The stage, as in [`Change::stage`].
    pub stage: String,
    /// The path with elements as `*`, as [`Path::pattern`] writes it.
    pub pattern: String,
    /// What happened there.
    pub kind: ChangeKind,
    /// New value minus old, if both are numbers.
    pub offset: Option<Json>,
}

impl PlaceSort {
    /// The sort of a change.
    pub fn of(change: &Change) -> Self {
        Self {
            stage: change.stage.clone(),
            pattern: change.path.pattern(),
            kind: change.kind,
            offset: change.offset(),
        }
    }
}

/// What followed, as reports have it: an object with one member per stage, in causal order.
#[derive(Clone, Copy, Debug)]
pub struct FollowedByStage<'a>(pub &'a [Followed]);

impl Serialize for FollowedByStage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Counts {
            values: u64,
            ticks: u64,
        }
        let counts = |followed: &Followed| Counts {
            values: followed.values,
            ticks: followed.ticks,
        };
        serializer.collect_map(self.0.iter().map(|stage| (&stage.stage, counts(stage))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<Json> {
        (!text.is_empty()).then(|| Json::parse(text).unwrap())
    }

    /// A change of `a.b` in the stage `s`; an empty text stands for no value.
    fn change(kind: ChangeKind, before: &str, after: &str) -> Change {
        Change {
            tick: None,
            stage: "s".to_owned(),
            artefact: "a".to_owned(),
            path: Path::parse("a.b").unwrap(),
            path_before: None,
            kind,
            before: json(before),
            after: json(after),
            size: None,
        }
    }

    #[test]
    fn an_offset_is_that_of_two_numbers_that_changed() {
        for (kind, before, after, offset) in [
            (ChangeKind::Changed, "1", "3.5", "2.5"),
            (ChangeKind::Changed, "3", "1", "-2"),
            (ChangeKind::Changed, "\"a\"", "1", ""),
            (ChangeKind::Moved, "1", "3", ""),
            (ChangeKind::Added, "", "3", ""),
        ] {
            assert_eq!(
                change(kind, before, after).offset(),
                json(offset),
                "{before} {after}"
            );
        }
    }

    #[test]
    fn a_hash_is_one_on_every_side_that_there_is() {
        let hash = format!("\"{}\"", "0f".repeat(32));
        let [hash, none] = [hash.as_str(), ""];
        for (kind, before, after, is_hash) in [
            (ChangeKind::Changed, hash, hash, true),
            (ChangeKind::Changed, hash, "1", false),
            (ChangeKind::Changed, "1", hash, false),
            (ChangeKind::Added, none, hash, true),
            (ChangeKind::Removed, hash, none, true),
            (ChangeKind::Added, none, "1", false),
            (ChangeKind::Added, none, none, false),
            (ChangeKind::Moved, hash, hash, false),
            (ChangeKind::Renamed, hash, hash, false),
        ] {
            assert_eq!(
                change(kind, before, after).is_hash(),
                is_hash,
                "{before} {after}"
            );
        }
    }

    #[test]
    fn a_heading_has_the_place_once() {
        let mut change = change(ChangeKind::Changed, "1", "2");
        assert_eq!(change.heading(), "s · b");
        change.path = Path::parse("a").unwrap();
        assert_eq!(change.heading(), "s · a");
        change.stage = "a".to_owned();
        assert_eq!(change.heading(), "a");
        change.path = Path::parse("a.b").unwrap();
        assert_eq!(change.heading(), "a · b");
    }

    #[test]
    fn bytes_are_stored_only_if_some_differ() {
        use crate::{Artefact, DiffOptions, Schema, diff};
        let of = |byte: u8| [Artefact::from_bytes("o", &[byte])];
        let stored = |before: u8, after: u8| {
            let found = diff(
                &of(before),
                &of(after),
                &Schema::default(),
                &DiffOptions::default(),
            );
            aether_json::to_string(&found).unwrap()
        };
        assert!(stored(1, 2).contains("\"bytes\":["));
        assert!(!stored(1, 1).contains("\"bytes\":["));
    }

    #[test]
    fn names_are_shown_in_the_first_divergence() {
        let mut first = change(ChangeKind::Changed, "1", "2");
        first.path = Path::parse("a.node[node=5]").unwrap();
        let mut diff = Diff {
            first_divergence: Some(first),
            ..Diff::default()
        };
        diff.name_elements(&|noun, number| Some(format!("{noun}-{number}")));
        assert_eq!(
            diff.first_divergence.unwrap().path.place(),
            "node 5 (node-5)"
        );
    }

    /// Values of `same` characters in common, then others.
    fn shortened(same: usize, other: usize) -> (String, String) {
        let [old, new] = ["o", "n"].map(|other_one| {
            let text = format!("\"{}{}\"", "=".repeat(same), other_one.repeat(other));
            json(&text)
        });
        shortened_pair(old.as_ref(), new.as_ref())
    }

    #[test]
    fn long_values_are_cut_around_their_first_difference() {
        // 96 bytes are shown as they are.
        let whole = format!("\"{}o\"", "=".repeat(93));
        assert_eq!(shortened(93, 1).0, whole);
        // With half of that in common, values begin where they begin.
        let (old, _) = shortened(47, 60);
        assert_eq!(
            old,
            format!("\"{}{}… (109 bytes)", "=".repeat(47), "o".repeat(48))
        );
        // With more, shortly before they differ.
        let (old, new) = shortened(48, 60);
        assert_eq!(
            old,
            format!("…{}{}\" (110 bytes)", "=".repeat(24), "o".repeat(60))
        );
        assert_eq!(new, old.replace('o', "n"));
        let (old, _) = shortened(200, 100);
        assert_eq!(
            old,
            format!("…{}{}… (302 bytes)", "=".repeat(24), "o".repeat(72))
        );
        let (old, _) = shortened(200, 71);
        assert_eq!(
            old,
            format!("…{}{}\" (273 bytes)", "=".repeat(24), "o".repeat(71))
        );
        // A value alone is not cut in front.
        let long = json(&format!("\"{}\"", "=".repeat(200)));
        let shown = format!("\"{}… (202 bytes)", "=".repeat(95));
        assert_eq!(
            shortened_pair(long.as_ref(), None),
            (shown.clone(), "…".to_owned())
        );
        assert_eq!(shortened_pair(None, long.as_ref()), ("…".to_owned(), shown));
    }
}
