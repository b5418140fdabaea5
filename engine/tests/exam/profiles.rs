//! Tests one topology under different profiles: only the documents select the profile of a run.

use crate::compare::assert_equals_oracle;
use crate::oracle::{Case, Observers, Profile, Scheme, StRule, cmp0, grid, plain, run};

/// Numbers and rules that differ from CMP-0 in everything but SC.
fn cmp1() -> Profile {
    Profile {
        name: "CMP-1".to_owned(),
        modulus: 1_000_003,
        spacing: 4,
        s_t: StRule::SumAbsFlux {
            offset: Some(3),
            scale: Some(2),
            max_value: Some(500),
        },
        preferred: Some(vec![Scheme::Gr, Scheme::Id]),
        ..cmp0()
    }
}

fn cmp2() -> Profile {
    Profile {
        name: "CMP-2".to_owned(),
        modulus: 2_147_483_647,
        c0: 7,
        spacing: 5,
        constants: Some((31, 37)),
        s_t: StRule::Constant(11),
        preferred: Some(vec![Scheme::Id]),
        check: Some((3, 5)),
        ..cmp0()
    }
}

fn under(profile: Profile) -> Case {
    let mut case = plain(&[90, 0, 0, 0, -40, 7], &grid(2, 3), 6, 25, 10);
    case.run.observers = Observers::On;
    case.run.codex = true;
    case.profile = profile;
    case
}

#[test]
fn three_profiles_on_one_topology() {
    let mut states = Vec::new();
    let mut chains = Vec::new();
    for profile in [cmp0(), cmp1(), cmp2()] {
        let case = under(profile);
        assert_equals_oracle(&case.profile.name, &case);
        let outcome = run(&case).expect("nothing overflows");
        states.push(outcome.states());
        let last = outcome.records("p_blocks").last().expect("ten ticks");
        chains.push(last.member("C_t").number());
    }
    assert!(
        states.iter().all(|other| *other == states[0]),
        "the flux rule is the same"
    );
    assert!(
        chains[0] != chains[1] && chains[1] != chains[2],
        "the chain is not"
    );
}

#[test]
fn the_name_of_a_profile_chooses_nothing() {
    let renamed = Profile {
        name: "CMP-0".to_owned(),
        ..cmp2()
    };
    assert_equals_oracle("CMP-2's rules under CMP-0's name", &under(renamed));
}
