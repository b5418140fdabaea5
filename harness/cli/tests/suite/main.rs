//! The harness from outside: a small subject, temporary workspaces, and this very binary started
//! again as the test runner, or as the bless, of such a workspace.
//!
//! Every test is listed in [`TESTS`]; one that is not is dead code, which is a warning.

#![expect(
    clippy::disallowed_methods,
    reason = "the environment carries the orders to the processes under test"
)]
#![expect(
    clippy::unwrap_used,
    reason = "all of this binary is test code, which clippy cannot know of a test without libtest"
)]

mod against;
mod automaton;
mod bisect;
mod bless;
mod browser;
mod build;
mod bundle;
mod commands;
mod cost;
mod differing;
mod differs;
mod digests;
#[cfg(unix)]
mod disk;
mod examples;
mod flaky_tests;
mod gate;
mod golden;
mod guide;
mod hostile;
mod installed;
mod kill;
mod merges;
mod nextest;
mod out;
mod page;
mod planted;
mod process;
mod program;
mod program_changes;
mod reads;
mod repository;
mod results;
mod review;
mod selection;
mod sensitivity;
mod served;
mod show;
mod shrink;
mod upgrade;
mod verdicts;
mod web;
mod web_browser;
mod why;
mod workspace;

use std::num::NonZero;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::workspace::{PLAY, ROOT};

type Test = (&'static str, fn());

const TESTS: &[&[Test]] = &[
    against::TESTS,
    bisect::TESTS,
    bless::TESTS,
    build::TESTS,
    bundle::TESTS,
    commands::TESTS,
    cost::TESTS,
    differing::TESTS,
    differs::TESTS,
    digests::TESTS,
    #[cfg(unix)]
    disk::TESTS,
    examples::TESTS,
    flaky_tests::TESTS,
    gate::TESTS,
    golden::TESTS,
    guide::TESTS,
    hostile::documents::TESTS,
    hostile::files::TESTS,
    hostile::names::TESTS,
    hostile::programs::TESTS,
    installed::TESTS,
    kill::TESTS,
    merges::TESTS,
    nextest::TESTS,
    out::TESTS,
    page::TESTS,
    planted::TESTS,
    process::TESTS,
    program::TESTS,
    program_changes::TESTS,
    reads::TESTS,
    results::TESTS,
    review::TESTS,
    selection::TESTS,
    sensitivity::TESTS,
    show::TESTS,
    shrink::TESTS,
    upgrade::TESTS,
    verdicts::TESTS,
    web::TESTS,
    web_browser::TESTS,
    why::TESTS,
];

fn main() -> ExitCode {
    if let (Ok(part), Some(root)) = (std::env::var(PLAY), std::env::var_os(ROOT)) {
        if part == examples::AUTOMATON {
            return examples::play_automaton(root.as_ref());
        }
        return workspace::play(&part, root.as_ref());
    }
    // Suites of this process may have children: programs that they run are started by this one.
    if let Err(status) = aether_harness::Suite::new(".").with_children() {
        return status;
    }
    let trial = |&(name, test): &Test| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = TESTS.iter().flat_map(|tests| tests.iter()).map(trial);
    // What takes long is for `.ci/nightly`.
    let long = [bisect::LONG, digests::LONG]
        .into_iter()
        .flatten()
        .map(|test| trial(test).with_ignored_flag(true));
    let trials = trials.chain(long).collect();
    let mut arguments = Arguments::from_args();
    // Most tests wait for the programs that they start.
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    arguments.test_threads.get_or_insert(2 * processors);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The table of a module's tests: `tests![module; one, two]`.
macro_rules! tests {
    ($module:ident; $($test:ident),* $(,)?) => {
        pub(crate) const TESTS: &[crate::Test] = &[
            $((concat!(stringify!($module), "::", stringify!($test)), $test)),*
        ];
    };
}
use tests;
