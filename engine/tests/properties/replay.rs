//! Tests of replay: from the start and from every checkpoint, each record is the same. Also tests
//! that recomputing the chain from the ledgers finds the first record that was changed.

use aether_engine::config::RunPlan;
use aether_engine::record::{FromText, IBlock, PBlock, UmxLedger};
use aether_engine::run::{
    ChainFault, RecordKind, Replay, Run, RunOptions, RunStatus, check_chain, run,
};
use proptest::prelude::any;

use super::generate::{Reach, case};
use super::hold;
use crate::compare::texts;
use crate::oracle::Case;
use crate::subject;

/// A run with the records of its time axis.
struct Recorded {
    plan: RunPlan,
    run: Run,
    ledgers: Vec<UmxLedger>,
    p_blocks: Vec<PBlock>,
    i_blocks: Vec<IBlock>,
}

impl Recorded {
    fn of(case: &Case) -> Result<Self, String> {
        let plan = subject::plan(&texts(case))?;
        let run = run(&plan, &RunOptions::default());
        Ok(Self {
            ledgers: read(&run, RecordKind::Ledgers)?,
            p_blocks: read(&run, RecordKind::PBlocks)?,
            i_blocks: read(&run, RecordKind::IBlocks)?,
            plan,
            run,
        })
    }

    fn check_chain(&self) -> Result<(), ChainFault> {
        check_chain(
            &self.plan,
            self.ledgers.iter().cloned(),
            self.p_blocks.iter().cloned(),
            self.i_blocks.iter().cloned(),
        )
    }
}

fn read<R: FromText>(run: &Run, kind: RecordKind) -> Result<Vec<R>, String> {
    let texts = run.records(kind);
    texts
        .map(|text| R::from_text(text).map_err(|error| error.to_string()))
        .collect()
}

#[test]
fn a_replay_from_any_checkpoint_equals_the_run() {
    hold(
        "a_replay_from_any_checkpoint_equals_the_run",
        96,
        &case(Reach::Usual),
        |case| {
            let recorded = Recorded::of(&case)?;
            if let Ok(replay) = Replay::from_start(&recorded.plan) {
                equals_from(replay, &recorded, 0)?;
            }
            for checkpoint in &recorded.i_blocks {
                let replay = Replay::from_checkpoint(&recorded.plan, checkpoint);
                equals_from(replay, &recorded, checkpoint.tick)
                    .map_err(|difference| format!("from tick {}: {difference}", checkpoint.tick))?;
            }
            let text = subject::export(&texts(&case))?;
            let again = subject::export_from_checkpoints(&texts(&case))?;
            if text == again {
                Ok(())
            } else {
                Err("a run from its checkpoints differs".to_owned())
            }
        },
    );
}

/// Replays to the end of the run, or to its error, and compares every recorded tick.
fn equals_from(mut replay: Replay<'_>, recorded: &Recorded, tick: u64) -> Result<(), String> {
    let first = usize::try_from(tick).expect("few ticks");
    if let Some(ledger) = first
        .checked_sub(1)
        .and_then(|index| recorded.ledgers.get(index))
        && replay.state() != ledger.post_u
    {
        return Err(format!("the state after tick {tick} differs"));
    }
    for number in tick + 1.. {
        let made = match (replay.advance(), recorded.run.status()) {
            (Err(error), RunStatus::Failed(expected)) if error == expected => return Ok(()),
            (Err(error), status) => return Err(format!("{error}, where the run is {status:?}")),
            (Ok(None), RunStatus::Failed(_)) => return Ok(()),
            (Ok(None), _) if number == case_end(recorded) + 1 => return Ok(()),
            (Ok(None), _) => return Err(format!("ends before tick {number}")),
            (Ok(Some(made)), _) => made,
        };
        let index = usize::try_from(number - 1).expect("few ticks");
        // A failed run keeps fewer ticks than its replay computes.
        let Some(ledger) = recorded.ledgers.get(index) else {
            continue;
        };
        let i_block = recorded.i_blocks.iter().find(|block| block.tick == number);
        if made.ledger != ledger {
            return Err(format!("the ledger of tick {number} differs"));
        }
        if made.p_block != &recorded.p_blocks[index] {
            return Err(format!("the P-block of tick {number} differs"));
        }
        if made.i_block != i_block {
            return Err(format!("the checkpoint of tick {number} differs"));
        }
    }
    Ok(())
}

fn case_end(recorded: &Recorded) -> u64 {
    recorded.ledgers.last().map_or(0, |ledger| ledger.tick)
}

#[test]
fn the_chain_follows_from_the_ledgers_and_a_change_is_named() {
    let tampered = (case(Reach::Usual), any::<u8>(), any::<u8>());
    let name = "the_chain_follows_from_the_ledgers_and_a_change_is_named";
    hold(name, 128, &tampered, |(case, kind, place)| {
        let mut recorded = Recorded::of(&case)?;
        recorded.check_chain().map_err(|fault| fault.to_string())?;
        let ticks = recorded.p_blocks.len();
        if ticks == 0 {
            return Ok(());
        }
        let index = usize::from(place) % ticks;
        let tick = recorded.p_blocks[index].tick;
        let changed = tamper(&mut recorded, kind, index);
        let Some(what) = changed else { return Ok(()) };
        match recorded.check_chain() {
            Err(fault) if tick_of(&fault) == Some(tick) => Ok(()),
            found => Err(format!("{what} of tick {tick} was changed: {found:?}")),
        }
    });
}

/// Changes one value of one tick, if the tick has it.
fn tamper(recorded: &mut Recorded, kind: u8, index: usize) -> Option<&'static str> {
    let tick = recorded.p_blocks[index].tick;
    let block = &mut recorded.p_blocks[index];
    let checkpoint = recorded
        .i_blocks
        .iter()
        .position(|block| block.tick == tick);
    match kind % 6 {
        0 => {
            block.c_t ^= 1;
            Some("C_t")
        }
        1 => {
            block.s_t ^= 1;
            Some("s_t")
        }
        2 => {
            block.edge_flux_summary.last_mut()?.f_e ^= 1;
            Some("a flux in the P-block")
        }
        3 => {
            recorded.ledgers[index].edges.first_mut()?.f_e ^= 1;
            Some("a flux in the ledger")
        }
        4 => {
            recorded.i_blocks[checkpoint?].post_u[0] ^= 1;
            Some("a checkpoint's state")
        }
        _ => {
            recorded.i_blocks.remove(checkpoint?);
            Some("a checkpoint's presence")
        }
    }
}

fn tick_of(fault: &ChainFault) -> Option<u64> {
    match fault {
        ChainFault::PBlock { tick, .. } | ChainFault::IBlock { tick } => Some(*tick),
        _ => None,
    }
}
