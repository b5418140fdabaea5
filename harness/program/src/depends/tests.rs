use aether_harness::{Artefact, Place};

use super::pattern::{Pattern, PatternError};
use super::{DependsTable, Rules};

fn rules(toml: &str, inputs: &str) -> Rules {
    #[derive(serde::Deserialize)]
    struct Document {
        depends: Vec<DependsTable>,
    }
    let document: Document = toml::from_str(toml).unwrap();
    let inputs = Artefact::from_json("inputs", inputs.as_bytes()).unwrap();
    Rules::of(&document.depends, &inputs)
}

#[track_caller]
fn check(rules: &Rules, place: &str, expected: Option<&[&str]>) {
    let place = Place::parse(place).unwrap_or_else(|| panic!("{place}"));
    let found = rules.depends(&place);
    let found = found.map(|places| places.iter().map(ToString::to_string).collect::<Vec<_>>());
    let expected = expected.map(|places| places.iter().map(ToString::to_string).collect());
    assert_eq!(found, expected, "{place}");
}

#[test]
fn variables_bind_to_keys_and_indices() {
    let rules = rules(
        r#"
        [[depends]]
        of = "minutes[minute=t].waiting"
        on = ["minutes[minute=t-1].waiting", "minutes[minute = t].served", "inputs.day.arrivals[t]"]
        [[depends]]
        of = "minutes[minute=t].waiting"
        on = ["minutes[minute=t+10].extra"]
        [[depends]]
        of = "grid[x][y]"
        on = ["grid[x-1][y]", "names[id=y]"]
        [[depends]]
        of = 'prices[x].total'
        on = ['inputs.prices[x]', 'lines[order="a b",x=x].sum', 'all[*].price']
        [[depends]]
        of = 'pair[a=t,b=t+1].v'
        on = ['pair[a=t-1,b=t].v', 'kept[3]', 'kept[k=3]']
        "#,
        r#"{"day.json": 1, "prices": {"x": 1}}"#,
    );
    let waiting = [
        "minutes[minute=6].waiting",
        "minutes[minute=7].served",
        r#"inputs["day.json"].arrivals[7]"#,
        "minutes[minute=17].extra",
    ];
    check(&rules, "minutes[minute=7].waiting", Some(&waiting));
    // What is in a value depends on what the value does.
    check(&rules, "minutes[minute=7].waiting.now[2]", Some(&waiting));
    check(&rules, "minutes[minute=7].served", None);
    check(&rules, "minutes[minute=7]", None);
    check(&rules, "minutes[3].waiting", None);
    check(&rules, "grid[0][4]", Some(&["names[id=4]"]));
    check(&rules, "grid[1][4]", Some(&["grid[0][4]", "names[id=4]"]));
    let total = [
        "inputs.prices.cake",
        r#"lines[order="a b",x="cake"].sum"#,
        "all[*].price",
    ];
    check(&rules, "prices.cake.total", Some(&total));
    check(
        &rules,
        "pair[a=4,b=5].v",
        Some(&["pair[a=3,b=4].v", "kept[3]", "kept[k=3]"]),
    );
    check(&rules, "pair[a=4,b=6].v", None);
    // A text has no successor, and there is nothing before the first.
    check(
        &rules,
        r#"minutes[minute="a"].waiting"#,
        Some(&[
            r#"minutes[minute="a"].served"#,
            r#"inputs["day.json"].arrivals.a"#,
        ]),
    );
    check(
        &rules,
        "minutes[minute=-1].waiting",
        Some(&[
            "minutes[minute=-2].waiting",
            "minutes[minute=-1].served",
            "minutes[minute=9].extra",
        ]),
    );
}

#[test]
fn what_is_no_pattern_is_refused() {
    let step = |rest: &str| PatternError::Step {
        rest: rest.to_owned(),
    };
    let value = |text: &str| PatternError::Value {
        text: text.to_owned(),
    };
    for (text, expected) in [
        ("", PatternError::Empty),
        ("a..b", step("..b")),
        (".a", step(".a")),
        ("[t].a", step("[t].a")),
        ("a[", step("[")),
        ("a[t", step("[t")),
        ("a[t]b", step("b")),
        ("a[x=t,]", step("[x=t,]")),
        ("a[x=*]", PatternError::Star),
        ("a[*,y=1]", PatternError::Star),
        ("a[t*2]", PatternError::Star),
        ("a[x=t^2]", value("t^2")),
        ("a[2t]", value("2t")),
        ("a[t-]", value("t-")),
        ("a[t-99999999999999999999]", value("t-99999999999999999999")),
        ("a[]", step("[]")),
    ] {
        assert_eq!(text.parse::<Pattern>(), Err(expected), "{text}");
    }
}

#[test]
fn equal_patterns_differ_in_names_alone() {
    let plain = |text: &str| text.parse::<Pattern>().unwrap().without_names();
    assert_eq!(plain("a[x=t].b[u]"), plain("a[x=s].b[t]"));
    assert_ne!(plain("a[x=t].b[t]"), plain("a[x=t].b[u]"));
    assert_ne!(plain("a[x=t]"), plain("a[x=t+1]"));
    assert_ne!(plain("a[t]"), plain("a[*]"));
}
