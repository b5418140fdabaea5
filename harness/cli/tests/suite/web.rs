//! `review --web` from outside: the page that is served, decisions on it, and everything that it refuses.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use aether_harness::snapshot::SnapshotLock;
use aether_harness_cli::commands::{Console, ReviewOptions, WebOptions, review};

use crate::review::{manifest, three, verdict};
use crate::served::{Served, ended, send, serve, try_serve};
use crate::workspace::{Ran, Workspace};

crate::tests![web;
    the_page_is_that_of_a_diff_and_has_forms,
    groups_and_scenarios_are_accepted_and_rejected,
    an_acceptance_keeps_the_rules,
    without_a_script_the_forms_lead_back_to_the_page,
    a_page_that_is_behind_decides_what_is_left,
    whoever_does_not_know_the_address_gets_nothing,
    slow_and_broken_clients_harm_nobody,
    a_long_acceptance_keeps_nobody_waiting,
    what_cannot_be_written_ends_it,
    a_signal_ends_it,
    a_signal_ends_what_is_being_checked,
    a_second_signal_ends_it_at_once,
    it_ends_when_nobody_uses_it,
    it_is_not_begun_in_vain,
];

/// The file that keeps blesses apart.
const LOCK: &str = ".bless.lock";

fn the_page_is_that_of_a_diff_and_has_forms() {
    let workspace = three();
    workspace.scenario("broken", "", "error");
    workspace.scenario("same", "", "");
    workspace.bless("same", "first");
    let mut diff = workspace.process("command");
    let diff = Ran::of(diff.args(["diff", "--format", "html"])).out;
    let served = serve(&workspace);
    let page = served.get("");
    assert_eq!(page.status, 200);
    // Whatever is on the page of the diff is on this one.
    let texts = |page: &str| -> Vec<String> {
        let page = texts_of(page);
        page.lines().map(str::to_owned).collect()
    };
    let (diffed, shown) = (texts(&diff), texts(&page.body));
    let mut rest = shown.iter();
    for text in &diffed {
        assert!(
            rest.any(|other| other == text),
            "{text:?} is not on the page"
        );
    }
    for form in ["<form", "name=\"reason\"", "aria-live"] {
        assert!(!diff.contains(form), "{form}");
    }
    page.says(&[
        "id=\"decide-group-0\"",
        "id=\"decide-scenario-a\"",
        ">Accept 3 scenarios<",
        ">Reject b<",
        "0 of 3 decided",
        "This cannot be accepted: fix it first.",
    ]);
    for (name, value) in [
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Connection", "close"),
    ] {
        assert_eq!(page.header(name), Some(value), "{}", page.head);
    }
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let head = served.ask(&format!("HEAD {}", served.path), &[], "");
    assert_eq!((head.status, &*head.body), (200, ""));
    assert_eq!(head.header("Content-Length"), page.header("Content-Length"));
    let ran = served.finish();
    ended(&ran, 2, "left 3: a, b, c\n");
    assert!(
        ran.out
            .contains("cannot be reviewed; fix these first:\n  broken PROGRAM_ERROR")
    );
}

/// The texts between the tags of a page, without styles and scripts, one on each line.
fn texts_of(page: &str) -> String {
    let mut texts = String::new();
    let mut rest = &page[page.find("<h1").unwrap()..page.find("<script").unwrap()];
    while let Some((text, more)) = rest.split_once('<') {
        let text = text.trim();
        if !text.is_empty() {
            texts += text;
            texts.push('\n');
        }
        rest = more.split_once('>').unwrap().1;
    }
    texts
}

fn groups_and_scenarios_are_accepted_and_rejected() {
    let workspace = three();
    let served = serve(&workspace);
    let answer = served.decide("scenario=b&decision=accept&reason=only+b+%E2%80%93+ok", 200);
    answer.says(&[
        "1 of 3 decided · accepted b",
        "Accepted: <q>only b – ok</q>",
        "Accept 2 scenarios",
    ]);
    assert!(manifest(&workspace, "b").contains("reason = \"only b – ok\""));
    assert_eq!(verdict(&workspace, "b"), "MATCH");
    let before = manifest(&workspace, "c");
    let answer = served.decide("scenario=c&decision=reject", 200);
    answer.says(&[
        "2 of 3 decided · rejected c",
        "Rejected: the goldens stay as they are.",
    ]);
    assert_eq!(manifest(&workspace, "c"), before);
    // The group is what is left of it.
    let answer = served.decide("group=0&decision=accept&reason=and+a", 200);
    answer.says(&["3 of 3 decided · accepted a", "All of it is decided."]);
    assert!(manifest(&workspace, "a").contains("reason = \"and a\""));
    assert_eq!(manifest(&workspace, "c"), before);
    let ran = served.finish();
    ended(&ran, 1, "accepted 2: a, b\nrejected 1: c\n");
    assert!(
        ran.out
            .contains("accepted b: wrote generations.json, inputs.json, totals.json\n")
    );

    // With all accepted, the status is that of a diff in which nothing differs.
    let served = serve(&workspace);
    served.decide("group=0&decision=accept&reason=c+too", 200);
    ended(&served.finish(), 0, "accepted 1: c\n");
    assert_eq!(verdict(&workspace, "c"), "MATCH");
}

fn an_acceptance_keeps_the_rules() {
    let workspace = three();
    workspace.scenario("dice", "", "dice");
    let served = serve(&workspace);
    let before = manifest(&workspace, "a");
    // A reason.
    for reason in ["", "&reason=", "&reason=+%0A+", "&reason=%E2%80%A6"] {
        served.decide(&format!("group=0&decision=accept{reason}"), 422);
    }
    let long = "x".repeat(2001);
    served.decide(&format!("group=0&decision=accept&reason={long}"), 422);
    // A form that says what is meant.
    for (body, status) in [
        ("group=1&decision=accept&reason=x", 404),
        ("scenario=same&decision=accept&reason=x", 404),
        ("scenario=../a&decision=accept&reason=x", 404),
        ("group=-1&decision=accept&reason=x", 400),
        ("decision=accept&reason=x", 400),
        ("group=0&reason=x", 400),
        ("group=0&decision=skip&reason=x", 400),
        ("group=0&scenario=a&decision=accept&reason=x", 400),
        ("group=0&decision=reject&decision=accept&reason=x", 400),
        ("group=0&decision=accept&reason=x&more=y", 400),
        ("", 400),
        ("%", 400),
    ] {
        served.decide(body, status);
    }
    let answer = served.ask(
        &format!("POST {}decide", served.path),
        &[
            &format!("Origin: http://127.0.0.1:{}", served.port),
            "Content-Type: text/plain",
        ],
        "group=0&decision=reject",
    );
    assert_eq!(answer.status, 415);
    // Every check.
    let answer = served.decide("scenario=dice&decision=accept&reason=luck", 409);
    answer.says(&[
        "Nothing was accepted:",
        "dice NONDETERMINISTIC: determinism: ",
        "value=\"luck\"",
    ]);
    assert!(!workspace.path("fixtures/snapshots/dice").exists());
    // What was shown. If one of a group may not be accepted, none is.
    workspace.edit("scenarios/a/run.toml", "rule = 90", "rule = 110");
    let answer = served.decide("group=0&decision=accept&reason=x", 409);
    answer.says(&[
        "a STALE_INPUTS: the inputs (automaton) changed since they were last shown",
        "look again: cargo xtask diff a",
        "0 of 4 decided · nothing was accepted",
    ]);
    assert_eq!(manifest(&workspace, "a"), before);
    assert_eq!(verdict(&workspace, "b"), "STALE_INPUTS");
    // The others of the group can be accepted once it is rejected; what was refused is over.
    let answer = served.decide("scenario=a&decision=reject", 200);
    assert!(!answer.body.contains("changed since"), "{}", answer.body);
    served.decide("group=0&decision=accept&reason=x", 200);
    let ran = served.finish();
    ended(&ran, 1, "accepted 2: b, c\nrejected 1: a\nleft 1: dice\n");
    assert!(ran.out.contains("nothing was accepted\n"), "{}", ran.out);
}

fn without_a_script_the_forms_lead_back_to_the_page() {
    let workspace = three();
    let served = serve(&workspace);
    // As a browser sends a form from a page without a referrer.
    let post = |place: &str, body: &str| {
        let origin = ["Origin: null", "Sec-Fetch-Site: same-origin"];
        let form = [
            "Content-Type: application/x-www-form-urlencoded",
            "Accept: text/html,*/*;q=0.8",
        ];
        served.ask(
            &format!("POST {}{place}", served.path),
            &[origin, form].concat(),
            body,
        )
    };
    let answer = post("decide", "scenario=a&reason=it+%22is%22&decision=accept");
    let back = |id: &str| format!("{}#{id}", served.path);
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("Location"), Some(&*back("decide-scenario-a")));
    served.until_done();
    let page = served.get("");
    page.says(&[
        "Accepted: <q>it &quot;is&quot;</q>",
        "1 of 3 decided · accepted a",
    ]);
    // A refusal is on the page, beside what it is about, and what was typed is kept.
    workspace.edit("scenarios/b/run.toml", "rule = 90", "rule = 110");
    let answer = post("decide", "group=0&reason=%3Cb%3E&decision=accept");
    assert_eq!(answer.header("Location"), Some(&*back("decide-group-0")));
    served.until_done();
    let page = served.get("");
    let form = &page.body[page.body.find("id=\"decide-group-0\"").unwrap()..];
    let form = &form[..form.find("</form>").unwrap()];
    assert!(form.contains("value=\"&lt;b&gt;\""), "{form}");
    assert!(form.contains("role=\"alert\""), "{form}");
    assert!(form.contains("b STALE_INPUTS: the inputs"), "{form}");
    let answer = post("finish", "");
    if answer.is_in_time(200) {
        answer.says(&["The review has ended.", "accepted 1: a\nleft 2: b, c"]);
    }
    ended(&served.end(), 1, "accepted 1: a\nleft 2: b, c\n");
}

fn a_page_that_is_behind_decides_what_is_left() {
    let workspace = three();
    let served = serve(&workspace);
    // Two people have the page open.
    served.decide("scenario=a&decision=reject", 200);
    let answer = served.decide("scenario=a&decision=accept&reason=no", 409);
    answer.says(&["that is decided already"]);
    served.decide("group=0&decision=accept&reason=the+rest", 200);
    served.decide("group=0&decision=reject", 409);
    ended(&served.finish(), 1, "accepted 2: b, c\nrejected 1: a\n");
    assert!(!manifest(&workspace, "a").contains("no\""));
}

fn whoever_does_not_know_the_address_gets_nothing() {
    let workspace = three();
    let before = manifest(&workspace, "a");
    let served = serve(&workspace);
    let (port, path) = (served.port, served.path.clone());
    let secret = path.trim_matches('/');
    assert!(secret.len() * 6 >= 128, "{secret}");
    let body = "group=0&decision=accept&reason=x";
    let length = format!("Content-Length: {}", body.len());
    let form = "Content-Type: application/x-www-form-urlencoded";
    let host = format!("Host: 127.0.0.1:{port}");
    let origin = format!("Origin: http://127.0.0.1:{port}");
    let other = "x".repeat(secret.len());
    let decide = format!("POST {path}decide");
    for (line, headers, expected) in [
        (&*format!("GET {path}"), &[&*host][..], 200),
        ("GET /", &[&host], 404),
        (&format!("GET /{other}/"), &[&host], 404),
        (&format!("GET /{secret}"), &[&host], 404),
        (&format!("POST /{other}/decide"), &[&host, &origin], 404),
        (&format!("GET {path}other"), &[&host], 404),
        (&format!("GET {path}../etc/passwd"), &[&host], 404),
        (&format!("GET {path}"), &[], 400),
        (&format!("GET {path}"), &["Host: evil.example"], 421),
        (
            &format!("GET {path}"),
            &[&format!("Host: localhost:{port}")],
            421,
        ),
        (&decide, &[&host], 403),
        (&decide, &[&host, "Origin: null"], 403),
        (&decide, &[&host, "Origin: http://evil.example"], 403),
        (&decide, &[&host, "Origin: http://127.0.0.1:1"], 403),
        (
            &decide,
            &[&host, &origin, "Sec-Fetch-Site: cross-site"],
            403,
        ),
        (&format!("GET {path}decide?{body}"), &[&host], 405),
        (&format!("POST {path}"), &[&host, &origin], 405),
        (&format!("PUT {path}decide"), &[&host, &origin], 405),
        (&format!("DELETE {path}state"), &[&host, &origin], 405),
        ("nonsense", &[&host], 400),
    ] {
        let mut text = format!("{line} HTTP/1.1\r\n{form}\r\n{length}\r\n");
        for header in headers {
            text += &format!("{header}\r\n");
        }
        let answer = send(port, format!("{text}\r\n{body}").as_bytes()).unwrap();
        assert_eq!(answer.status, expected, "{line} {headers:?}: {answer:?}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        if expected != 200 {
            assert!(!format!("{answer:?}").contains(secret), "{answer:?}");
        }
        assert_eq!(answer.header("Allow").is_some(), expected == 405);
    }
    // Nobody else can reach it.
    let address = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), port));
    if cfg!(target_os = "linux") {
        assert!(address.is_ok(), "{address:?}");
    }
    ended(&served.finish(), 1, "left 3: a, b, c\n");
    assert_eq!(manifest(&workspace, "a"), before);
}

fn slow_and_broken_clients_harm_nobody() {
    let workspace = three();
    let served = serve(&workspace);
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, served.port)).unwrap();
    // Some say nothing, some stop in the middle, some do not listen, some talk without end.
    let half = format!("POST {}decide HTTP/1.1\r\nContent-Le", served.path);
    let page = format!(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n",
        served.path, served.port
    );
    let mut slow = Vec::new();
    // More than there is room for.
    for _ in 0..40 {
        slow.push(connect());
        let mut stream = connect();
        stream.write_all(half.as_bytes()).unwrap();
        slow.push(stream);
        let mut stream = connect();
        stream.write_all(page.as_bytes()).unwrap();
        slow.push(stream);
        drop(connect());
        connect().write_all(page.as_bytes()).unwrap();
    }
    for nonsense in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
    ] {
        if let Some(answer) = send(served.port, &[nonsense, b"\r\n\r\n"].concat()) {
            assert_eq!(answer.status, 400, "{answer:?}");
        }
    }
    let head = format!(
        "GET {} HTTP/1.1\r\nCookie: {}",
        served.path,
        "x".repeat(1 << 20)
    );
    assert_eq!(send(served.port, head.as_bytes()).unwrap().status, 431);
    let body = "x".repeat(1 << 20);
    assert_eq!(served.post("decide", &body).status, 413);
    served.decide("group=0&decision=accept&reason=all+the+same", 200);
    // It ends before they do.
    ended(&served.finish(), 0, "accepted 3: a, b, c\n");
    drop(slow);
}

fn a_long_acceptance_keeps_nobody_waiting() {
    let workspace = three();
    let served = serve(&workspace);
    // Somebody blesses and takes their time.
    let snapshots = workspace.path("fixtures/snapshots");
    let lock = SnapshotLock::acquire(&snapshots, || {}).unwrap();
    let answer = served.post("decide", "scenario=a&decision=accept&reason=slower");
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.says(&["data-working"]);
    // The page is there, and what is decided now has its turn.
    served
        .get("")
        .says(&["data-working", "http-equiv=\"refresh\""]);
    let answer = served.post("decide", "scenario=c&decision=reject");
    assert_eq!(answer.status, 202, "{answer:?}");
    let bless = "fixtures/snapshots/a/snapshot.toml";
    let faster = workspace.read(bless) + "\n";
    workspace.write(bless, &faster);
    drop(lock);
    let state = served.until_done();
    state.says(&["a: another bless changed the goldens meanwhile; look again: "]);
    assert_eq!(workspace.read(bless), faster);
    let ran = served.finish();
    ended(&ran, 1, "rejected 1: c\nleft 2: a, b\n");
    assert!(
        ran.err.contains("another bless is running; waiting for it"),
        "{}",
        ran.err
    );
}

fn what_cannot_be_written_ends_it() {
    let workspace = three();
    let served = serve(&workspace);
    served.decide("scenario=c&decision=reject", 200);
    let lock = workspace.path("fixtures/snapshots").join(LOCK);
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    let answer = served.post("decide", "scenario=a&decision=accept&reason=x");
    if answer.is_in_time(500) {
        answer.says(&["data-ended", "1 of 3 decided · error: ", LOCK]);
    }
    let ran = served.end();
    assert_eq!(ran.status, Some(3), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(LOCK), "{}", ran.err);
}

#[cfg(unix)]
fn signal(served: &Served, signal: rustix::process::Signal) {
    let id = i32::try_from(served.child.id()).unwrap();
    let id = rustix::process::Pid::from_raw(id).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}

#[cfg(unix)]
fn a_signal_ends_it() {
    use rustix::process::Signal;
    // What was started in the background of a script ignores SIGINT, and so does what it starts.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    let signals = [("a", Signal::INT), ("b", Signal::TERM)];
    let heard = |signal: Signal| ignored >> (signal.as_raw() - 1) & 1 == 0;
    for (name, kind) in signals.into_iter().filter(|(_, signal)| heard(*signal)) {
        let workspace = three();
        let served = serve(&workspace);
        served.decide(&format!("scenario={name}&decision=accept&reason=x"), 200);
        signal(&served, kind);
        let left = if name == "a" { "b, c" } else { "a, c" };
        ended(
            &served.end(),
            1,
            &format!("accepted 1: {name}\nleft 2: {left}\n"),
        );
        assert_eq!(verdict(&workspace, name), "MATCH");
    }
}

#[cfg(not(unix))]
fn a_signal_ends_it() {}

#[cfg(unix)]
fn a_signal_ends_what_is_being_checked() {
    let workspace = Workspace::empty();
    let shell = "test -e {root}/target/hang && echo $$ > {root}/target/runs && sleep 600; cat {scenario}/n.json";
    workspace.write(
        "scenarios/slow/scenario.toml",
        &format!(
            "description = \"may hang\"\nruntime = \"instant\"\n[command]\nprogram = \"sh\"\nargs = [\"-c\", \"{shell}\"]\n\
             [[outputs]]\nname = \"n\"\nfrom = \"stdout\"\n"
        ),
    );
    workspace.write("scenarios/slow/n.json", "[1]\n");
    workspace.bless("slow", "first");
    workspace.write("scenarios/slow/n.json", "[2]\n");
    let before = manifest(&workspace, "slow");
    let served = serve(&workspace);
    workspace.write("target/hang", "");
    let answer = served.post("decide", "scenario=slow&decision=accept&reason=x");
    assert_eq!(answer.status, 202, "{answer:?}");
    let runs = workspace.path("target/runs");
    while std::fs::read_to_string(&runs)
        .unwrap_or_default()
        .trim()
        .is_empty()
    {
        thread::yield_now();
    }
    signal(&served, rustix::process::Signal::TERM);
    let ran = served.end();
    ended(&ran, 1, "nothing was accepted\nleft 1: slow\n");
    assert_eq!(manifest(&workspace, "slow"), before);
    // The program went with it.
    let id: i32 = std::fs::read_to_string(&runs)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let id = rustix::process::Pid::from_raw(id).unwrap();
    assert!(rustix::process::test_kill_process(id).is_err());
}

#[cfg(not(unix))]
fn a_signal_ends_what_is_being_checked() {}

#[cfg(unix)]
fn a_second_signal_ends_it_at_once() {
    use rustix::process::Signal;
    let workspace = three();
    let mut served = serve(&workspace);
    let snapshots = workspace.path("fixtures/snapshots");
    let lock = SnapshotLock::acquire(&snapshots, || {}).unwrap();
    let answer = served.post("decide", "scenario=a&decision=accept&reason=x");
    assert_eq!(answer.status, 202, "{answer:?}");
    let err = BufReader::new(served.child.stderr.take().unwrap());
    let mut lines = err.lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "another bless is running; waiting for it"));
    // It waits for the lock, and so does not see that it is to stop.
    let status = loop {
        signal(&served, Signal::TERM);
        if let Some(status) = served.child.try_wait().unwrap() {
            break status;
        }
        thread::yield_now();
    };
    assert_eq!(status.code(), Some(130));
    drop(lock);
    assert_eq!(verdict(&workspace, "a"), "STALE_INPUTS");
}

#[cfg(not(unix))]
fn a_second_signal_ends_it_at_once() {}

/// Sends on what is written to it, line by line.
struct Lines(Sender<String>, String);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += std::str::from_utf8(bytes).unwrap();
        while let Some((line, rest)) = self.1.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            let _ = self.0.send(line);
            self.1 = rest;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Asks for pages whose address is wrong until nobody answers; `false` if somebody always does.
fn guess(lines: &Receiver<String>) -> bool {
    let place = lines.iter().find_map(|line| {
        let place = line.trim().strip_prefix("http://127.0.0.1:")?;
        Some(place.split_once('/')?.0.parse().unwrap())
    });
    let port: u16 = place.unwrap();
    let text = format!("GET /x/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    (0..1_000_000).any(|_| send(port, text.as_bytes()).is_none())
}

fn it_ends_when_nobody_uses_it() {
    let workspace = three();
    let options = ReviewOptions {
        date: "2026-11-25".to_owned(),
        web: Some(WebOptions {
            idle: Duration::from_millis(500),
            ..WebOptions::default()
        }),
        ..ReviewOptions::default()
    };
    let (sender, lines) = mpsc::channel();
    // Whoever does not know the address does not use it.
    let guessing = thread::spawn(move || (guess(&lines), lines));
    let mut err = Vec::new();
    let status = review(
        &workspace.suite(),
        &options,
        &mut Console {
            out: &mut Lines(sender, String::new()),
            err: &mut err,
            ask: None,
        },
    );
    assert_eq!(status.unwrap().code(), 1);
    let (is_over, lines) = guessing.join().unwrap();
    assert!(is_over);
    let last: Vec<String> = lines.iter().collect();
    assert_eq!(last.last().unwrap(), "left 3: a, b, c");
    let err = String::from_utf8(err).unwrap();
    assert!(
        err.ends_with("nobody used the page for 0.5 s: the review has ended\n"),
        "{err}"
    );
}

fn it_is_not_begun_in_vain() {
    let workspace = three();
    let run = |args: &[&str], ci: Option<&str>| {
        let mut command = workspace.process("command");
        if let Some(ci) = ci {
            command.env("CI", ci);
        }
        Ran::of(command.arg("review").args(args))
    };
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (args, ci, status, expected) in [
        (&["--web"][..], Some("true"), 2, "not blessed under CI"),
        (&["--web", "aa"], None, 2, "there is no scenario `aa`"),
        (&["--port", "8000"], None, 2, "--web"),
        (&["--idle", "5"], None, 2, "--web"),
        (&["--web", "--idle", "0"], None, 2, "--idle"),
        (&["--web", "--port", "70000"], None, 2, "--port"),
        (
            &["--web", "--port", &port],
            None,
            3,
            "choose another --port",
        ),
    ] {
        let ran = run(args, ci);
        assert_eq!(ran.status, Some(status), "{args:?} {}{}", ran.out, ran.err);
        assert!(ran.err.contains(expected), "{args:?} {}", ran.err);
        assert!(!ran.out.contains("http://"), "{}", ran.out);
    }
    // A port that is free is taken, unless somebody else takes it first.
    drop(taken);
    let served = (0..10).find_map(|_| {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let args = ["review", "--web", "--port", &port.to_string(), "a"];
        let served = try_serve(workspace.process("command").args(args))?;
        assert_eq!(served.port, port);
        Some(served)
    });
    let served = served.unwrap();
    ended(&served.finish(), 1, "left 1: a\n");
    // There is nothing to ask about, so nothing is asked.
    let workspace = Workspace::blessed();
    let ran = Ran::of(workspace.process("command").args(["review", "--web"]));
    assert_eq!((ran.status, &*ran.out), (Some(0), "nothing differs\n"));
}
