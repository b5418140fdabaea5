//! Tests of `profile show`: every rule is explained in words and numbers.

use serde_json::json;

use super::{aether, aether_in, keys, len, root};

#[test]
fn a_name_is_found_in_the_profiles_and_cmp_0_everywhere() {
    let shown = aether(&["profile", "show", "CMP-1"]).with(0).stdout;
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "CMP-1 (fixtures/profiles/cmp-1.json)",
        "modulus_M: 998244353",
        "s_t_rule: sum_abs_flux, offset = 1, scale = 3, max_value = 100000",
        "s_t = min(1 + 3 · Σ |f_e|, 100000)",
        "C_t = (17 · C_(t−1) + 23 · s_t + t) mod 998244353",
        "GR wins over R, and R over ID",
    ] {
        assert!(shown.contains(words), "`{words}` is missing: {shown}");
    }
    let nowhere = tempfile::tempdir().unwrap();
    let show = |args: &[&str]| aether_in(nowhere.path(), &[&["profile", "show"], args].concat());
    let built_in = show(&["cmp-0"]).with(0).stdout;
    assert!(built_in.starts_with("CMP-0 (built in)\n"), "{built_in}");
    // From below the directory with the profiles, by file name; and from a directory that is given.
    let below = aether_in(
        &root().join("scenarios/gf01"),
        &["profile", "show", "cmp-2"],
    )
    .with(0);
    assert!(
        below.stdout.contains("s_t_rule: constant, value = "),
        "{below:#?}"
    );
    let dir = root().join("fixtures/profiles").display().to_string();
    show(&["CMP-2", "--profiles-dir", &dir]).with(0);
    show(&["CMP-2"]).with(2).reports(&[
        "unknown profile `CMP-2`",
        "profiles are CMP-0",
        "./CMP-2.json",
    ]);
}

#[test]
fn the_profile_as_data() {
    let shown = aether(&[
        "profile",
        "show",
        "fixtures/profiles/cmp-0.json",
        "--format",
        "json",
    ]);
    let shown = shown.with(0).json();
    assert_eq!(keys(&shown), ["name", "profile", "rules", "source"]);
    assert_eq!(shown["source"], "fixtures/profiles/cmp-0.json");
    assert_eq!(
        shown["profile"]["chain_rule"]["constants"],
        json!({"a": 17, "b": 23})
    );
    assert_eq!(keys(&shown["rules"][0]), ["field", "meaning", "value"]);
    // Every field of the document is explained.
    for (field, _) in shown["profile"].as_object().unwrap() {
        let mut rules = shown["rules"].as_array().unwrap().iter();
        let of_field = |name: &str| name == field || name.starts_with(&format!("{field}."));
        assert!(
            rules.any(|rule| of_field(rule["field"].as_str().unwrap())),
            "{field}"
        );
    }
    assert_eq!(len(&shown["rules"]), 11);
}

/// The profile of new scenarios, the built-in profile and the repository's are the same.
#[test]
fn there_is_one_cmp_0() {
    let nowhere = tempfile::tempdir().unwrap();
    let show = ["profile", "show", "CMP-0", "--format", "json"];
    let built_in = aether_in(nowhere.path(), &show).with(0).json();
    assert_eq!(built_in["source"], "built in");
    let ours = aether(&show).with(0).json();
    assert_eq!(ours["profile"], built_in["profile"]);
    assert_eq!(ours["rules"], built_in["rules"]);
}

#[test]
fn a_broken_profile_is_reported_with_the_known_rules() {
    let folder = tempfile::tempdir().unwrap();
    let text = aether_engine::config::CMP_0.replace("prime_weighted\"\n", "prime_wieghted\"\n");
    std::fs::write(folder.path().join("mine.toml"), text).unwrap();
    let show = |args: &[&str]| aether_in(folder.path(), &[&["profile", "show"], args].concat());
    let words = [
        "AE0402",
        "prime_wieghted",
        "`prime_weighted`, `constant` or `sum_abs_flux`",
    ];
    show(&["mine.toml"]).with(2).reports(&words);
    show(&["mine", "--profiles-dir", "."])
        .with(2)
        .reports(&words);
    let json = show(&["mine.toml", "--format", "json"]).with(2).json();
    assert_eq!(json["problems"][0]["code"], "AE0402");
    show(&["none.toml"]).with(2).reports(&["AE0001"]);
}

#[test]
fn a_directory_that_cannot_be_read_is_reported() {
    aether(&[
        "profile",
        "show",
        "CMP-0",
        "--profiles-dir",
        "no/such/directory",
    ])
    .with(2)
    .reports(&["no/such/directory cannot be read"]);
}
