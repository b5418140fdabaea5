//! `docs/configuration.md`: its tables are the declarations of the documents.

use aether_engine::config::document_tables;

use super::{golden, root};

const OPEN: &str =
    "<!-- tables: written by `cargo test -p aether-engine --test config -- --ignored bless` -->\n";

fn check(bless: bool) -> Result<(), String> {
    let path = root().join("docs/configuration.md");
    let page = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let (before, _) = page
        .split_once(OPEN)
        .ok_or("the page has no place for the tables")?;
    golden(
        &path,
        &format!("{before}{OPEN}{}", document_tables()),
        bless,
    )
}

#[test]
fn the_page_of_documents_is_current() {
    assert_eq!(check(false), Ok(()));
}

#[test]
#[ignore = "writes the page"]
fn bless_tables() {
    assert_eq!(check(true), Ok(()));
}
