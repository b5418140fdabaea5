//! Tests that a change of any byte of a run file is found or refused, unless the byte has no
//! meaning.

use aether_engine::run::RunOptions;
use aether_engine::store::Existing;

use crate::run::{Chance, every_kind, export, store};

const CHANGES: usize = 1_000;

#[test]
fn no_changed_byte_gives_a_wrong_record_silently() {
    let (_folder, store) = store();
    let plan = every_kind();
    let options = RunOptions::default();
    let path = store
        .record(&plan, "run", Existing::Keep, &options)
        .unwrap()
        .path;
    let good = std::fs::read(&path).unwrap();
    let expected = export(&store.open("run").unwrap());

    let mut chance = Chance(77);
    let (mut refused, mut found, mut nothing) = (0, 0, 0);
    for _ in 0..CHANGES {
        let place = usize::try_from(chance.below(good.len() as u64)).unwrap();
        let change = u8::try_from(1 + chance.below(255)).unwrap();
        let mut bytes = good.clone();
        bytes[place] ^= change;
        std::fs::write(&path, &bytes).unwrap();
        let Ok(run) = store.open("run") else {
            refused += 1;
            continue;
        };
        match run.verify(&options) {
            Ok(verified) if verified.is_whole() => {}
            Ok(_) => {
                found += 1;
                continue;
            }
            Err(_) => {
                refused += 1;
                continue;
            }
        }
        let mut exported = Vec::new();
        let whole = run.write_export(&mut exported).is_ok() && exported == expected;
        assert!(
            whole,
            "byte {place} of {} changed by {change:#04x} is not found",
            good.len()
        );
        nothing += 1;
    }
    println!(
        "{refused} refused, {found} found, {nothing} carry nothing; {} bytes",
        good.len()
    );
    assert!(found > CHANGES / 2);
}
