//! The exam: figures that were worked by hand, or published, and must come out to the digit.

mod figures;
mod oracle_passes;

pub(crate) use figures::{Figures, gf01};
