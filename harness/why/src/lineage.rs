//! What a program says about two of its runs: what each value was computed from.

use std::hash::Hash;

use aether_diff::{Json, Path};

/// Two runs of a program, and what their values were computed from.
///
/// A place is where a value is in both runs. It may be a [`Path`], or something smaller that stands for one:
/// walks keep many of them.
///
/// ```
/// use std::convert::Infallible;
/// use aether_diff::{Json, Path};
/// use aether_why::{CauseKind, Lineage, Origin, WhyOptions, why};
///
/// /// `total[n]` is the sum of `input[0]` to `input[n]`; `input[1]` was 1 and is 5.
/// struct Sums;
///
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
/// enum At { Input(usize), Total(usize) }
///
/// impl Lineage for Sums {
///     type Place = At;
///     type Error = Infallible;
///
///     fn depends(&mut self, place: &At, differing: &mut Vec<At>) -> Result<Origin, Infallible> {
///         let At::Total(at) = *place else { return Ok(Origin::Input) };
///         let before = at.checked_sub(1).map(At::Total);
///         for on in before.into_iter().chain([At::Input(at)]) {
///             let [old, new] = self.values(&on)?;
///             differing.extend((old != new).then_some(on));
///         }
///         Ok(Origin::Computed { rule_changed: false })
///     }
///
///     fn needed(&mut self, _: &At, _: &At) -> Result<bool, Infallible> {
///         Ok(true)
///     }
///
///     fn values(&mut self, place: &At) -> Result<[Option<Json>; 2], Infallible> {
///         let input = |run: usize, at: usize| if at == 1 { [1, 5][run] } else { 1_usize };
///         Ok([0, 1].map(|run| Some(Json::from(match *place {
///             At::Input(at) => input(run, at),
///             At::Total(at) => (0..=at).map(|at| input(run, at)).sum(),
///         }))))
///     }
///
///     fn path(&self, place: &At) -> Path {
///         match *place {
///             At::Input(at) => Path::of("inputs").field("input").index(at),
///             At::Total(at) => Path::of("total").index(at),
///         }
///     }
/// }
///
/// let why = why(&mut Sums, "sums", &At::Total(3), &WhyOptions::default()).expect("it differs");
/// let paths: Vec<String> = why.shortest().map(|node| node.path.to_string()).collect();
/// assert_eq!(paths, ["total[3]", "total[2]", "total[1]", "inputs.input[1]"]);
/// assert_eq!((why.causes[0].kind, why.causes[0].explains), (CauseKind::Input, Some(3)));
/// ```
pub trait Lineage {
    /// The place of a value.
    type Place: Clone + Eq + Ord + Hash;
    /// Why a run cannot be read.
    type Error;

    /// Where the value of a place that differs comes from. What it was computed from, in either run, is added to
    /// `differing`, as far as it differs; in any order, and more than once does no harm.
    ///
    /// # Errors
    /// A run cannot be read.
    fn depends(
        &mut self,
        place: &Self::Place,
        differing: &mut Vec<Self::Place>,
    ) -> Result<Origin, Self::Error>;

    /// Whether the value of `place` would not be its new one if `on`, of what it was computed from, had its old
    /// value and all else its new one.
    ///
    /// # Errors
    /// A run cannot be read.
    fn needed(&mut self, place: &Self::Place, on: &Self::Place) -> Result<bool, Self::Error>;

    /// The value in the old run and in the new one; `None` if a run has none.
    ///
    /// # Errors
    /// A run cannot be read.
    fn values(&mut self, place: &Self::Place) -> Result<[Option<Json>; 2], Self::Error>;

    /// The place as reports write it.
    fn path(&self, place: &Self::Place) -> Path;

    /// The file that an input came from; `None` if it came from none.
    fn file(&self, input: &Self::Place) -> Option<String> {
        let _ = input;
        None
    }

    /// The rule that computes the value of a place: its path without elements (`ledgers.edges.raw`).
    fn rule(&self, place: &Self::Place) -> Path {
        self.path(place).without_elements()
    }

    /// The layer of a place, and its number there if it has one.
    ///
    /// A value is computed from values of its own layer and lower ones. A walk goes through the layers one by one, from
    /// the highest down, and keeps the places of one layer and of what it depends on; a program with ticks may use them.
    ///
    /// Numbers are below 2^31, and in the order of places. What a walk knows of such places is in arrays, and so they
    /// should be most of the values of a layer that is large.
    fn located(&self, place: &Self::Place) -> (u64, Option<u32>) {
        let _ = place;
        (0, None)
    }

    /// The place in a layer that has a number; `None` if none has it.
    fn numbered(&self, layer: u64, number: u32) -> Option<Self::Place> {
        let _ = (layer, number);
        None
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is given: it differs because somebody changed it.
    Input,
    /// It was computed. If nothing that it was computed from differs, its rule does.
    Computed {
        /// Whether its rule is known to have changed, although there are values it was computed from that
        /// differ: the rule of now does not make the old value of the old ones.
        rule_changed: bool,
    },
    /// The program does not say.
    Unknown,
}
