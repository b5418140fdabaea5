//! Fuzz target: the stored result of a trial, as `report` reads those of other machines.

#![no_main]

use aether_harness::results::TrialResult;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(result) = TrialResult::parse(bytes) {
        let written = aether_json::to_vec(&result).expect("what was read can be written");
        let again = TrialResult::parse(&written).expect("what was written can be read");
        assert_eq!(aether_json::to_vec(&again).expect("as before"), written);
    }
});
