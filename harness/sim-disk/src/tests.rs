use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;

use aether_disk as disk;

use crate::{Case, Ended, Fault, exhaust};

fn old(dir: &Path) {
    fs::write(dir.join("file"), "old").expect("written");
}

fn shown(error: &std::io::Error) -> String {
    error.to_string()
}

/// Whether all checks hold.
fn holds(act: &dyn Fn(&Path) -> std::io::Result<()>) -> bool {
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        exhaust(&Case {
            name: "a replacement",
            prepare: &old,
            act: &|dir| act(dir).map_err(|error| shown(&error)),
            check: &|dir, ended| {
                let found = fs::read_to_string(dir.join("file")).expect("it is there");
                assert!(
                    found == "new" || found == "old" && !ended.is_done(),
                    "{found}"
                );
            },
        })
    }));
    tried.is_ok()
}

/// Every way to replace a file but the last loses it or its content in some crash.
#[test]
fn each_step_of_a_safe_replacement_is_needed() {
    let replace = |syncs_file: bool, syncs_dir: bool| {
        move |dir: &Path| {
            let mut new = disk::File::create(dir.join("new"))?;
            new.write_all(b"new")?;
            if syncs_file {
                new.sync_all()?;
            }
            disk::rename(dir.join("new"), dir.join("file"))?;
            if syncs_dir {
                disk::sync_dir(dir)
            } else {
                Ok(())
            }
        }
    };
    assert!(!holds(&|dir| disk::write(dir.join("file"), "new")));
    assert!(!holds(&replace(false, false)));
    assert!(!holds(&replace(false, true)));
    assert!(!holds(&replace(true, false)));
    assert!(!holds(&|dir| {
        disk::remove_file(dir.join("file"))?;
        replace(true, true)(dir)
    }));
    assert!(holds(&replace(true, true)));
}

#[test]
fn every_fault_reaches_the_program_once() {
    let met = Mutex::new(Vec::new());
    let tally = exhaust(&Case {
        name: "two operations",
        prepare: &old,
        act: &|dir| {
            let new = disk::write(dir.join("file"), "longer")
                .and_then(|()| disk::remove_file(dir.join("file")));
            new.map_err(|error| shown(&error))
        },
        check: &|_, ended| {
            if let Ended::Failed { fault, message } = ended {
                met.lock()
                    .expect("no panic")
                    .push((*fault, message.clone()));
            }
        },
    });
    let met = met.into_inner().expect("no panic");
    assert_eq!((tally.operations, tally.reported), (3, met.len()));
    for (fault, code) in [
        (Fault::NoSpace, "os error 28"),
        (Fault::Io, "os error 5"),
        (Fault::Denied, "os error 13"),
    ] {
        assert!(
            met.iter()
                .any(|(of, message)| *of == fault && message.contains(code))
        );
    }
    // The standard library writes on after a signal and a short write; opening reports the signal.
    let interrupted: Vec<_> = met
        .iter()
        .filter(|(of, _)| *of == Fault::Interrupted)
        .collect();
    assert_eq!(interrupted.len(), 1, "{interrupted:?}");
    assert!(!met.iter().any(|(of, _)| *of == Fault::Short));
}

/// A directory that was made lasts once its own name was synced, which takes its parent.
#[test]
fn directories_that_were_made_last() {
    let lasts = |make: &dyn Fn(&Path) -> std::io::Result<()>| {
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            exhaust(&Case {
                name: "directories",
                prepare: &|_| {},
                act: &|dir| make(&dir.join("a/b")).map_err(|error| shown(&error)),
                check: &|dir, ended| assert!(dir.join("a/b").is_dir() || !ended.is_done()),
            })
        }));
        tried.is_ok()
    };
    assert!(!lasts(&|path| disk::create_dir_all(path)));
    assert!(lasts(&|path| disk::create_dir_all_durable(path)));
}

/// Names and links follow what they are about.
#[test]
fn directories_and_links_are_modelled() {
    let tally = exhaust(&Case {
        name: "links",
        prepare: &old,
        act: &|dir| {
            let act = || {
                disk::create_dir_all(dir.join("a/b"))?;
                disk::hard_link(dir.join("file"), dir.join("a/b/second"))?;
                disk::copy(dir.join("file"), dir.join("a/copy"))?;
                disk::rename(dir.join("a"), dir.join("c"))?;
                disk::remove_dir_all(dir.join("c"))?;
                disk::sync_dir(dir)
            };
            act().map_err(|error| shown(&error))
        },
        check: &|dir, ended| {
            assert_eq!(fs::read(dir.join("file")).expect("it stays"), b"old");
            assert!(!dir.join("c").exists() || !ended.is_done());
        },
    });
    assert!(tally.crashes >= 8, "{tally}");
}
