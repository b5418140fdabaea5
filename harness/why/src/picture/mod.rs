//! The graph as a picture: the value asked for at the top, the causes at the bottom, the shortest path straight down the
//! left side.
//!
//! | module | what it does |
//! | --- | --- |
//! | `chosen` | which values are drawn, if there are many |
//! | `layout` | rows and columns |
//! | `svg` | writes it |

mod chosen;
mod layout;
pub(crate) mod svg;
