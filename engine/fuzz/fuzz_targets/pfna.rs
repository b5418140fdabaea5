//! Fuzz target: the PFNA document of a valid run.

#![no_main]

mod ground;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ground::check("pfna", bytes));
