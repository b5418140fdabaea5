//! `review`: groups accepted and rejected, in part and as one, and everything that it refuses.
//!
//! Most of it answers from a list; what a person sees and types is tested in a terminal.

use std::collections::VecDeque;
use std::fs;

use aether_harness_cli::commands::{Console, ReviewOptions, review};

use crate::workspace::{Said, Workspace};

crate::tests![review;
    nothing_to_review_asks_nothing,
    one_rule_that_moves_forty_scenarios_is_one_group,
    a_changed_fixture_is_named_as_the_cause,
    what_is_rejected_or_skipped_stays,
    scenarios_are_accepted_one_by_one,
    offsets_are_accepted_one_by_one,
    artefacts_are_accepted_one_by_one,
    what_was_rejected_of_a_scenario_is_left_out,
    artefacts_need_whole_goldens_beside_them,
    every_acceptance_has_its_reason,
    what_cannot_be_accepted_is_told_first,
    what_changed_since_it_was_shown_is_refused,
    another_bless_meanwhile_is_noticed,
    nothing_is_reviewed_under_ci_or_without_a_terminal,
    answers_that_decide_nothing_are_answered,
    a_terminal_is_asked_and_answers,
    a_terminal_that_goes_away_keeps_what_was_accepted,
];

fn options(names: &[&str]) -> ReviewOptions {
    ReviewOptions {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        date: "2026-11-25".to_owned(),
        ..ReviewOptions::default()
    }
}

/// An answer, and what happens before it is given.
pub(crate) type Answer<'a> = (&'a str, Option<&'a dyn Fn()>);

/// Reviews all scenarios with these answers. What comes after the last one is the end of the input.
pub(crate) fn answered(workspace: &Workspace, answers: &[Answer<'_>]) -> Said {
    let mut answers: VecDeque<Answer<'_>> = answers.iter().copied().collect();
    let mut ask = |question: &str| {
        assert!(
            question.ends_with("] ") || question == "reason: ",
            "{question}"
        );
        let answer = answers.pop_front();
        if let Some((_, Some(before))) = answer {
            before();
        }
        Ok(answer.map(|(answer, _)| answer.to_owned()))
    };
    let mut out = anstream::StripStream::new(Vec::new());
    let mut err = Vec::new();
    let result = review(
        &workspace.suite(),
        &options(&[]),
        &mut Console {
            out: &mut out,
            err: &mut err,
            ask: Some(&mut ask),
        },
    );
    assert!(
        answers.is_empty(),
        "never asked for: {answers:?}",
        answers = answers.len()
    );
    let out = String::from_utf8(out.into_inner()).unwrap();
    let err = String::from_utf8(err).unwrap();
    Said { result, out, err }
}

fn reviewed(workspace: &Workspace, answers: &[&str]) -> Said {
    let answers: Vec<Answer<'_>> = answers.iter().map(|answer| (*answer, None)).collect();
    answered(workspace, &answers)
}

pub(crate) fn manifest(workspace: &Workspace, name: &str) -> String {
    workspace.read(&format!("fixtures/snapshots/{name}/snapshot.toml"))
}

/// A workspace whose scenarios `a`, `b` and `c` differ alike: by +1, by +1, and by -1.
pub(crate) fn three() -> Workspace {
    let workspace = Workspace::empty();
    for name in ["a", "b", "c"] {
        workspace.scenario(name, "", "");
    }
    // Rule 30 makes 1 of 001, rule 90 too; of 010 rule 30 makes 1, rule 90 makes 0.
    workspace.edit("scenarios/c/run.toml", "rule = 30", "rule = 90");
    for name in ["a", "b", "c"] {
        workspace.bless(name, "first");
    }
    workspace.edit("scenarios/a/run.toml", "rule = 30", "rule = 90");
    workspace.edit("scenarios/b/run.toml", "rule = 30", "rule = 90");
    workspace.edit("scenarios/c/run.toml", "rule = 90", "rule = 30");
    workspace
}

#[track_caller]
fn says(said: &Said, parts: &[&str]) {
    for part in parts {
        assert!(said.out.contains(part), "{part:?} is not in:\n{}", said.out);
    }
}

#[track_caller]
pub(crate) fn verdict(workspace: &Workspace, name: &str) -> String {
    workspace.runner(&[&format!("{name}::golden"), "--exact"]);
    workspace.result(name, "golden")["verdict"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn nothing_to_review_asks_nothing() {
    let said = reviewed(&Workspace::blessed(), &[]);
    assert_eq!((said.code(), said.out.as_str()), (0, "nothing differs\n"));
}

#[cfg(unix)]
fn one_rule_that_moves_forty_scenarios_is_one_group() {
    let workspace = Workspace::empty();
    for at in 0..40 {
        workspace.scenario(&format!("ring-{at:02}"), "", "");
        // Starts of their own, so that the runs are not the same run forty times.
        let cells: Vec<String> = (0..7).map(|cell| ((at >> cell) & 1).to_string()).collect();
        workspace.edit(
            &format!("scenarios/ring-{at:02}/run.toml"),
            "[0, 0, 1, 0, 0, 0, 0]",
            &format!("[{}]", cells.join(", ")),
        );
    }
    let all = aether_harness_cli::commands::BlessOptions {
        all: true,
        reason: Some("first".to_owned()),
        ..Default::default()
    };
    workspace.command(|suite, console| aether_harness_cli::commands::bless(suite, &all, console));
    let mut terminal = terminal::open(&workspace, "3");
    let seen = terminal.until("[a r s d l ? q] ");
    assert!(seen.contains("group 1 of 1"), "{seen}");
    assert!(
        seen.contains("grow · generations/*/cells/* · changed: 40 scenarios, "),
        "{seen}"
    );
    assert!(seen.contains("+1: ") && seen.contains("-1: "), "{seen}");
    assert!(seen.contains("tick 3 · grow · cells[0]"), "{seen}");
    terminal.answer("a");
    terminal.until("reason: ");
    terminal.answer("cell 0 is flipped from tick 3 on");
    let seen = terminal.until("accepted 40: ring-00, ");
    assert_eq!(seen.matches("accepted ring-").count(), 40, "{seen}");
    assert_eq!(terminal.end(), 0);
    for at in 0..40 {
        let manifest = manifest(&workspace, &format!("ring-{at:02}"));
        assert!(
            manifest.contains("cell 0 is flipped from tick 3 on"),
            "{manifest}"
        );
    }
}

#[cfg(not(unix))]
fn one_rule_that_moves_forty_scenarios_is_one_group() {}

fn a_changed_fixture_is_named_as_the_cause() {
    let workspace = Workspace::empty();
    let start = "fixtures/start.toml";
    workspace.write(start, "cells = [0, 0, 1, 0, 0, 0, 0]\n");
    for at in 0..6 {
        let name = format!("s{at}");
        workspace.scenario(&name, "", "");
        let run = format!("scenarios/{name}/run.toml");
        workspace.edit(
            &run,
            "cells = [0, 0, 1, 0, 0, 0, 0]",
            &format!("start = \"{start}\""),
        );
        workspace.edit(&run, "ticks = 6", &format!("ticks = {}", at + 2));
        workspace.bless(&name, "first");
    }
    workspace.edit(start, "[0, 0, 1,", "[1, 0, 1,");
    let said = reviewed(&workspace, &["a", "the ring starts with two cells"]);
    assert_eq!(said.code(), 0, "{}", said.out);
    says(
        &said,
        &[
            "group 1 of 1\n  grow · generations/*/cells/* · +1: 6 scenarios, ",
            "\n    cause in all 6: fixtures/start.toml cells[0]: 0 → 1\n",
            "\n  cause: fixtures/start.toml cells[0]: 0 → 1\n",
            "accepted 6: s0, s1, s2, s3, s4, s5\n",
        ],
    );
}

fn what_is_rejected_or_skipped_stays() {
    for (answers, expected) in [
        (&["r"][..], "rejected 3: a, b, c\n"),
        (&["s"], "left 3: a, b, c\n"),
        (&["q"], "left 3: a, b, c\n"),
        (&[], "left 3: a, b, c\n"),
        (&["r b", "s"], "rejected 1: b\nleft 2: a, c\n"),
    ] {
        let workspace = three();
        let before = manifest(&workspace, "a");
        let said = reviewed(&workspace, answers);
        assert_eq!(said.code(), 1, "{}", said.out);
        assert!(said.out.ends_with(expected), "{}", said.out);
        assert_eq!(manifest(&workspace, "a"), before);
        assert_eq!(verdict(&workspace, "b"), "STALE_INPUTS");
    }
}

fn scenarios_are_accepted_one_by_one() {
    let workspace = three();
    let said = reviewed(&workspace, &["a b", "only b", "r"]);
    assert_eq!(said.code(), 1);
    says(
        &said,
        &[
            "3 scenarios, ",
            "accepted b: wrote generations.json, inputs.json, totals.json\n",
            // The rest of the group is shown again.
            "2 scenarios, ",
            "accepted 1: b\nrejected 2: a, c\n",
        ],
    );
    assert!(manifest(&workspace, "b").contains("only b"));
    assert!(!manifest(&workspace, "a").contains("only b"));
    assert_eq!(verdict(&workspace, "b"), "MATCH");
    assert_eq!(reviewed(&workspace, &["a", "the others"]).code(), 0);
    assert_eq!(reviewed(&workspace, &[]).out, "nothing differs\n");
}

fn offsets_are_accepted_one_by_one() {
    let workspace = three();
    let said = reviewed(&workspace, &["a +7", "a -1", "down is meant", "r +1"]);
    says(
        &said,
        &[
            "no scenario, artefact or offset of this group is called +7",
            "-1: 2 scenarios, ",
            "accepted 2: a, b\nrejected 1: c\n",
        ],
    );
    assert_eq!(verdict(&workspace, "a"), "MATCH");
    assert_eq!(verdict(&workspace, "c"), "STALE_INPUTS");
}

fn artefacts_are_accepted_one_by_one() {
    let workspace = Workspace::blessed();
    let old = workspace.read("fixtures/snapshots/ring/totals.json");
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    let said = reviewed(
        &workspace,
        &["a ring/none", "a ring/generations", "cells first", "q"],
    );
    assert_eq!(said.code(), 1);
    says(
        &said,
        &[
            "ring has no undecided artefact none; it has generations, inputs, totals",
            "accepted ring: wrote generations.json\n",
            // What is left of it: the consequence, and its cause.
            "ring: STALE_INPUTS\n  count · live: ",
            "accepted in part 1: ring\n",
        ],
    );
    // New in one artefact and old in the others, which is no edit of goldens.
    assert_eq!(verdict(&workspace, "ring"), "STALE_INPUTS");
    assert_eq!(workspace.read("fixtures/snapshots/ring/totals.json"), old);
    let manifest_now = manifest(&workspace, "ring");
    assert!(
        manifest_now.contains("artefacts = [\"generations\"]"),
        "{manifest_now}"
    );
    let checked = workspace.command(aether_harness_cli::commands::check);
    assert_eq!(checked.code(), 0, "{}", checked.out);

    // With its inputs accepted the scenario is no longer stale, and still differs.
    let said = reviewed(&workspace, &["a ring/inputs.json", "rule 90", "s"]);
    assert_eq!(said.code(), 1);
    assert_eq!(verdict(&workspace, "ring"), "MISMATCH");
    // The last artefact makes it whole.
    assert_eq!(reviewed(&workspace, &["a", "and its totals"]).code(), 0);
    assert_eq!(verdict(&workspace, "ring"), "MATCH");
    let manifest_now = manifest(&workspace, "ring");
    assert_eq!(
        manifest_now.matches("[[bless]]").count(),
        4,
        "{manifest_now}"
    );
    assert_eq!(
        manifest_now.matches("artefacts = ").count(),
        2,
        "{manifest_now}"
    );
}

fn what_was_rejected_of_a_scenario_is_left_out() {
    let workspace = Workspace::blessed();
    let old = workspace.read("fixtures/snapshots/ring/totals.json");
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    let said = reviewed(&workspace, &["r ring/totals", "a", "but for the totals"]);
    assert_eq!(said.code(), 1);
    says(
        &said,
        &[
            "accepted ring: wrote generations.json, inputs.json\n",
            "accepted in part 1: ring\nrejected 1: ring\n",
        ],
    );
    assert_eq!(workspace.read("fixtures/snapshots/ring/totals.json"), old);
    assert_eq!(verdict(&workspace, "ring"), "MISMATCH");
}

fn artefacts_need_whole_goldens_beside_them() {
    let workspace = Workspace::blessed();
    workspace.write("fixtures/snapshots/ring/generations.json", "[\n]\n");
    workspace.scenario("fresh", "", "");
    let said = reviewed(
        &workspace,
        &[
            "a ring/totals",
            "a",
            "undo the edit",
            "a fresh/totals",
            "a",
            "new",
        ],
    );
    assert_eq!(said.code(), 0, "{}", said.out);
    says(
        &said,
        &[
            "ring EDITED_GOLDEN: its goldens differ from what was blessed",
            "MISSING_GOLDEN: fresh\n",
            "fresh MISSING_GOLDEN: it has no goldens yet",
            "accepted 2: fresh, ring\n",
        ],
    );
}

fn every_acceptance_has_its_reason() {
    let workspace = three();
    let before = manifest(&workspace, "a");
    let said = reviewed(&workspace, &["a", "  ", "a a", "because", "q"]);
    says(&said, &["nothing was accepted: that needs a reason\n"]);
    let after = manifest(&workspace, "a");
    assert!(!before.contains("because") && after.contains("reason = \"because\""));
    assert!(after.contains("date = \"2026-11-25\""), "{after}");
    assert!(!manifest(&workspace, "b").contains("because"));
}

fn what_cannot_be_accepted_is_told_first() {
    let workspace = three();
    workspace.scenario("dice", "", "dice");
    workspace.scenario("broken", "", "error");
    workspace.write("scenarios/void/run.toml", "");
    fs::create_dir(workspace.path("fixtures/snapshots/gone")).unwrap();
    // Without goldens nothing says yet that the dice differ: the checks of an acceptance do.
    let said = reviewed(&workspace, &["a", "meant", "a", "r"]);
    assert_eq!(said.code(), 2, "{}", said.out);
    says(
        &said,
        &[
            "cannot be reviewed; fix these first:\n  broken PROGRAM_ERROR: withered at tick 3\n",
            "  void INVALID: ",
            "  gone ORPHAN: ",
            "dice NONDETERMINISTIC: determinism: ",
            "nothing was accepted\n",
            "accepted 3: a, b, c\nrejected 1: dice\n",
        ],
    );
    assert!(!workspace.path("fixtures/snapshots/dice").exists());
}

fn what_changed_since_it_was_shown_is_refused() {
    let workspace = three();
    let before = manifest(&workspace, "a");
    let edit = || workspace.edit("scenarios/a/run.toml", "rule = 90", "rule = 110");
    let said = answered(&workspace, &[("a", Some(&edit)), ("q", None)]);
    assert_eq!(said.code(), 1);
    says(
        &said,
        &[
            "a STALE_INPUTS: the inputs (automaton) changed since they were last shown",
            "nothing was accepted\n",
        ],
    );
    assert_eq!(manifest(&workspace, "a"), before);
    assert_eq!(verdict(&workspace, "b"), "STALE_INPUTS");
}

fn another_bless_meanwhile_is_noticed() {
    let workspace = three();
    let bless = || {
        workspace.bless("b", "faster");
    };
    let said = answered(&workspace, &[("a", None), ("slower", Some(&bless))]);
    assert_eq!(said.code(), 1, "{}", said.out);
    says(
        &said,
        &[
            "b: another bless changed the goldens meanwhile",
            "accepted 2: a, c\nleft 1: b\n",
        ],
    );
    let manifest = manifest(&workspace, "b");
    assert!(manifest.contains("faster") && !manifest.contains("slower"));
}

fn nothing_is_reviewed_under_ci_or_without_a_terminal() {
    let workspace = three();
    let under_ci = ReviewOptions {
        ci: Some("true".to_owned()),
        ..options(&[])
    };
    let said = workspace.command(|suite, console| review(suite, &under_ci, console));
    assert_eq!(said.code(), 2);
    assert!(
        said.error().contains("not blessed under CI"),
        "{}",
        said.error()
    );
    for (names, typed) in [
        (
            &[][..],
            [
                "cargo xtask diff\n",
                "cargo xtask bless --all --reason \"…\"",
            ],
        ),
        (
            &["a", "b"],
            [
                "cargo xtask diff a b\n",
                "cargo xtask bless a b --reason \"…\"",
            ],
        ),
    ] {
        let options = options(names);
        let said = workspace.command(|suite, console| review(suite, &options, console));
        assert_eq!(said.code(), 2);
        for typed in typed {
            assert!(said.error().contains(typed), "{}", said.error());
        }
    }
    // The same from outside: no terminal, no review.
    let ran = crate::workspace::Ran::of(&mut workspace.process("review"));
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("no terminal to answer on"), "{}", ran.err);
}

fn answers_that_decide_nothing_are_answered() {
    let workspace = three();
    let said = reviewed(
        &workspace,
        &[
            "",
            "y",
            "?",
            "l",
            "d",
            "d c",
            "d nobody",
            "a nobody/totals",
            "q",
        ],
    );
    assert_eq!(said.code(), 1);
    says(
        &said,
        &[
            "a, r, s, d, l or q; ? for help\n",
            "  a ring5/ledgers     one artefact of it",
            "  c STALE_INPUTS · tick 1 · grow · cells[2]: 0 → 1\n      in generations, inputs, totals\n",
            "all changes\n",
            "c: STALE_INPUTS\n",
            "is called nobody; l lists them\n",
        ],
    );
    assert_eq!(said.out.matches("group 1 of 1").count(), 1, "{}", said.out);
}

#[cfg(unix)]
fn a_terminal_is_asked_and_answers() {
    let workspace = Workspace::blessed();
    let before = manifest(&workspace, "ring");
    let mut terminal = terminal::open(&workspace, "4");
    let seen = terminal.until("accept, reject, skip? [a r s d l ? q] ");
    assert!(seen.contains("tick 4 · grow · cells[0]"), "{seen}");
    // Colours, since it is a terminal.
    assert!(seen.contains("\u{1b}["), "{seen:?}");
    terminal.answer("r");
    terminal.until("rejected 1: ring");
    assert_eq!(terminal.end(), 1);
    assert_eq!(manifest(&workspace, "ring"), before);

    let mut terminal = terminal::open(&workspace, "4");
    terminal.until("[a r s d l ? q] ");
    terminal.answer("accept ring");
    terminal.until("reason: ");
    terminal.answer("it’s meant – ok");
    terminal.until("accepted 1: ring");
    assert_eq!(terminal.end(), 0);
    assert!(manifest(&workspace, "ring").contains("it’s meant – ok"));
}

#[cfg(not(unix))]
fn a_terminal_is_asked_and_answers() {}

#[cfg(unix)]
fn a_terminal_that_goes_away_keeps_what_was_accepted() {
    let workspace = three();
    let mut terminal = terminal::open(&workspace, "");
    terminal.until("[a r s d l ? q] ");
    terminal.answer("a c");
    terminal.until("reason: ");
    terminal.answer("c alone");
    terminal.until("[a r s d l ? q] ");
    terminal.close();
    assert_eq!(verdict(&workspace, "c"), "MATCH");
    assert_eq!(verdict(&workspace, "a"), "STALE_INPUTS");
}

#[cfg(not(unix))]
fn a_terminal_that_goes_away_keeps_what_was_accepted() {}

#[cfg(unix)]
mod terminal {
    use std::io::{Read, Write};
    use std::sync::mpsc::{self, Receiver};
    use std::thread;
    use std::time::Duration;

    use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

    use crate::automaton::DEFECT;
    use crate::workspace::Workspace;

    /// Who waits longer than this waits for nothing; no slow machine takes so long.
    const PATIENCE: Duration = Duration::from_secs(120);

    /// A review in a terminal of its own.
    pub(super) struct Terminal {
        master: Box<dyn MasterPty + Send>,
        keyboard: Box<dyn Write + Send>,
        child: Box<dyn Child + Send + Sync>,
        screen: Receiver<Vec<u8>>,
        unread: String,
        /// The first bytes of a character of which more is to come.
        half: Vec<u8>,
    }

    /// Starts a review, of a program that is wrong from tick `defect` on.
    pub(super) fn open(workspace: &Workspace, defect: &str) -> Terminal {
        let size = PtySize {
            rows: 40,
            cols: 200,
            ..PtySize::default()
        };
        let pty = native_pty_system().openpty(size).unwrap();
        let process = workspace.process("review");
        let mut command = CommandBuilder::new(process.get_program());
        for (name, value) in process.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        if !defect.is_empty() {
            command.env(DEFECT, defect);
        }
        let child = pty.slave.spawn_command(command).unwrap();
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (sender, screen) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose other side has gone is an error on Linux, and an end elsewhere.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal {
            keyboard: pty.master.take_writer().unwrap(),
            master: pty.master,
            child,
            screen,
            unread: String::new(),
            half: Vec::new(),
        }
    }

    impl Terminal {
        /// Everything that was printed up to `text`, and it.
        #[track_caller]
        pub(super) fn until(&mut self, text: &str) -> String {
            loop {
                if let Some(at) = self.unread.find(text) {
                    let rest = self.unread.split_off(at + text.len());
                    return std::mem::replace(&mut self.unread, rest);
                }
                match self.screen.recv_timeout(PATIENCE) {
                    Ok(more) => self.half.extend(more),
                    Err(error) => panic!("{error}: no {text:?} in {:?}", self.unread),
                }
                let whole = match std::str::from_utf8(&self.half) {
                    Ok(_) => self.half.len(),
                    Err(error) => error.valid_up_to(),
                };
                let rest = self.half.split_off(whole);
                let whole = std::mem::replace(&mut self.half, rest);
                self.unread += &String::from_utf8(whole).unwrap();
            }
        }

        pub(super) fn answer(&mut self, line: &str) {
            self.keyboard.write_all(line.as_bytes()).unwrap();
            self.keyboard.write_all(b"\n").unwrap();
        }

        /// Waits for the end; the exit status.
        pub(super) fn end(mut self) -> u32 {
            self.child.wait().unwrap().exit_code()
        }

        /// Takes the terminal away, as closing its window does, and waits for the end.
        pub(super) fn close(self) {
            let Self {
                master,
                keyboard,
                mut child,
                screen,
                ..
            } = self;
            drop((keyboard, master, screen));
            child.wait().unwrap();
        }
    }
}
