//! Lineage: what each value of a run was computed from.
//!
//! [`rules`](self) holds one definition for each field of each record: how its value follows from
//! other values and from inputs, by the rules that the engine runs. From it follow
//!
//! - [`RunValues::depends`]: what a value was computed from;
//! - [`Compared::step`]: of two runs, which differing values a differing value comes from, whether
//!   each of them was needed, and whether the rule itself gives something else;
//! - [`Compared::search`]: the way from a value back to the inputs or rules that made it differ.
//!
//! ```text
//! ledgers[tick=9].post_u[node=2]: 40 → 43
//!   ledgers[tick=9].edges[e_id=5].f_e: 5 → 8        needed: with 5 again, post_u would be 40
//!     ledgers[tick=9].edges[e_id=5].raw: 5 → 8
//!       inputs.topology.edges[e_id=5].k: 12 → 13    an input: a cause
//! ```
//!
//! Lineage computes no record and stores nothing: it checks what a run recorded.

mod compared;
mod place;
mod reader;
mod rules;
mod scalar;
mod values;
mod vocabulary;

pub use compared::{Compared, Dependency, Step};
pub use place::RunPlace;
pub use scalar::Scalar;
pub use values::RunValues;
pub use vocabulary::Vocabulary;

use reader::Reader;

impl RunValues<'_> {
    /// The value of a place by its rule, from the other values of the run; `None` if the run should
    /// not have it. That of a run's own records is the recorded value.
    #[must_use]
    pub fn computed(&self, place: RunPlace) -> Option<Scalar> {
        rules::compute(place, &Reader::plain(self.names(), self))
    }

    /// What a value was computed from: places of values that were read or tested, each once. Empty
    /// for an input.
    #[must_use]
    pub fn depends(&self, place: RunPlace) -> Vec<RunPlace> {
        if place.is_input() {
            return Vec::new();
        }
        let reader = Reader::traced(self.names(), self);
        rules::compute(place, &reader);
        reader.into_reads()
    }
}

impl RunPlace {
    /// Whether the value is given: by a document, or by what stopped the run.
    #[must_use]
    pub const fn is_input(self) -> bool {
        self.field.is_given()
    }

    /// The rule that computes the value, as reports name it: `ledgers.edges.raw`.
    #[must_use]
    pub fn rule(self) -> String {
        self.field.rule()
    }

    /// The tick that the value belongs to; `None` if it belongs to a window or to the run.
    #[must_use]
    pub fn tick(self) -> Option<u64> {
        let name = values::artefact(self.field);
        let has_tick = ["ledgers", "p_blocks", "i_blocks", "scenes", "u_ledger"].contains(&name);
        has_tick.then_some(self.at)
    }
}
