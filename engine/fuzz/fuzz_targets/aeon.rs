//! Fuzz target: the AEON grammar of a valid run.

#![no_main]

mod ground;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ground::check("aeon", bytes));
