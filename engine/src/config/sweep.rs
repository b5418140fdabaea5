//! Reads a sweep: a RunConfig, and axes whose values make its points.
//!
//! [`load_sweep`] checks everything that does not depend on a point: the base, the paths of the
//! axes, and their values as far as they are values at all. A point's documents are checked
//! when its plan is made.

use std::path::{Path as FilePath, PathBuf};

use super::change::{self, Path, Setting, Variants};
use super::check;
use super::decode::Int;
use super::documents::{
    AxisDocument, CombineWord, KeepWord, RangeDocument, SampleDocument, SweepDocument,
};
use super::load::{Loaded, Loader};
use super::plan::{ResolvedDocuments, RunPlan};
use super::problem::{Code, Draft, Place, Problems, Report};
use super::read::ReadDocument;
use super::tree::{Document, NodeId, Value};
use crate::canonical;

/// The version of the document.
const VERSION: i64 = 1;

/// A sweep as its document describes it: a base, and axes that are found in it.
#[derive(Clone, Debug)]
pub struct Sweep {
    base: RunPlan,
    axes: Vec<Axis>,
    combine: Combine,
    keep_records: bool,
    variants: Variants,
    /// The axis that gives each setting of `variants` its value.
    axis_of: Vec<usize>,
}

/// One thing that a sweep varies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Axis {
    /// Its name in tables; unique in the sweep.
    pub name: String,
    /// The paths of the values that it sets, at least one.
    pub paths: Vec<String>,
    /// Its values.
    pub values: AxisValues,
    /// Where its values are given, for reports.
    pub place: Place,
}

/// The values of an axis, each as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AxisValues {
    /// Listed, at least one.
    List(Vec<String>),
    /// `from`, `from` + `step`, …: `count` ≥ 1 integers.
    Range {
        /// The first.
        from: i64,
        /// At least 1.
        step: i64,
        /// How many.
        count: u64,
    },
    /// `count` ≥ 1 integers between `from` and `to`, which are drawn.
    Sample {
        /// The smallest.
        from: i64,
        /// The largest.
        to: i64,
        /// How many.
        count: u64,
        /// The seed.
        seed: i64,
    },
    /// A column of the table.
    Column(String),
}

/// How the values of axes make points.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Combine {
    /// Every value of an axis with every value of the others; the last axis varies fastest.
    Grid,
    /// The first values of all axes, then the second, …; all axes have equally many.
    Zip,
    /// One point per row of a CSV file.
    Table(PathBuf),
}

impl Sweep {
    /// The run that every point starts from.
    #[must_use]
    pub const fn base(&self) -> &RunPlan {
        &self.base
    }

    /// The axes, in order; at least one.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// How the axes make points.
    #[must_use]
    pub const fn combine(&self) -> &Combine {
        &self.combine
    }

    /// Whether the records of every point are kept, and not only their digests.
    #[must_use]
    pub const fn keeps_records(&self) -> bool {
        self.keep_records
    }

    /// The plan of a point. `values` has the JSON of one value per axis.
    ///
    /// # Errors
    /// Every problem of the point's documents.
    ///
    /// # Panics
    /// `values` does not have one value per axis.
    pub fn plan(&self, values: &[impl AsRef<str>]) -> Result<RunPlan, Report> {
        self.variants.plan(&self.of_settings(values))
    }

    /// The documents of a point whose plan has problems: as changed, and not resolved.
    ///
    /// # Panics
    /// `values` does not have one value per axis.
    pub fn documents(&self, values: &[impl AsRef<str>]) -> ResolvedDocuments {
        self.variants.documents(&self.of_settings(values))
    }

    fn of_settings<'v>(&self, values: &'v [impl AsRef<str>]) -> Vec<&'v str> {
        assert_eq!(values.len(), self.axes.len(), "one value per axis");
        self.axis_of
            .iter()
            .map(|axis| values[*axis].as_ref())
            .collect()
    }
}

/// A value in a cell of a table as JSON: JSON, TOML, or a single word, which is a string.
///
/// # Errors
/// What to write instead.
pub fn cell_value(text: &str) -> Result<String, String> {
    change::literal(text)
}

/// Reads a sweep, its RunConfig and the documents that it names.
///
/// # Errors
/// Every problem of every document, and every axis that sets nothing.
pub fn load_sweep(reader: &dyn ReadDocument, path: &FilePath) -> Result<Sweep, Report> {
    let mut loader = Loader::new(reader);
    let sweep = loader
        .load::<SweepDocument>(path, None)
        .and_then(|loaded| sweep_of(&mut loader, path, &loaded));
    loader.finish(sweep, path).map(|checked| checked.value)
}

/// The sweep of a document that has been read; `None` if there are problems.
pub(super) fn sweep_of(
    loader: &mut Loader<'_>,
    path: &FilePath,
    loaded: &Loaded<SweepDocument>,
) -> Option<Sweep> {
    let Loaded { document, content } = loaded;
    let directory = path.parent().unwrap_or(FilePath::new(""));
    // First, since it is not made if there are problems.
    let base = content.run_config.get().and_then(|run_config| {
        let path = directory.join(&run_config.0);
        let named_by = check::value_at(document, content.places.run_config);
        loader.run_named(&path, named_by)
    });
    check::version(
        check::value_at(document, content.places.v),
        content.v.get().copied(),
        VERSION,
        "sweep",
        &mut loader.problems,
    );
    let combine = combine(document, content, directory, &mut loader.problems);
    let axes = axes(document, content, &combine, &mut loader.problems);
    if base.is_none() && content.run_config.get().is_some() {
        loader
            .problems
            .unchecked("the paths of the axes", "the RunConfig has problems");
    }
    let base = base?;
    let mut settings = Vec::new();
    let mut places = Vec::new();
    let mut axis_of = Vec::new();
    for (index, axis) in axes.iter().enumerate() {
        for place in &axis.set {
            let value = document.value(*place);
            match path_of(value) {
                Ok(path) => {
                    let origin = axis.axis.place.clone();
                    settings.push(Setting { path, origin });
                    places.push(*place);
                    axis_of.push(index);
                }
                Err(draft) => loader.problems.add_on(value, draft.at(value.path())),
            }
        }
    }
    let problems = &mut loader.problems;
    let variants = Variants::new(&base, settings, &mut |index, draft| {
        let value = document.value(places[index]);
        problems.add_on(value, in_document(value, draft).at(value.path()));
    });
    (loader.problems.len() == 0).then(|| Sweep {
        base,
        axes: axes.into_iter().map(|axis| axis.axis).collect(),
        combine,
        keep_records: content.keep == Some(KeepWord::Records),
        variants,
        axis_of,
    })
}

/// The path that a string of the document holds.
fn path_of(value: Value<'_>) -> Result<Path, Box<Draft>> {
    let at = text_start(value).unwrap_or(0);
    Path::parse(value.text(), at).map_err(|draft| in_document(value, *draft).into())
}

/// Where the text of a string starts in the document; `None` if the document spells it differently.
fn text_start(value: Value<'_>) -> Option<usize> {
    let span = value.span();
    let raw = value.document().source().slice(span);
    let quote = (raw.len() - value.text().len()) / 2;
    raw.get(quote..quote + value.text().len())
        .is_some_and(|inner| inner == value.text())
        .then_some(span.start() + quote)
}

fn in_document(value: Value<'_>, draft: Draft) -> Draft {
    match text_start(value) {
        Some(_) => draft,
        None => draft.moved_to(value.span()),
    }
}

fn combine(
    document: &Document,
    content: &SweepDocument,
    directory: &FilePath,
    problems: &mut Problems,
) -> Combine {
    match (&content.table, content.combine) {
        (None, None | Some(CombineWord::Grid)) => Combine::Grid,
        (None, Some(CombineWord::Zip)) => Combine::Zip,
        (Some(table), word) => {
            if word.is_some()
                && let (Some(one), Some(other)) = (
                    check::value_at(document, content.places.combine),
                    check::value_at(document, content.places.table),
                )
            {
                let message = "`combine` and `table` exclude one another";
                let draft = Draft::on_key(one, Code::ExclusiveFields, message)
                    .help("leave out `combine`: the rows of the table are the points");
                problems.add_on(one, draft.related(other, "the other one"));
            }
            Combine::Table(directory.join(&table.0))
        }
    }
}

/// An axis, and the places of its paths.
struct Placed {
    axis: Axis,
    set: Vec<NodeId>,
}

fn axes(
    document: &Document,
    content: &SweepDocument,
    combine: &Combine,
    problems: &mut Problems,
) -> Vec<Placed> {
    let Some(list) = content.axes.get() else {
        return Vec::new();
    };
    let mut axes: Vec<Placed> = Vec::new();
    let mut first: Option<(u64, Value<'_>)> = None;
    list.each(document, problems, |value, axis, problems| {
        let Some(axis) = axis else { return };
        let values = values(document, value, &axis, combine, problems);
        if let (Combine::Zip, Some(values)) = (combine, &values) {
            let count = values.count();
            match first {
                None => first = Some((count, value)),
                Some((expected, other)) if expected != count => {
                    let message =
                        format!("the axis has {count} values, and the first axis {expected}");
                    let draft = Draft::on(value, Code::SweepAxis, message).help(
                        "in a zip, give every axis equally many values, or combine them in a grid",
                    );
                    problems.add_on(value, draft.related(other, "the first axis"));
                }
                Some(_) => {}
            }
        }
        let (Some(set), Some(values)) = (axis.set.get(), values) else {
            return;
        };
        let paths: Vec<String> = set
            .0
            .iter()
            .map(|place| document.value(*place).text().to_owned())
            .collect();
        let Some(default) = paths.first() else {
            let message = "the axis sets nothing";
            let at = check::value_at(document, axis.places.set).unwrap_or(value);
            problems.add_on(
                at,
                Draft::on(at, Code::SweepAxis, message).help("name a value, such as \"ticks\""),
            );
            return;
        };
        let name = axis.name.as_ref().map_or(default, |name| &name.0).clone();
        let named_at =
            check::value_at(document, axis.places.name.or(axis.places.set)).unwrap_or(value);
        if axes.iter().any(|other| other.axis.name == name) {
            let message = format!(
                "there are two axes named `{}`",
                super::tree::shortened(&name)
            );
            let draft = Draft::on(named_at, Code::RepeatedItem, message);
            problems.add_on(named_at, draft.help("give one of them a different `name`"));
            return;
        }
        if TABLE_COLUMNS.contains(&name.as_str()) {
            let message = format!("`{name}` is a column of every table");
            let draft = Draft::on(named_at, Code::SweepAxis, message);
            problems.add_on(named_at, draft.help("give the axis a different `name`"));
            return;
        }
        let values = match values {
            AxisValues::Column(column) if column.is_empty() => AxisValues::Column(name.clone()),
            values => values,
        };
        let place = axis
            .places
            .values
            .or(axis.places.range)
            .or(axis.places.sample);
        let place = check::value_at(document, place.or(axis.places.column)).unwrap_or(value);
        axes.push(Placed {
            axis: Axis {
                name,
                paths,
                values,
                place: Place::new(document.source(), place.span()),
            },
            set: set.0.clone(),
        });
    });
    if list.len() == 0 {
        let value = list.value(document);
        let draft = Draft::on(value, Code::SweepAxis, "the sweep has no axes");
        problems.add_on(value, draft.help("add an axis: `set` and `values`"));
    }
    axes
}

/// Columns of the table of a sweep that are not axes.
#[rustfmt::skip]
pub const TABLE_COLUMNS: [&str; 25] = [
    "point", "id", "status", "error", "build", "last_entry_hash",
    "total_ticks", "window_count", "l_total", "apx_manifests", "i_blocks", "uledger_entries", "nap_ctrl",
    "nap_ingress", "nap_data", "nap_egress", "pfna_applied", "codex_motifs", "codex_proposals",
    "aeon_views", "apxi_views", "descriptors", "l_described", "l_saved", "l_described_by_window",
];

/// The values of an axis; `None` if they have problems. The column of a table may be "", which is
/// the axis's name.
fn values(
    document: &Document,
    axis: Value<'_>,
    content: &AxisDocument,
    combine: &Combine,
    problems: &mut Problems,
) -> Option<AxisValues> {
    let places = &content.places;
    let given = [
        ("values", places.values),
        ("range", places.range),
        ("sample", places.sample),
        ("column", places.column),
    ];
    let present: Vec<_> = given.iter().filter(|(_, place)| place.is_some()).collect();
    let is_table = matches!(combine, Combine::Table(_));
    for (name, place) in &present {
        if is_table != (*name == "column") {
            let at = check::value_at(document, *place).unwrap_or(axis);
            let (message, help) = if is_table {
                (
                    "the values of this axis come from the table",
                    "remove it, or leave out `table`",
                )
            } else {
                (
                    "`column` is of no use without `table`",
                    "name a CSV file with `table`, or remove `column`",
                )
            };
            problems.add_on(at, Draft::on_key(at, Code::SweepAxis, message).help(help));
            return None;
        }
    }
    if is_table {
        let column = content
            .column
            .as_ref()
            .map_or(String::new(), |column| column.0.clone());
        return Some(AxisValues::Column(column));
    }
    let wrong = |at: Option<NodeId>, message: String, help: &str, problems: &mut Problems| {
        let at = check::value_at(document, at).unwrap_or(axis);
        problems.add_on(at, Draft::on(at, Code::SweepAxis, message).help(help));
        None
    };
    if present.len() != 1 {
        let message = match present.len() {
            0 => "the axis has no values".to_owned(),
            _ => "the axis has its values twice".to_owned(),
        };
        return wrong(
            None,
            message,
            "give one of `values`, `range` and `sample`",
            problems,
        );
    }
    if let Some(list) = &content.values {
        if list.len() == 0 {
            return wrong(
                places.values,
                "the axis has no values".to_owned(),
                "list at least one",
                problems,
            );
        }
        let values = list.value(document).children();
        return Some(AxisValues::List(
            values.map(|value| canonical::text(&value)).collect(),
        ));
    }
    if let Some(range) = &content.range {
        let RangeDocument { from, to, step, .. } = range;
        let (from, to) = (from.get()?.0, to.get()?.0);
        let step = step.map_or(1, |Int(step)| step);
        if from > to {
            let message = format!("the range from {from} to {to} is empty");
            return wrong(
                places.range,
                message,
                "write the smaller number as `from`",
                problems,
            );
        }
        let count = from.abs_diff(to) / step.unsigned_abs();
        let Some(count) = count.checked_add(1) else {
            return wrong(
                places.range,
                "the range has more than 2^64 values".to_owned(),
                "give a larger `step`",
                problems,
            );
        };
        return Some(AxisValues::Range { from, step, count });
    }
    let SampleDocument {
        count,
        from,
        to,
        seed,
        ..
    } = content.sample.as_ref()?;
    let (from, to) = (from.get()?.0, to.get()?.0);
    let (count, seed) = (check::count(count.get()?.0), seed.get()?.0);
    if from > to {
        let message = format!("there is no integer from {from} to {to}");
        return wrong(
            places.sample,
            message,
            "write the smaller number as `from`",
            problems,
        );
    }
    Some(AxisValues::Sample {
        from,
        to,
        count,
        seed,
    })
}

impl AxisValues {
    /// How many values there are; 0 for a column, which the table decides.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::List(values) => values.len() as u64,
            Self::Range { count, .. } | Self::Sample { count, .. } => *count,
            Self::Column(_) => 0,
        }
    }
}
