//! Fuzz target: an edge list, as `aether topology import` reads it.

#![no_main]

use std::path::Path;

use aether_engine::config::{MemoryDocuments, validate};
use aether_engine::topology::{Format, ImportOptions, ListFormat, import};

// An edge list, read as lines and as CSV. A topology that is made from it is valid in both formats.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let documents = MemoryDocuments::new().with("x.txt", bytes);
    for format in [ListFormat::Lines, ListFormat::Csv] {
        for drop in [false, true] {
            let options = ImportOptions::default()
                .format(format)
                .drop_self_loops(drop)
                .drop_duplicates(drop);
            match import(&documents, Path::new("x.txt"), &options) {
                Ok(made) => {
                    for (file, format) in [("t.json", Format::Json), ("t.toml", Format::Toml)] {
                        let text = made.text(format).unwrap_or_else(|error| panic!("{error}"));
                        let made = MemoryDocuments::new().with(file, text);
                        if let Err(report) = validate(&made, Path::new(file)) {
                            panic!("{report}");
                        }
                    }
                }
                Err(report) => assert!(!report.problems().is_empty()),
            }
        }
    }
});
