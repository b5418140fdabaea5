//! The exam: published figures, and figures computed by hand, that runs must reproduce exactly.

mod engine_passes;
mod figures;
mod older_documents;
mod oracle_passes;
mod profiles;
mod variants;

pub(crate) use figures::{Figures, gf01};
