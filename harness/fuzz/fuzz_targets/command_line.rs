//! Fuzz target: the command line of the harness, one argument per line.

#![no_main]

use clap::Parser;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: aether_harness_cli::Command,
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let line = String::from_utf8_lossy(bytes);
    let words: Vec<_> = std::iter::once("aether-harness").chain(line.lines()).map(Into::into).collect();
    let _ = aether_harness_cli::run_position(&words);
    if let Err(error) = Cli::try_parse_from(words) {
        assert!(!error.to_string().is_empty());
    }
});
