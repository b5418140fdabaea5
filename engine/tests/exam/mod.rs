//! The exam: figures that were worked by hand, or published, and must come out to the digit.

mod engine_passes;
mod figures;
mod older_documents;
mod oracle_passes;
mod profiles;
mod variants;

pub(crate) use figures::{Figures, gf01};
