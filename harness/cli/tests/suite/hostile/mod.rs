//! What comes from elsewhere and means harm, or might as well: programs that do not want to end, names that would be
//! obeyed by a terminal or a browser, files that are none, documents that grow when they are read, and bundles made by
//! hand. Nothing is written outside its directory, memory stays bounded, and what was started ends.

pub(crate) mod documents;
pub(crate) mod files;
pub(crate) mod names;
pub(crate) mod programs;
