//! Fuzz target: a document of unknown kind, as `aether validate` reads it.

#![no_main]

use std::path::Path;

use aether_engine::config::{MemoryDocuments, validate};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for file in ["x.json", "x.toml"] {
        let documents = MemoryDocuments::new().with(file, bytes);
        if let Err(report) = validate(&documents, Path::new(file)) {
            assert!(!report.to_string().contains("AE0703"), "{report}");
        }
    }
});
