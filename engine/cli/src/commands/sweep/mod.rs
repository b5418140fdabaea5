//! `aether sweep`: runs the points of a sweep, and merges, prints and compares their files.

mod diff;
mod table;

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;

use aether_engine::config::{FileSystem, load_sweep};
use aether_harness::counted;
use aether_json::json;
use aether_sweep::{
    MergeOptions, Options, Points, Share, SweepError, SweepFile, Worked, build_of, merge, work,
};

use crate::CommandResult;
use crate::args::{ScenariosDir, SweepCommand, SweepMergeCommand, SweepSubcommand};
use crate::exit::{Failure, Status};
use crate::interrupt;
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

/// The extension of files of sweeps.
const EXTENSION: &str = "sweep";

pub(crate) fn sweep(command: &SweepCommand, output: &Output) -> CommandResult {
    match &command.command {
        Some(SweepSubcommand::Merge(command)) => merge_shards(command, output),
        Some(SweepSubcommand::Table(command)) => table::table(command, output),
        Some(SweepSubcommand::Diff(command)) => diff::diff(command, output),
        None => run(command, output),
    }
}

fn run(command: &SweepCommand, output: &Output) -> CommandResult {
    let spec = command.spec.as_ref().expect("clap asks for it");
    let share = share(command, output)?;
    output.wait("reading the documents");
    let path = match &command.out {
        Some(path) => path.clone(),
        None => default_path(spec, share)?,
    };
    let files = FileSystem::new(registry::base_dir(&ScenariosDir::default())?);
    // The absolute path, so that reports show paths below the base relative to it.
    let spec = spec.canonicalize().unwrap_or_else(|_| spec.clone());
    let sweep = load_sweep(&files, &spec).map_err(Failure::Documents)?;
    let points = Points::new(&sweep, &files).map_err(Failure::Documents)?;
    let executable = std::env::current_exe().and_then(|path| build_of(&path));
    let build = executable.map_err(|error| {
        Failure::Io(
            "this program cannot be read to identify its build".to_owned(),
            error,
        )
    })?;
    output.stop_waiting();
    let bar = Progress::bar(share.len(points.count()), "points");
    let stored = AtomicU64::new(0);
    let progress = |progress: aether_sweep::Progress| {
        stored.store(progress.done, Ordering::Relaxed);
        bar.set(progress.done);
        if interrupt::requested() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let threads = command.threads.map(usize::from);
    let threads = threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let options = Options {
        share,
        threads,
        batch: command.batch.into(),
        build: &build,
        progress: &progress,
    };
    interrupt::hint(format!(
        "interrupted: the points in {} are kept; the same command continues",
        path.display()
    ));
    let stops_itself = interrupt::StopsItself::new();
    let worked = work(&sweep, &points, &path, &options);
    drop(stops_itself);
    drop(bar);
    let worked = worked?;
    if interrupt::requested() && !worked.is_complete {
        interrupt::hint(format!(
            "interrupted: {} of {} points are in {}; the same command continues",
            stored.into_inner(),
            worked.all,
            path.display()
        ));
        interrupt::end();
    }
    finish(&path, share, points.count(), &worked, output)
}

fn finish(path: &Path, share: Share, all: u64, worked: &Worked, output: &Output) -> CommandResult {
    let [complete, failed, refused] = worked.counts;
    output.result(
        || {
            let mut text = format!(
                "sweep       {}, shard {share} has {}\n",
                counted(all, "point"),
                worked.all
            );
            text.push_str(&format!(
                "now         {} run, {} were there\n",
                worked.ran, worked.skipped
            ));
            text.push_str(&format!("complete    {complete}\n"));
            for (name, count, what) in [
                ("failed", failed, "their runs ended early"),
                ("refused", refused, "their documents have problems"),
            ] {
                if count > 0 {
                    text.push_str(&format!(
                        "{name:<11} {count}: {what}; the table has each error\n"
                    ));
                }
            }
            if let Some((number, error)) = &worked.first_error {
                text.push_str(&format!("first       point {number}: {error}\n"));
            }
            text.push_str(&format!("stored      {}\n", path.display()));
            text
        },
        || {
            json!({
                "path": path.display().to_string(),
                "shard": share.index(),
                "shards": share.count(),
                "points": all,
                "points_of_shard": worked.all,
                "ran": worked.ran,
                "skipped": worked.skipped,
                "complete": complete,
                "failed": failed,
                "refused": refused,
            })
        },
    )?;
    Ok(Status::Done)
}

/// The share: the given one, else that of a scheduler, else all points.
fn share(command: &SweepCommand, output: &Output) -> Result<Share, Failure> {
    if let Some(share) = command.shard {
        return Ok(share);
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a scheduler says in the environment which shard this is; the points do not depend on it"
    )]
    let variable = |name: &str| std::env::var(name).ok();
    let found =
        Share::from_environment(&variable).map_err(|error| Failure::Input(error.to_string()))?;
    Ok(match found {
        Some((share, variable)) => {
            output.note(&format!("shard {share}, from {variable}"));
            share
        }
        None => Share::WHOLE,
    })
}

fn default_path(spec: &Path, share: Share) -> Result<PathBuf, Failure> {
    let stem = spec.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.ok_or_else(|| {
        Failure::Input(format!(
            "{}: the name is not UTF-8; give a file with --out",
            spec.display()
        ))
    })?;
    Ok(match share {
        Share::WHOLE => format!("{stem}.{EXTENSION}").into(),
        share => format!("{stem}.{}-of-{}.{EXTENSION}", share.index(), share.count()).into(),
    })
}

fn merge_shards(command: &SweepMergeCommand, output: &Output) -> CommandResult {
    let shown = command.out.display();
    // The file behind a link is replaced, and the link stays.
    let there = match command.out.canonicalize() {
        Ok(there) => Some(there),
        Err(_) if command.out.is_symlink() => {
            let message = format!("{shown} is a link that leads nowhere; choose a different OUT");
            return Err(Failure::Input(message));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::unreadable(&command.out, error)),
    };
    let out = there.as_ref().unwrap_or(&command.out);
    let is_out = |shard: &&PathBuf| there.is_some() && shard.canonicalize().ok() == there;
    if let Some(shard) = command.shards.iter().find(is_out) {
        let shard = shard.display();
        return Err(Failure::Input(format!(
            "{shard} is read, so it cannot be replaced; choose a different OUT"
        )));
    }
    if there.is_some() {
        if !command.force {
            return Err(Failure::Input(format!(
                "{shown} exists; replace it with --force"
            )));
        }
        SweepFile::open(&command.out).map_err(|error| match error {
            SweepError::Busy(_) => error.into(),
            error => {
                let message = format!("{error}; --force replaces only files of sweeps");
                match Failure::from(error) {
                    failure if failure.status() == Status::Internal => failure,
                    _ => Failure::Input(message),
                }
            }
        })?;
    }
    let progress = Progress::spinner("merging");
    let mut unfinished = Vec::new();
    let options = MergeOptions {
        mixed: command.mixed,
        replaces: there.is_some(),
    };
    let merged = merge(&command.shards, out, options, &mut |path| {
        unfinished.push(interrupt::Unfinished::new(path));
    })?;
    drop(unfinished);
    drop(progress);
    let missing = merged.all - merged.points;
    output.result(
        || {
            let mut text = format!("merged      {} of {} points\n", merged.points, merged.all);
            if missing > 0 {
                text.push_str(&format!("missing     {missing}\n"));
            }
            text.push_str(&format!("builds      {}\n", merged.builds.join(", ")));
            text.push_str(&format!("stored      {shown}\n"));
            text
        },
        || {
            json!({
                "path": shown.to_string(),
                "points": merged.all,
                "merged": merged.points,
                "missing": missing,
                "builds": merged.builds,
            })
        },
    )?;
    Ok(Status::Done)
}
