//! Tests that every record equals the oracle's, and satisfies the invariants that need no oracle.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::generate::{Reach, case};
use super::hold;
use crate::compare::{same_as_oracle, texts};
use crate::oracle::{Case, Int, Json};
use crate::subject;

/// How the generated runs ended, by name.
#[derive(Default)]
struct Endings(RefCell<BTreeMap<String, usize>>);

impl Endings {
    fn count(&self, export: &Json) {
        let run = export.member("run");
        let ending = run
            .optional("error")
            .map_or(run.member("status"), |e| e.member("operation"));
        *self
            .0
            .borrow_mut()
            .entry(ending.str().to_owned())
            .or_default() += 1;
    }

    fn of(&self, ending: &str) -> usize {
        self.0.borrow().get(ending).copied().unwrap_or(0)
    }
}

#[test]
fn usual_runs_equal_the_oracle() {
    let endings = Endings::default();
    hold(
        "usual_runs_equal_the_oracle",
        256,
        &case(Reach::Usual),
        |case| {
            let text = subject::export(&texts(&case))?;
            let export = Json::parse(&text);
            endings.count(&export);
            keeps_its_invariants(&case, &export)?;
            same_as_oracle(&case, &text)
        },
    );
    let completed = endings.of("complete");
    assert!(
        completed > 128,
        "only {completed} runs completed: {:?}",
        endings.0.borrow()
    );
}

#[test]
fn wild_runs_equal_the_oracle() {
    let endings = Endings::default();
    hold(
        "wild_runs_equal_the_oracle",
        512,
        &case(Reach::Wild),
        |case| {
            let text = subject::export(&texts(&case))?;
            endings.count(&Json::parse(&text));
            same_as_oracle(&case, &text)
        },
    );
    for ending in ["input", "du", "raw", "sum"] {
        assert!(
            endings.of(ending) > 0,
            "no {ending} among {:?}",
            endings.0.borrow()
        );
    }
}

/// Checks the invariants of any run, whatever the rules computed.
fn keeps_its_invariants(case: &Case, export: &Json) -> Result<(), String> {
    let ledgers = export.member("ledgers").list();
    let mut state = None;
    for ledger in ledgers {
        let tick = ledger.member("tick").number();
        conserves(ledger).map_err(|law| format!("tick {tick}: {law}"))?;
        let fed = case.run.enable_pfna;
        if !fed && state.is_some_and(|state| state != ledger.member("pre_u")) {
            return Err(format!("tick {tick}: pre_u is not the post_u before it"));
        }
        state = Some(ledger.member("post_u"));
    }
    chained(export)
}

fn conserves(ledger: &Json) -> Result<(), String> {
    let sum = |field: &str| -> Int {
        ledger
            .member(field)
            .list()
            .iter()
            .map(|value| Int::from(value.number()))
            .sum()
    };
    let number = |field: &str| Int::from(ledger.member(field).number());
    for (law, left, right) in [
        ("sum_pre_u", number("sum_pre_u"), sum("pre_u")),
        ("sum_post_u", number("sum_post_u"), sum("post_u")),
        ("conservation", sum("pre_u"), sum("post_u")),
        ("z_check", number("z_check"), number("sum_pre_u")),
    ] {
        if left != right {
            return Err(format!("{law}: {left} and {right}"));
        }
    }
    for edge in ledger.member("edges").list() {
        let number = |field: &str| Int::from(edge.member(field).number());
        let (flux, du) = (number("f_e"), number("du"));
        let size = |value: &Int| value.magnitude().clone();
        if flux.sign() != du.sign() && size(&flux) > 0u32.into() {
            return Err(format!("an edge moves {flux} against du {du}"));
        }
        let bounds = [size(&du), size(&number("raw")), size(&number("cap"))];
        if bounds.iter().min() != Some(&size(&flux)) {
            return Err(format!("an edge moves {flux}, its bounds are {bounds:?}"));
        }
    }
    Ok(())
}

/// Checks the hash chain and the hashes in its entries, using only the records.
fn chained(export: &Json) -> Result<(), String> {
    let kinds = [
        ("umx_ledger_hash", "ledgers"),
        ("loom_block_hash", "p_blocks"),
    ];
    let mut previous = Json::Null;
    for (index, entry) in export.member("u_ledger").list().iter().enumerate() {
        let tick = index + 1;
        if *entry.member("prev_entry_hash") != previous {
            return Err(format!("entry {tick} does not follow the one before it"));
        }
        for (field, kind) in kinds {
            let record = &export.member(kind).list()[index];
            if entry.member(field).str() != record.sha256() {
                return Err(format!("entry {tick}: {field} is not that of its record"));
            }
        }
        previous = Json::Text(entry.sha256());
    }
    let last = export.member("run").member("last_entry_hash");
    if *last == previous {
        Ok(())
    } else {
        Err("last_entry_hash differs".to_owned())
    }
}
