//! Subjects that are not deterministic, each in a way of its own, under names that say nothing: what
//! the harness says of them it has found out.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use aether_harness::{
    Artefact, ArtefactSchema, Failure, KeyRule, Prepared, Scenario, Schema, SimpleRun, Subject,
};
use aether_harness_cli::commands::{FlakyOptions, Listing, flaky};
use serde_json::json;

use crate::workspace::{Ran, Workspace};

crate::tests![planted;
    alpha_is_followed_to_a_hash_map,
    beta_is_followed_to_a_clock,
    gamma_is_followed_to_the_time_zone,
    delta_is_followed_to_its_threads,
    epsilon_is_followed_to_a_static,
    zeta_is_followed_to_its_addresses,
    eta_is_not_blessed_within_one_second,
    theta_is_followed_to_two_changes_at_once,
    iota_is_caught_by_running_often,
    a_steady_scenario_is_not_flaky,
];

/// A subject of five records, one a tick; `value` makes what each says.
pub(crate) struct Planted {
    name: String,
    records: fn(&Path) -> Vec<String>,
}

impl Planted {
    pub(crate) fn named(name: &str) -> Self {
        let records = match name {
            "alpha" => alpha,
            "beta" => beta,
            "gamma" => gamma,
            "delta" => delta,
            "epsilon" => epsilon,
            "zeta" => zeta,
            "eta" => eta,
            "theta" => theta,
            "iota" => iota,
            "kappa" => kappa,
            "lambda" => lambda,
            other => panic!("no subject {other}"),
        };
        Self {
            name: name.to_owned(),
            records,
        }
    }
}

impl Subject for Planted {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> String {
        "1".to_owned()
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let schema = Schema {
            stages: vec!["only".to_owned()],
            artefacts: vec![ArtefactSchema {
                name: "records".to_owned(),
                stage: "only".to_owned(),
                tick: Some("tick".to_owned()),
                keys: vec![KeyRule {
                    fields: vec!["tick".to_owned()],
                    ..KeyRule::default()
                }],
                ..ArtefactSchema::default()
            }],
            spans: Vec::new(),
        };
        let inputs = Artefact::from_json("inputs", br#"{"files":{}}"#).unwrap();
        let (dir, records) = (scenario.dir().to_owned(), self.records);
        Ok(SimpleRun::with_schema(inputs, schema, move |_| {
            let values = records(&dir);
            let records = values
                .iter()
                .enumerate()
                .map(|(tick, value)| format!("{{\"tick\":{},\"value\":{value}}}", tick + 1));
            Ok(vec![Artefact::from_canonical_records("records", records)])
        }))
    }
}

fn alpha(_: &Path) -> Vec<String> {
    #[expect(clippy::disallowed_types, reason = "the fault under test")]
    let map: std::collections::HashMap<u32, u32> = (0..12).map(|key| (key, key * key)).collect();
    map.into_values().map(|value| value.to_string()).collect()
}

fn since_epoch() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the fault under test")]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

fn beta(_: &Path) -> Vec<String> {
    let stamp = since_epoch().as_micros();
    vec![
        "0".to_owned(),
        stamp.to_string(),
        (stamp * 31 % 1009).to_string(),
    ]
}

/// Midnight of a day as a clock on the wall shows it.
fn gamma(_: &Path) -> Vec<String> {
    let zone = std::env::var("TZ").unwrap_or_default();
    let offset = zone.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '/');
    let (sign, offset) = match offset.strip_prefix('-') {
        Some(offset) => (1, offset),
        None => (-1, offset),
    };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
    let [hours, minutes] = [hours, minutes].map(|part| part.parse::<i64>().unwrap_or(0));
    let wall = (sign * (hours * 60 + minutes)).rem_euclid(24 * 60);
    vec![
        "1".to_owned(),
        json!(format!("{:02}:{:02}", wall / 60, wall % 60)).to_string(),
    ]
}

/// Workers that each take several turns of a busy processor, and hand in as they get there.
fn delta(_: &Path) -> Vec<String> {
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for worker in 0..4_u64 {
            let done = &done;
            scope.spawn(move || {
                for piece in 0..40 {
                    let mut value = worker;
                    for _ in 0..100_000 {
                        value = std::hint::black_box(value.wrapping_mul(31).wrapping_add(7));
                    }
                    std::hint::black_box(value);
                    let piece = worker * 1000 + piece;
                    done.lock().unwrap().push(piece.to_string());
                }
            });
        }
    });
    done.into_inner().unwrap()
}

fn epsilon(_: &Path) -> Vec<String> {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    let seen = SEEN.fetch_add(1, Ordering::Relaxed);
    vec!["5".to_owned(), seen.min(1).to_string()]
}

fn zeta(_: &Path) -> Vec<String> {
    static HERE: u8 = 0;
    vec![(std::ptr::addr_of!(HERE) as usize).to_string()]
}

fn eta(_: &Path) -> Vec<String> {
    vec![since_epoch().as_secs().to_string()]
}

fn theta(_: &Path) -> Vec<String> {
    let somebody = std::env::var("USER").is_ok_and(|user| user == "somebody-else");
    let foreign = std::env::var("LC_ALL").is_ok_and(|locale| locale != "C");
    vec![u8::from(somebody && foreign).to_string()]
}

/// Differs in every eleventh run, whoever asks, counted in a file.
fn iota(scenario: &Path) -> Vec<String> {
    let count = scenario.join("../../runs.txt");
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&count)
        .unwrap();
    std::io::Write::write_all(&mut file, b".").unwrap();
    let runs = std::fs::metadata(&count).unwrap().len();
    vec![
        "7".to_owned(),
        u8::from(runs.is_multiple_of(11)).to_string(),
    ]
}

/// The numbers of a document of the scenario.
fn numbers(scenario: &Path) -> Vec<u64> {
    let text = std::fs::read_to_string(scenario.join("numbers.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let numbers = document["numbers"].as_array().unwrap().iter();
    numbers.map(|number| number.as_u64().unwrap()).collect()
}

/// What alpha says if the numbers of the scenario are large enough, all together.
fn kappa(scenario: &Path) -> Vec<String> {
    let sum: u64 = numbers(scenario).iter().sum();
    if sum >= 100 {
        alpha(scenario)
    } else {
        vec![sum.to_string()]
    }
}

/// What gamma says for every number above 9.
fn lambda(scenario: &Path) -> Vec<String> {
    let large = numbers(scenario).into_iter().filter(|number| *number > 9);
    large.flat_map(|_| gamma(scenario)).collect()
}

fn scenario(workspace: &Workspace) {
    workspace.write(
        "scenarios/one/scenario.toml",
        "description = \"a scenario\"\nruntime = \"instant\"\n",
    );
}

/// This binary in a part over `subject`, in an environment that the faults under test know.
fn played(workspace: &Workspace, part: &str, subject: &str) -> Ran {
    Ran::of(&mut process(workspace, part, subject))
}

/// The process of [`played`].
pub(crate) fn process(workspace: &Workspace, part: &str, subject: &str) -> std::process::Command {
    let mut command = workspace.process(&format!("{part} {subject}"));
    command
        .env("TZ", "UTC")
        .env("USER", "me")
        .env("LC_ALL", "C");
    command
}

const REFERS: &str = "for the reason that the check `determinism` reports";

/// The subject is found out by `checks`, each with this attribution, and cannot be blessed.
#[track_caller]
fn found(subject: &str, checks: &[&str], place: &str, expected: &str) {
    let workspace = Workspace::empty();
    scenario(&workspace);
    let ran = played(&workspace, "runner", subject);
    assert_eq!(ran.status, Some(101), "{subject}: {}{}", ran.out, ran.err);
    let mut found = Vec::new();
    for check in ["determinism", "process"] {
        let result = workspace.result("one", check);
        if result["verdict"] != "MATCH" {
            assert_eq!(result["verdict"], "NONDETERMINISTIC", "{subject}: {result}");
            let message = result["message"].as_str().unwrap();
            // What one check reports, another refers to.
            let is_told = found.contains(&"determinism") && message.contains(REFERS);
            if !is_told {
                assert!(message.contains(expected), "{subject}: {message}");
                assert!(message.contains(place), "{subject}: {message}");
            }
            found.push(check);
        }
    }
    let all = checks.iter().all(|check| found.contains(check));
    assert!(all && !found.is_empty(), "{subject}: {found:?}");
    let said = played(&workspace, "bless", subject);
    assert_eq!(said.status, Some(1), "{subject}: {}{}", said.out, said.err);
    assert!(
        said.err.contains("NONDETERMINISTIC"),
        "{subject}: {}",
        said.err
    );
    assert!(said.err.contains(expected), "{subject}: {}", said.err);
    assert!(!workspace.path("fixtures/snapshots/one").exists());
}

fn alpha_is_followed_to_a_hash_map() {
    found(
        "alpha",
        &["determinism", "process"],
        " · only · value: ",
        "the same values in another order, also on one processor: the order of a hash map",
    );
}

fn beta_is_followed_to_a_clock() {
    found(
        "beta",
        &["determinism", "process"],
        "tick 2 · only · value: ",
        "the values grow from run to run: a clock",
    );
}

fn gamma_is_followed_to_the_time_zone() {
    found(
        "gamma",
        &["process"],
        "tick 2 · only · value: \"00:00\" → \"13:45\"",
        "caused by the time zone (TZ): changed alone it makes a difference",
    );
}

fn delta_is_followed_to_its_threads() {
    if thread::available_parallelism().unwrap().get() == 1 {
        eprintln!("one processor: threads take turns, and nothing can be seen of their order");
        return;
    }
    found(
        "delta",
        &[],
        " · only · value: ",
        // On a machine that is busy with other things the runs may not tell more.
        "of threads",
    );
}

fn epsilon_is_followed_to_a_static() {
    found(
        "epsilon",
        // Which check meets the first run of the process is a matter of threads.
        &[],
        "tick 2 · only · value: ",
        "state outlives a run (a static, a cache)",
    );
}

fn zeta_is_followed_to_its_addresses() {
    found(
        "zeta",
        &["process"],
        "tick 1 · only · value: ",
        "caused by the address layout",
    );
}

fn eta_is_not_blessed_within_one_second() {
    let workspace = Workspace::empty();
    scenario(&workspace);
    let said = played(&workspace, "bless", "eta");
    assert_eq!(said.status, Some(1), "{}{}", said.out, said.err);
    let expected = "the values grow from run to run: a clock";
    assert!(said.err.contains(expected), "{}", said.err);
    assert!(!workspace.path("fixtures/snapshots/one").exists());
}

fn theta_is_followed_to_two_changes_at_once() {
    found(
        "theta",
        &["process"],
        "tick 1 · only · value: 0 → 1",
        "caused by the environment variables and the locale (LC_ALL, LANG) changed at once",
    );
}

fn iota_is_caught_by_running_often() {
    let workspace = Workspace::empty();
    scenario(&workspace);
    let said = played(&workspace, "flaky", "iota");
    assert_eq!(said.status, Some(1), "{}{}", said.out, said.err);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let one = &report["scenarios"][0];
    assert_eq!(one["name"], "one");
    assert_eq!(one["verdict"], "NONDETERMINISTIC");
    // A run here, one elsewhere and one in a changed environment, eight times: of 24 runs after the
    // first, the eleventh and the twenty-second of all.
    assert_eq!(one["runs"], 24);
    let differing: Vec<u64> = one["differing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| way["runs"].as_u64().unwrap())
        .collect();
    assert_eq!(differing.iter().sum::<u64>(), 2, "{report}");
    let first = &one["first_divergence"];
    assert_eq!(first["path"], "records[tick=2].value");
    assert_eq!(
        (first["before"].as_u64(), first["after"].as_u64()),
        (Some(0), Some(1))
    );
    assert_eq!(one["cause"]["kind"], "rare", "{report}");
    let text = one["cause"]["text"].as_str().unwrap();
    assert!(text.contains("it differed in 2 of 24 runs"), "{text}");
}

fn a_steady_scenario_is_not_flaky() {
    let workspace = Workspace::blessed();
    let options = FlakyOptions {
        names: Vec::new(),
        repeat: 2,
        load: 1,
        format: Listing::Text,
    };
    let said = workspace.command(|suite, console| flaky(suite, &options, console));
    assert_eq!(said.code(), 0, "{}", said.out);
    assert_eq!(
        said.out,
        "1 of 1 scenario produced the same bytes in all their runs (2 of each kind, under a load of 1)\n"
    );
    // A mode that produces different bytes is named.
    workspace.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        "fault = \"threads\"",
    );
    let said = workspace.command(|suite, console| flaky(suite, &options, console));
    assert_eq!(said.code(), 1, "{}", said.out);
    let nothing = FlakyOptions {
        repeat: 0,
        ..options
    };
    let said = workspace.command(|suite, console| flaky(suite, &nothing, console));
    assert_eq!(said.code(), 2);
}
