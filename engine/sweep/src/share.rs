//! [`Share`]: which points of a sweep a worker runs.

use std::fmt;
use std::str::FromStr;

/// Part `index` of `count`, from 1: the points whose number leaves the remainder `index` − 1.
///
/// ```
/// use aether_sweep::Share;
///
/// let share: Share = "2/3".parse()?;
/// assert_eq!(share.points(8).collect::<Vec<_>>(), [1, 4, 7]);
/// # Ok::<(), aether_sweep::ShareError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    index: u64,
    count: u64,
}

/// Why a share cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// It is not of the form i/n.
    #[error("`{0}` is not a shard; write `i/n`, such as `1/8` to `8/8`")]
    Form(String),
    /// A variable is not a number that fits the others.
    #[error("{name} is `{value}`, {wrong}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it, and what to do.
        wrong: String,
    },
    /// A variable that gives the number of shards is missing.
    #[error("{name} is set, but {missing} is not; {help}")]
    Missing {
        /// The variable that is set.
        name: &'static str,
        /// The one that is not.
        missing: &'static str,
        /// What to do.
        help: &'static str,
    },
}

/// A worker's index and their number, in the variables of a scheduler.
struct Scheduler {
    index: &'static str,
    /// The first index.
    first: u64,
    count: &'static str,
    help: &'static str,
}

const SCHEDULERS: [Scheduler; 4] = [
    Scheduler {
        index: "JOB_COMPLETION_INDEX",
        first: 0,
        count: "JOB_COMPLETION_COUNT",
        help: "set it in the job's `env` to the value of `completions`",
    },
    Scheduler {
        index: "CI_NODE_INDEX",
        first: 1,
        count: "CI_NODE_TOTAL",
        help: "GitLab sets both with `parallel`",
    },
    Scheduler {
        index: "CIRCLE_NODE_INDEX",
        first: 0,
        count: "CIRCLE_NODE_TOTAL",
        help: "CircleCI sets both with `parallelism`",
    },
    Scheduler {
        index: "BUILDKITE_PARALLEL_JOB",
        first: 0,
        count: "BUILDKITE_PARALLEL_JOB_COUNT",
        help: "Buildkite sets both with `parallelism`",
    },
];

impl Share {
    /// All points.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Its number, from 1.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many shares there are.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The numbers of its points, of a sweep with `all` points.
    pub fn points(self, all: u64) -> impl Iterator<Item = u64> {
        let step = usize::try_from(self.count).unwrap_or(usize::MAX);
        (self.index - 1..all).step_by(step)
    }

    /// How many points it has.
    #[must_use]
    pub const fn len(self, all: u64) -> u64 {
        all.saturating_sub(self.index - 1).div_ceil(self.count)
    }

    /// The share that a scheduler's environment gives, with the variable that it is from; `None`
    /// if no scheduler is known from it.
    ///
    /// # Errors
    /// The variables of a scheduler do not fit together.
    pub fn from_environment(
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<(Self, &'static str)>, ShareError> {
        if let Some(share) = slurm(variable)? {
            return Ok(Some((share, "SLURM_ARRAY_TASK_ID")));
        }
        for scheduler in &SCHEDULERS {
            let Some(index) = number(variable, scheduler.index)? else {
                continue;
            };
            let Some(count) = number(variable, scheduler.count)? else {
                return Err(ShareError::Missing {
                    name: scheduler.index,
                    missing: scheduler.count,
                    help: scheduler.help,
                });
            };
            let position = index.checked_sub(scheduler.first);
            let Some(share) = position.and_then(|position| Self::of(position, count)) else {
                let last = (count + scheduler.first).saturating_sub(1);
                return Err(ShareError::Variable {
                    name: scheduler.index,
                    value: index.to_string(),
                    wrong: format!(
                        "but {} is {count}; it is from {} to {last}",
                        scheduler.count, scheduler.first
                    ),
                });
            };
            return Ok(Some((share, scheduler.index)));
        }
        Ok(None)
    }

    fn of(position: u64, count: u64) -> Option<Self> {
        let index = position.checked_add(1)?;
        (position < count).then_some(Self { index, count })
    }
}

/// The share of a task of a SLURM array, whose ids need not start at 0 nor have the step 1.
fn slurm(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Share>, ShareError> {
    const ID: &str = "SLURM_ARRAY_TASK_ID";
    const COUNT: &str = "SLURM_ARRAY_TASK_COUNT";
    let Some(id) = number(variable, ID)? else {
        return Ok(None);
    };
    let needed = |name: &'static str| {
        number(variable, name)?.ok_or(ShareError::Missing {
            name: ID,
            missing: name,
            help: "SLURM sets it for arrays; otherwise use --shard",
        })
    };
    let (min, max) = (
        needed("SLURM_ARRAY_TASK_MIN")?,
        needed("SLURM_ARRAY_TASK_MAX")?,
    );
    let step = number(variable, "SLURM_ARRAY_TASK_STEP")?
        .unwrap_or(1)
        .max(1);
    let spaced = max.checked_sub(min).map(|span| span / step + 1);
    let count = number(variable, COUNT)?.or(spaced).unwrap_or(0);
    if spaced != Some(count) {
        return Err(ShareError::Variable {
            name: COUNT,
            value: count.to_string(),
            wrong: format!(
                "but ids from {min} to {max} in steps of {step} are not that many; \
                 use a range such as --array=0-7, or --shard"
            ),
        });
    }
    let offset = id.checked_sub(min).filter(|offset| offset % step == 0);
    let share = offset.and_then(|offset| Share::of(offset / step, count));
    share.map(Some).ok_or_else(|| ShareError::Variable {
        name: ID,
        value: id.to_string(),
        wrong: format!("which is not one of the ids from {min} to {max} in steps of {step}"),
    })
}

fn number(
    variable: &dyn Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<Option<u64>, ShareError> {
    let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    match value.parse::<u32>() {
        Ok(number) => Ok(Some(number.into())),
        Err(_) => Err(ShareError::Variable {
            name,
            value,
            wrong: "which is not a number below 2^32".to_owned(),
        }),
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let parts = text.split_once('/').and_then(|(index, count)| {
            let (index, count): (u32, u32) =
                (index.trim().parse().ok()?, count.trim().parse().ok()?);
            Self::of(u64::from(index).checked_sub(1)?, count.into())
        });
        parts.ok_or_else(|| ShareError::Form(text.to_owned()))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        match Share::from_environment(&find) {
            Ok(share) => Ok(share.map(|(share, from)| format!("{share} {from}"))),
            Err(error) => Err(error.to_string()),
        }
    }

    fn array<'v>(
        id: &'v str,
        min: &'v str,
        max: &'v str,
        step: &'v str,
        count: &'v str,
    ) -> [(&'v str, &'v str); 5] {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", min),
            ("SLURM_ARRAY_TASK_MAX", max),
            ("SLURM_ARRAY_TASK_STEP", step),
            ("SLURM_ARRAY_TASK_COUNT", count),
        ]
    }

    #[test]
    fn schedulers_give_the_share_in_their_variables() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            assert_eq!(
                of(variables),
                Ok(Some(expected.to_owned())),
                "{variables:?}"
            );
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[("CI_NODE_INDEX", "")]), Ok(None));
        check(&array("0", "0", "7", "1", "8"), "1/8 SLURM_ARRAY_TASK_ID");
        check(&array("7", "0", "7", "1", "8"), "8/8 SLURM_ARRAY_TASK_ID");
        check(
            &array("14", "10", "18", "4", "3"),
            "2/3 SLURM_ARRAY_TASK_ID",
        );
        check(&array("5", "5", "5", "1", "1"), "1/1 SLURM_ARRAY_TASK_ID");
        check(&array("14", "10", "19", "4", ""), "2/3 SLURM_ARRAY_TASK_ID");
        check(
            &[("JOB_COMPLETION_INDEX", "2"), ("JOB_COMPLETION_COUNT", "3")],
            "3/3 JOB_COMPLETION_INDEX",
        );
        check(
            &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")],
            "2/3 CI_NODE_INDEX",
        );
        check(
            &[("CIRCLE_NODE_INDEX", "2"), ("CIRCLE_NODE_TOTAL", "3")],
            "3/3 CIRCLE_NODE_INDEX",
        );
        check(
            &[
                ("BUILDKITE_PARALLEL_JOB", "0"),
                ("BUILDKITE_PARALLEL_JOB_COUNT", "3"),
            ],
            "1/3 BUILDKITE_PARALLEL_JOB",
        );
    }

    #[test]
    fn variables_that_do_not_fit_together_are_errors() {
        let check = |variables: &[(&str, &str)], word: &str| {
            let error = of(variables).unwrap_err();
            assert!(error.contains(word), "{variables:?}: {error}");
        };
        check(&array("3", "1", "7", "1", "3"), "--shard");
        check(
            &array("13", "10", "18", "4", "3"),
            "SLURM_ARRAY_TASK_ID is `13`",
        );
        check(
            &array("9", "10", "18", "4", "3"),
            "SLURM_ARRAY_TASK_ID is `9`",
        );
        check(&array("x", "10", "18", "4", "3"), "not a number");
        check(
            &array("1", "7", "1", "1", "3"),
            "SLURM_ARRAY_TASK_COUNT is `3`",
        );
        check(
            &[("SLURM_ARRAY_TASK_ID", "3")],
            "SLURM_ARRAY_TASK_MIN is not",
        );
        check(
            &[("JOB_COMPLETION_INDEX", "3")],
            "JOB_COMPLETION_COUNT is not",
        );
        check(
            &[("JOB_COMPLETION_INDEX", "3"), ("JOB_COMPLETION_COUNT", "3")],
            "from 0 to 2",
        );
        check(
            &[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "3")],
            "from 1 to 3",
        );
        check(
            &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "0")],
            "CI_NODE_TOTAL is 0",
        );
    }

    #[test]
    fn shares_are_i_of_n_and_cover_every_point_once() {
        for wrong in [
            "",
            "1",
            "0/3",
            "4/3",
            "1/0",
            "-1/3",
            "1/3/5",
            "a/b",
            "99999999999/3",
        ] {
            assert_eq!(
                wrong.parse::<Share>(),
                Err(ShareError::Form(wrong.to_owned()))
            );
        }
        for (all, count) in [(0, 1), (10, 1), (10, 3), (3, 7), (100, 64)] {
            let mut seen: Vec<u64> = Vec::new();
            for index in 1..=count {
                let share: Share = format!("{index}/{count}").parse().unwrap();
                let points: Vec<u64> = share.points(all).collect();
                assert_eq!(points.len() as u64, share.len(all));
                seen.extend(points);
            }
            seen.sort_unstable();
            assert_eq!(seen, (0..all).collect::<Vec<_>>());
        }
    }
}
