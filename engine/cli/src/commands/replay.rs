//! `aether replay`: rebuilds the state at a tick from the nearest checkpoint.

use std::time::Instant;

use aether_engine::record::UmxLedger;
use aether_engine::run::Replay;
use aether_json::json;

use crate::CommandResult;
use crate::args::ReplayCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

pub(crate) fn replay(command: &ReplayCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let plan = run.plan()?;
    let tick = command.tick;
    let last = run.ticks_recorded();
    if tick > last {
        return Err(Failure::Input(format!(
            "tick {tick} is not recorded: ticks are 0 to {last}"
        )));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the elapsed time is printed and is not part of any record"
    )]
    let started = Instant::now();
    let checkpoint = run.checkpoint_before(tick + 1)?;
    let failed = |error| Failure::run(error, plan.names());
    let from = checkpoint.as_ref().map_or(0, |block| block.tick);
    let mut replay = match &checkpoint {
        Some(block) => Replay::from_checkpoint(&plan, block),
        None => Replay::from_start(&plan).map_err(failed)?,
    };
    let bar = Progress::ticks(tick - from);
    while replay.next_tick() <= tick {
        bar.set(replay.next_tick() - from);
        replay.pass(replay.next_tick() + 1).map_err(failed)?;
    }
    drop(bar);
    let seconds = started.elapsed().as_secs_f64();
    let state = replay.state().to_vec();
    let matches = match run.value::<UmxLedger>(tick)? {
        Some(ledger) => ledger.post_u == state,
        // The state of tick 0 is not stored: it follows from the inputs.
        None => tick == 0,
    };
    let origin = if from == 0 {
        "the start".to_owned()
    } else {
        format!("the checkpoint of tick {from}")
    };
    output.result(
        || {
            let verdict = if matches { "matches" } else { "DOES NOT MATCH" };
            format!(
                "tick {tick} from {origin}, {} ticks replayed in {seconds:.3} s: {verdict}\n{}\n",
                tick - from,
                registry::shortened(&state),
            )
        },
        || {
            json!({
                "tick": tick,
                "checkpoint_tick": from,
                "ticks_replayed": tick - from,
                "seconds": seconds,
                "state": state,
                "matches": matches,
            })
        },
    )?;
    Ok(if matches {
        Status::Done
    } else {
        Status::Difference
    })
}
