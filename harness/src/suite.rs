//! A workspace with its subjects: what every command and every trial starts from.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::scenario::{Build, BuildFailed, Found, ScenarioName};
use crate::{Check, Layout, Subject};

/// Looks for what is out of order in a workspace: one line per problem.
type Rule = Arc<dyn Fn(&Layout) -> Vec<String> + Send + Sync>;

/// A workspace whose scenarios are run by its subjects.
#[derive(Clone)]
pub struct Suite {
    rules: Vec<(&'static str, Rule)>,
    has_children: bool,
    layout: Layout,
    subjects: Vec<Arc<dyn Subject>>,
    command: String,
    git: String,
    runner: Option<String>,
    built: Arc<OnceLock<Result<(), BuildFailed>>>,
    test: Option<String>,
    elsewhere: Option<Arc<Elsewhere>>,
}

/// How the program of a different checkout is built and run.
#[derive(Debug)]
struct Elsewhere {
    /// The build, if it is not the `[build]` of the checkout.
    build: Option<Build>,
    /// Variables that what is started there does not inherit.
    removed: Vec<String>,
}

impl Suite {
    /// The suite of the workspace at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            rules: Vec::new(),
            has_children: false,
            layout: Layout::new(root.into()),
            subjects: Vec::new(),
            command: "aether-harness".to_owned(),
            git: "git".to_owned(),
            runner: None,
            built: Arc::default(),
            test: None,
            elsewhere: None,
        }
    }

    /// One more subject. The first that [runs](Subject::runs) a scenario is its subject.
    #[must_use]
    pub fn subject(mut self, subject: impl Subject + 'static) -> Self {
        self.subjects.push(Arc::new(subject));
        self
    }

    /// What people type before `bless` and `diff`, for the remedies in messages. Without it, they are
    /// taken to have the installed `aether-harness`.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = command.into();
        self
    }

    /// The same suite for people who named its root with `--root`: every command that a message
    /// suggests names it too. Call it after [`Suite::command`].
    #[must_use]
    pub fn rooted(mut self, root: &Path) -> Self {
        let root = quoted(&root.to_string_lossy());
        self.command = format!("{} --root {root}", self.command);
        self.git = format!("git -C {root}");
        self
    }

    /// What people type to run trials, if it is not the suite's command with `run`
    /// (`cargo test --test scenarios --`).
    #[must_use]
    pub fn runner(mut self, runner: impl Into<String>) -> Self {
        self.runner = Some(runner.into());
        self
    }

    /// The same suite of what a test keeps, for people who type `test` to run that test again, and
    /// `--bless --reason "…"` after it to accept what it keeps.
    #[must_use]
    pub fn test(mut self, test: impl Into<String>) -> Self {
        self.test = Some(test.into());
        self
    }

    /// The same suite with other directories.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self.built = Arc::default();
        self
    }

    /// The same suite over a different checkout of its workspace. There, `build` takes the place of the
    /// `[build]`, if it is given, and what is built and run does not inherit the variables `removed`, which
    /// would lead it back here.
    #[must_use]
    pub fn elsewhere(self, layout: Layout, build: Option<Build>, removed: Vec<String>) -> Self {
        Self {
            elsewhere: Some(Arc::new(Elsewhere { build, removed })),
            ..self.layout(layout)
        }
    }

    /// The same suite over a copy of its workspace, in which everything is built.
    #[must_use]
    pub fn copied_to(&self, layout: Layout) -> Self {
        Self {
            layout,
            built: Arc::new(OnceLock::from(Ok(()))),
            ..self.clone()
        }
    }

    /// The build that takes the place of the `[build]`.
    pub(crate) fn other_build(&self) -> Option<&Build> {
        self.elsewhere.as_ref()?.build.as_ref()
    }

    /// Whether this is a different checkout than that of the people who started this process.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.elsewhere.is_some()
    }

    /// The variables that what is started does not inherit.
    pub(crate) fn removed_variables(&self) -> &[String] {
        let elsewhere = self.elsewhere.as_ref();
        elsewhere.map_or(&[], |elsewhere| &elsewhere.removed)
    }

    /// One more thing for the command `check` to look at; its problems are printed after `name`.
    #[must_use]
    pub fn check(
        mut self,
        name: &'static str,
        check: impl Fn(&Layout) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        self.rules.push((name, Arc::new(check)));
        self
    }

    /// The same suite of a program that can be started again as a child process.
    pub(crate) fn that_has_children(mut self) -> Self {
        self.has_children = true;
        self
    }

    /// What became of the `[build]`, which all clones of a suite share; empty before it is needed.
    pub(crate) fn built(&self) -> &OnceLock<Result<(), BuildFailed>> {
        &self.built
    }

    /// Every file of the workspace that could have a role, in order.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let subjects = self.subjects.iter();
        let files = subjects.flat_map(|subject| subject.workspace_files(&self.layout));
        files.collect()
    }

    /// Whether this program can be started again as a child process.
    pub fn has_children(&self) -> bool {
        self.has_children
    }

    /// The directories of the workspace.
    pub fn paths(&self) -> &Layout {
        &self.layout
    }

    /// What people type before `bless` and `diff`.
    pub fn typed(&self) -> &str {
        &self.command
    }

    /// What people type to see how a scenario differs.
    pub fn typed_look(&self, name: &str) -> String {
        match &self.test {
            Some(test) => test.clone(),
            None => format!("{} diff {name}", self.command),
        }
    }

    /// What people type to see everything in which a scenario differs.
    pub fn typed_look_at_all(&self, name: &str) -> String {
        if self.test.is_none() {
            return format!("{} diff {name} --all", self.command);
        }
        let dirs = [self.layout.snapshots(), self.layout.outputs()];
        let [before, after] = dirs.map(|dir| quoted(&self.layout.display(&dir.join(name))));
        format!("{} compare {before} {after} --all", self.command)
    }

    /// What people type to see how the first difference of a scenario came about. The records of goldens that are
    /// digests are made again.
    pub fn typed_why(&self, name: &str, has_digests: bool) -> String {
        let rebuild = if has_digests { " --rebuild" } else { "" };
        format!("{} why {name}{rebuild}", self.command)
    }

    /// What people type to make what a scenario produces the goldens.
    pub fn typed_bless(&self, name: &str) -> String {
        match &self.test {
            Some(test) => format!("{test} --bless --reason \"…\""),
            None => format!("{} bless {name} --reason \"…\"", self.command),
        }
    }

    /// What people type before `checkout` and `rm` of paths below the root.
    pub fn typed_git(&self) -> &str {
        &self.git
    }

    /// What people type to run one trial again.
    pub fn typed_trial(&self, trial: &str) -> String {
        match &self.runner {
            Some(runner) => format!("{runner} {trial} --exact"),
            None => format!("{} run {trial} --exact", self.command),
        }
    }

    /// What people type to run all trials.
    pub fn typed_run(&self) -> String {
        match &self.runner {
            Some(runner) => runner.trim_end_matches(" --").to_owned(),
            None => format!("{} run", self.command),
        }
    }

    /// Whether this is what a test keeps.
    pub(crate) fn is_of_test(&self) -> bool {
        self.test.is_some()
    }

    pub(crate) fn has_runner(&self) -> bool {
        self.runner.is_some()
    }

    /// What the command `check` looks at in addition to scenarios and goldens, each with its name.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> {
        self.rules
            .iter()
            .map(|(name, rule)| (*name, rule(&self.layout)))
    }

    /// The files of a new scenario: those of the first subject that has a template.
    pub fn template(&self, name: &str) -> Vec<(PathBuf, String)> {
        let templates = self.subjects.iter().map(|subject| subject.template(name));
        templates
            .into_iter()
            .find(|files| !files.is_empty())
            .unwrap_or_default()
    }

    /// Every entry of the scenarios directory.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn discover(&self) -> std::io::Result<Vec<Found>> {
        let found = crate::scenario::discover(&self.layout.scenarios(), &self.subjects)?;
        Ok(found.into_iter().map(|found| self.placed(found)).collect())
    }

    /// The entry of that name; `None` if there is none. Reads nothing else.
    pub fn look_up(&self, name: &str) -> Option<Found> {
        let found = crate::scenario::look_up(&self.layout.scenarios(), name, &self.subjects)?;
        Some(self.placed(found))
    }

    /// The scenario of that name. Reads nothing else.
    pub(crate) fn load(
        &self,
        name: &ScenarioName,
    ) -> Result<crate::Scenario, crate::ScenarioError> {
        let scenario = crate::Scenario::load(&self.layout.scenario(name), &self.subjects)?;
        Ok(scenario.placed(&self.layout))
    }

    /// A scenario that knows its place.
    fn placed(&self, found: Found) -> Found {
        let Found { name, scenario } = found;
        let scenario = scenario.map(|scenario| scenario.placed(&self.layout));
        Found { name, scenario }
    }

    /// Every check that a scenario of this suite may have.
    pub fn known_checks(&self) -> Vec<Check> {
        let mut checks = Check::OWN.to_vec();
        for subject in &self.subjects {
            for mode in subject.modes() {
                let check = Check::of(&mode);
                if !checks.contains(&check) {
                    checks.push(check);
                }
            }
        }
        checks
    }
}

/// A word as a POSIX shell reads it back, for commands that messages suggest.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
