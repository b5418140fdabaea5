//! Fuzz target: JSON, read strictly, laid out and written again.

#![no_main]

use aether_diff::Artefact;
use aether_json::Value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let read = aether_json::from_slice::<Value>(bytes);
    let laid_out = Artefact::from_json("a", bytes);
    assert_eq!(read.is_ok(), laid_out.is_ok(), "one reader accepts what the other refuses");
    if let (Ok(value), Ok(artefact)) = (read, laid_out) {
        // Nothing is lost on the way, and the layout is a fixed point.
        assert_eq!(artefact.to_value().expect("a laid out document is JSON"), value);
        Artefact::from_golden("a", artefact.text().to_vec()).expect("what was laid out is in layout");
        let written = value.to_string();
        assert_eq!(aether_json::from_str::<Value>(&written).expect("what was written is JSON"), value);
    }
    let _ = Artefact::from_json_lines("a", bytes);
});
