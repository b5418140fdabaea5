//! The JSON Schemas in `docs/schemas` are those of the types.

use super::{golden, root};

fn check(bless: bool) -> Vec<String> {
    let schemas = aether_engine::config::json_schemas();
    let path = |file: &str| root().join("docs/schemas").join(file);
    schemas
        .iter()
        .filter_map(|(file, text)| golden(&path(file), text, bless).err())
        .collect()
}

#[test]
fn schemas_are_current() {
    let stale = check(false);
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
#[ignore = "writes the schemas"]
fn bless_schemas() {
    assert_eq!(check(true), [""; 0]);
}
