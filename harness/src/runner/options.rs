//! Options of `run` that libtest does not have: `--no-tests`, `--scenario` and `--shard`.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::RunnerError;
use super::plan::Plan;

/// What a command line asks for in addition to what every Rust test understands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// What to do if no trial is selected.
    pub(super) no_tests: NoTests,
    /// The one scenario to run, and to read; all of them without it.
    pub(super) scenario: Option<String>,
    /// Which part of the scenarios to run; all of them without it.
    pub(super) shard: Option<Shard>,
}

/// What to do if no trial is selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NoTests {
    /// Nothing.
    Pass,
    /// Say so. `cargo test NAME` hands its filter to every test target, so that it is no mistake there.
    Warn,
    /// Refuse: a filter that matches nothing checks nothing.
    #[default]
    Fail,
}

/// One of several parts of the scenarios: every `count`-th, from the `index`-th on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 1.
    index: usize,
    count: usize,
}

const NO_TESTS: &str = "--no-tests";
const SCENARIO: &str = "--scenario";
const SHARD: &str = "--shard";

impl Options {
    /// Takes these options out of the arguments of a test, and leaves the others.
    ///
    /// # Errors
    /// One has no value, or another one than it may have.
    pub(super) fn take(args: &mut Vec<OsString>) -> Result<Self, RunnerError> {
        let mut options = Self::default();
        if let Some(value) = value(args, NO_TESTS) {
            options.no_tests = match value.as_str() {
                "pass" => NoTests::Pass,
                "warn" => NoTests::Warn,
                "fail" => NoTests::Fail,
                _ => return Err(bad(NO_TESTS, value, "`pass`, `warn` or `fail`")),
            };
        }
        if let Some(value) = value(args, SCENARIO) {
            if value.is_empty() {
                return Err(bad(SCENARIO, value, "the name of a scenario"));
            }
            options.scenario = Some(value);
        }
        if let Some(value) = value(args, SHARD) {
            let shard = Shard::parse(&value);
            let shard = shard.ok_or_else(|| bad(SHARD, value, "i/n, with i from 1 to n: `2/4`"))?;
            options.shard = Some(shard);
        }
        Ok(options)
    }
}

impl Shard {
    fn parse(text: &str) -> Option<Self> {
        let (index, count) = text.split_once('/')?;
        let (index, count) = (index.parse().ok()?, count.parse().ok()?);
        (1..=count)
            .contains(&index)
            .then_some(Self { index, count })
    }

    /// The plans of this part. All trials of a scenario are in one part, because they share its runs.
    pub(super) fn part(self, plans: Vec<Plan>) -> Vec<Plan> {
        let names: BTreeSet<String> = plans.iter().map(|plan| plan.scenario.clone()).collect();
        let names = names.into_iter().skip(self.index - 1);
        let part: BTreeSet<String> = names.step_by(self.count).collect();
        let mut plans = plans;
        plans.retain(|plan| part.contains(&plan.scenario));
        plans
    }
}

fn bad(option: &'static str, found: String, expected: &'static str) -> RunnerError {
    RunnerError::Option {
        option,
        found,
        expected,
    }
}

/// Takes `--option VALUE` or `--option=VALUE` out of the arguments; an empty value if there is none.
fn value(args: &mut Vec<OsString>, option: &str) -> Option<String> {
    let end = args.iter().position(|arg| arg == "--");
    let end = end.unwrap_or(args.len());
    let given = |arg: &OsString| {
        let arg = arg.to_string_lossy().into_owned();
        let rest = arg.strip_prefix(option)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(Some(value.to_owned())),
            None => rest.is_empty().then_some(None),
        }
    };
    let (at, value) = args[..end]
        .iter()
        .enumerate()
        .find_map(|(at, arg)| Some((at, given(arg)?)))?;
    args.remove(at);
    Some(value.unwrap_or_else(|| {
        if at + 1 < end {
            args.remove(at).to_string_lossy().into_owned()
        } else {
            String::new()
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(args: &str) -> (Result<Options, String>, String) {
        let mut args: Vec<OsString> = args.split_whitespace().map(OsString::from).collect();
        let options = Options::take(&mut args).map_err(|error| error.to_string());
        let left: Vec<String> = args
            .into_iter()
            .map(|arg| arg.into_string().unwrap())
            .collect();
        (options, left.join(" "))
    }

    #[test]
    fn options_are_taken_from_anywhere() {
        let check = |args: &str, no_tests, shard: Option<(usize, usize)>, left: &str| {
            let shard = shard.map(|(index, count)| Shard { index, count });
            let options = Options {
                no_tests,
                shard,
                ..Options::default()
            };
            assert_eq!(taken(args), (Ok(options), left.to_owned()));
        };
        check("", NoTests::Fail, None, "");
        check("a --exact", NoTests::Fail, None, "a --exact");
        check("--no-tests=pass a", NoTests::Pass, None, "a");
        check(
            "a --no-tests warn --exact",
            NoTests::Warn,
            None,
            "a --exact",
        );
        check(
            "--shard 2/3 a --no-tests=fail",
            NoTests::Fail,
            Some((2, 3)),
            "a",
        );
        check("--sharded", NoTests::Fail, None, "--sharded");
        for args in ["a --scenario ring", "--scenario=ring a"] {
            let (options, left) = taken(args);
            assert_eq!(options.unwrap().scenario.as_deref(), Some("ring"));
            assert_eq!(left, "a");
        }
    }

    #[test]
    fn other_values_are_refused() {
        let check =
            |args: &str, expected: &str| assert_eq!(taken(args).0, Err(expected.to_owned()));
        check(
            "--no-tests=no",
            "--no-tests: expected `pass`, `warn` or `fail`, found `no`",
        );
        check(
            "--no-tests",
            "--no-tests: expected `pass`, `warn` or `fail`, found nothing",
        );
        check(
            "a --scenario",
            "--scenario: expected the name of a scenario, found nothing",
        );
        for bad in ["0/2", "3/2", "1", "a/b", "1/0"] {
            check(
                &format!("--shard {bad}"),
                &format!("--shard: expected i/n, with i from 1 to n: `2/4`, found `{bad}`"),
            );
        }
    }
}
