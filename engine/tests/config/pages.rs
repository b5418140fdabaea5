//! Tests that the tables of `docs/configuration.md` and `docs/records.md` are those that the
//! declarations of documents and records produce.

use aether_engine::config::document_tables;
use aether_engine::record;

use super::{golden, root};

const OPEN: &str =
    "<!-- tables: written by `cargo test -p aether-engine --test config -- --ignored bless` -->\n";

fn check(page: &str, tables: &str, bless: bool) -> Result<(), String> {
    let path = root().join("docs").join(page);
    let page = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let (before, _) = page
        .split_once(OPEN)
        .ok_or("the page has no place for the tables")?;
    golden(&path, &format!("{before}{OPEN}{tables}"), bless)
}

fn check_all(bless: bool) -> Result<(), String> {
    check("configuration.md", &document_tables(), bless)?;
    check("records.md", &record::tables(), bless)
}

#[test]
fn the_pages_of_documents_and_records_are_current() {
    assert_eq!(check_all(false), Ok(()));
}

#[test]
#[ignore = "writes the pages"]
fn bless_tables() {
    assert_eq!(check_all(true), Ok(()));
}
