//! External inputs from a table: `tick,node,value`, or `tick` and one column per node.
//!
//! Rows of the same tick are one entry. Its id is that of the table:
//!
//! ```text
//! tick,node,value         tick,20,D0-J09
//! 3,20,-50           or   3,-50,7          at tick 3: -50 at node 20, 7 at node D0-J09
//! 3,D0-J09,7
//! ```

use std::collections::BTreeMap;

use super::super::decode::{list_of, nearest};
use super::super::inputs::{InputEntry, InputValues, Inputs};
use super::super::limits::PFNA_ENTRIES_MAX;
use super::super::problem::{Code, Draft, Problems};
use super::super::rows::{Row, each_row};
use super::super::source::{Source, Span};
use super::super::tree::shortened;
use super::count;
use super::inputs::{Bounds, HINTS_MAX, tick_outside};

/// What the columns of a table are.
enum Columns {
    /// The columns of tick, node and value.
    Long([usize; 3]),
    /// The column of the tick; the other columns with the ids of their nodes.
    Wide(usize, Vec<(usize, u64)>),
}

/// The values that were read: those of each tick, by id of the node, with their places.
type Ticks = BTreeMap<u64, BTreeMap<u64, (i64, Span)>>;

/// Checks the rows of a table.
pub(crate) fn input_table(
    source: &Source,
    pfna_id: &str,
    bounds: Bounds<'_>,
    problems: &mut Problems,
) -> Option<Inputs> {
    let before = problems.len();
    let mut table = Table {
        source,
        bounds,
        ticks: BTreeMap::new(),
        hints: HINTS_MAX,
        problems,
    };
    let mut columns = None;
    let mut width = 0;
    each_row(source.text(), |row| {
        let Some(columns) = &columns else {
            width = row.cells.len();
            columns = table.header(&row);
            return columns.is_some();
        };
        table.row(&row, columns, width)
    });
    let node_count = bounds.node_count.map_or(0, |known| known.number);
    let node_count = usize::try_from(node_count).expect("at most NODES_MAX nodes");
    let ticks = table.ticks;
    (problems.len() == before).then(|| {
        let entries = ticks.into_iter().map(|(tick, values)| InputEntry {
            pfna_id: pfna_id.to_owned(),
            tick,
            values: values_of(node_count, values),
            repeat: None,
        });
        Inputs::new(entries.collect())
    })
}

fn values_of(node_count: usize, values: BTreeMap<u64, (i64, Span)>) -> InputValues {
    if values.len() == node_count {
        return InputValues::Dense(values.into_values().map(|(value, _)| value).collect());
    }
    let index =
        |node: u64| u32::try_from(node - 1).expect("the number of nodes is within its limit");
    let values = values.into_iter();
    let values = values.map(|(node, (value, _))| (index(node), value));
    InputValues::Sparse {
        node_count,
        values: values.collect(),
    }
}

struct Table<'t, 'p> {
    source: &'t Source,
    bounds: Bounds<'t>,
    ticks: Ticks,
    hints: usize,
    problems: &'p mut Problems,
}

impl Table<'_, '_> {
    fn report(&mut self, draft: Draft) {
        self.problems.add(self.source, draft);
    }

    fn header(&mut self, row: &Row<'_>) -> Option<Columns> {
        let cells = &row.cells;
        let named = |name: &str| {
            cells
                .iter()
                .position(|cell| cell.eq_ignore_ascii_case(name))
        };
        let (tick, node, value) = (named("tick"), named("node"), named("value"));
        if let (Some(tick), Some(node), Some(value), 3) = (tick, node, value, cells.len()) {
            return Some(Columns::Long([tick, node, value]));
        }
        let Some(tick) = tick else {
            let (first, last) = (row.place(0), row.place(cells.len() - 1));
            let span = Span::new(first.start(), last.end());
            let near = cells.iter().find(|cell| nearest(cell, ["tick"]).is_some());
            let names: Vec<String> = cells.iter().take(16).map(|cell| shortened(cell)).collect();
            let help = match near {
                Some(near) => format!("write `tick` for `{}`", shortened(near)),
                None => format!(
                    "the columns are {}",
                    list_of(names.iter().map(String::as_str), "and")
                ),
            };
            let draft = Draft::new(Code::InputTable, span, "the table has no column `tick`")
                .expected("`tick`, `node` and `value`, or `tick` and one column per node")
                .help(help);
            self.report(draft);
            return None;
        };
        let mut nodes: Vec<(usize, u64)> = Vec::new();
        let mut columns: BTreeMap<u64, usize> = BTreeMap::new();
        let mut good = true;
        let places = row.places();
        for (column, cell) in cells.iter().enumerate() {
            if column == tick {
                continue;
            }
            let Some(node) = self.node(cell, places[column]) else {
                good = false;
                continue;
            };
            let first = *columns.entry(node).or_insert(column);
            if first != column {
                let draft = Draft::new(
                    Code::DuplicateInput,
                    places[column],
                    format!("node {} has two columns", self.shown(node)),
                )
                .help("remove one of the two: an id and a name can be the same node")
                .related_at(self.source, places[first], "the first is here");
                self.report(draft);
                good = false;
            }
            nodes.push((column, node));
        }
        // Without a topology the nodes are not known, and rows are read for their other problems.
        (good || self.bounds.names.is_none()).then_some(Columns::Wide(tick, nodes))
    }

    /// Reads a row; returns whether more may follow.
    fn row(&mut self, row: &Row<'_>, columns: &Columns, width: usize) -> bool {
        if row.cells.len() != width {
            let message = format!(
                "the row has {} columns and the header {width}",
                row.cells.len()
            );
            let draft = Draft::new(Code::InputTable, row.place(row.cells.len()), message);
            self.report(draft.expected(format!("{width} columns")));
            return true;
        }
        let tick_at = match columns {
            Columns::Long([tick, ..]) | Columns::Wide(tick, _) => *tick,
        };
        let tick = self.tick(row, tick_at);
        if let Some(tick) = tick
            && !self.ticks.contains_key(&tick)
            && self.ticks.len() as u64 >= PFNA_ENTRIES_MAX
        {
            let message = format!("more than {PFNA_ENTRIES_MAX} ticks, which is over the limit");
            let draft = Draft::new(Code::OverLimit, row.place(tick_at), message)
                .expected(format!("at most {PFNA_ENTRIES_MAX} entries"))
                .help(format!(
                    "this engine reads at most {PFNA_ENTRIES_MAX} entries"
                ));
            self.report(draft);
            return false;
        }
        match columns {
            Columns::Long([_, node, value]) => {
                let number = self.integer(row, *value);
                let node = self.node(row.cells[*node], row.place(*node));
                if let (Some(tick), Some(node), Some(number)) = (tick, node, number) {
                    self.add(tick, node, number, row.place(*value));
                }
            }
            Columns::Wide(_, nodes) => {
                let places = row.places();
                for (column, node) in nodes {
                    let (cell, place) = (row.cells[*column], places[*column]);
                    if cell.is_empty() {
                        continue;
                    }
                    let number = self.integer_of(cell, place);
                    if let (Some(tick), Some(number)) = (tick, number) {
                        self.add(tick, *node, number, place);
                    }
                }
            }
        }
        true
    }

    fn add(&mut self, tick: u64, node: u64, number: i64, place: Span) {
        let values = self.ticks.entry(tick).or_default();
        let Some((_, first)) = values.get(&node).copied() else {
            values.insert(node, (number, place));
            return;
        };
        let message = format!("node {} is given twice for tick {tick}", self.shown(node));
        let draft = Draft::new(Code::DuplicateInput, place, message)
            .help("add the two up, or remove one")
            .related_at(self.source, first, "first given here");
        self.report(draft);
    }

    fn tick(&mut self, row: &Row<'_>, column: usize) -> Option<u64> {
        let tick = self.integer(row, column)?;
        if let Some(draft) = tick_outside(row.place(column), tick, self.bounds.ticks) {
            self.report(draft);
            return None;
        }
        Some(count(tick))
    }

    fn integer(&mut self, row: &Row<'_>, column: usize) -> Option<i64> {
        self.integer_of(row.cells[column], row.place(column))
    }

    fn integer_of(&mut self, cell: &str, place: Span) -> Option<i64> {
        let number = cell.parse::<i64>().ok().filter(|_| !cell.starts_with('+'));
        if number.is_none() {
            let message = match cell {
                "" => "the number is missing".to_owned(),
                _ => format!("`{}` is not a 64-bit integer", shortened(cell)),
            };
            let draft = Draft::new(Code::InputTable, place, message)
                .expected("an integer")
                .help("write an integer");
            self.report(draft);
        }
        number
    }

    /// The id of a node; `None` if there is no such node, or no topology to look in.
    fn node(&mut self, cell: &str, place: Span) -> Option<u64> {
        if cell.is_empty() {
            let draft = Draft::new(Code::InputTable, place, "the node is missing");
            self.report(
                draft
                    .expected("the id or name of a node")
                    .help("name a node"),
            );
            return None;
        }
        let names = self.bounds.names?;
        let error = match names.find_node_hinting(cell, self.hints > 0) {
            Ok(node) => return Some(node),
            Err(error) => error,
        };
        self.hints = self.hints.saturating_sub(1);
        let draft = Draft::new(Code::NoSuchNode, place, error.message());
        self.report(draft.help(error.help()));
        None
    }

    fn shown(&self, node: u64) -> String {
        let names = self.bounds.names;
        names.map_or_else(
            || node.to_string(),
            |names| names.show_node(node).to_string(),
        )
    }
}
