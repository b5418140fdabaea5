//! How a value came to differ: from a value of two runs back through what it was computed from, along values
//! that differ, to the inputs and rules in which the difference came in.
//!
//! ```text
//! ledgers[tick=900].post_u[node=812]: 40 → 43
//!   ledgers[tick=900].edges[e_id=77].f_e: 5 → 8
//!     ledgers[tick=900].edges[e_id=77].du: 20 → 32
//!       … 31 steps through 12 edges …
//! cause: inputs.topology.edges[e_id=5].k: 12 → 13   (fixtures/topologies/ring5.json)
//! ```
//!
//! A program says what its values depend on by implementing [`Lineage`] over two of its runs; [`why`] returns
//! a [`Why`], which can be written as text, JSON, a picture or a page.
//!
//! | module | what it does |
//! | --- | --- |
//! | `lineage` | what a program says about two of its runs |
//! | `nearest` | the shortest path to a cause, and no more |
//! | `slice` | everything that a value was computed from and that differs, within a window of memory |
//! | `places` | what a walk knows of the places of one layer |
//! | `trail` | what a slice leaves behind for a second look at it, in the opposite direction |
//! | `explained` | that second look: how many values each cause explains, and the way to the nearest |
//! | `found` | the result |
//! | `text` | the result for people |
//! | `picture` | the graph as SVG |
//! | `page` | a page of HTML with all of it |
//!
//! Nothing here knows what a value means, or reads a file.

mod explained;
mod found;
mod lineage;
mod nearest;
mod page;
mod picture;
mod places;
mod slice;
mod text;
mod trail;

#[cfg(test)]
mod tests;

pub use found::{CauseKind, Why, WhyCause, WhyNode};
pub use lineage::{Lineage, Origin};
pub use slice::{Extent, LIMIT, WhyError, WhyOptions, why, why_with_trail};
pub use trail::Trail;
