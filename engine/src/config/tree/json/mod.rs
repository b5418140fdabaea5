//! Reads JSON into the tree: the workspace's JSON reader gives the tokens, which become flat nodes.
//!
//! The reader continues after an error whose intention is clear, so that one report has all of
//! them. [`syntax_errors`] turns them into problems, and [`duplicates`] finds duplicate keys.

mod duplicates;
mod syntax_errors;
#[cfg(test)]
mod tests;

use aether_json::{Fault, Reader, TokenKind};

use super::super::limits::NESTING_MAX;
use super::super::source::{Source, Span};
use super::{Document, Kind, Parse};
use duplicates::duplicates;
use syntax_errors::SyntaxErrors;

pub(super) fn parse(source: Source) -> Parse {
    let mut document = Document::new(Source::new(String::new(), String::new()));
    let mut reader = Reader::new(source.text(), NESTING_MAX, SyntaxErrors::default());
    let read = lay_out(&mut reader, &mut document);
    let errors = reader.into_errors();
    if let Err(fault) = read {
        let drafts = errors.into_drafts(&source, Some(fault));
        return Err((source, drafts));
    }
    let mut drafts = errors.into_drafts(&source, None);
    if document.broken.contains(&0) {
        return Err((source, drafts));
    }
    document.source = source;
    drafts.extend(duplicates(&document));
    Ok((document, drafts))
}

/// Adds a node for each value of the text.
fn lay_out(reader: &mut Reader<'_, SyntaxErrors>, document: &mut Document) -> Result<(), Fault> {
    // An estimate that avoids moving a large tree: seven numbers of ten bytes with their keys.
    document.nodes.reserve(reader.text().len() / 16);
    let mut open = Vec::new();
    let mut key = None;
    while let Some(token) = reader.next_token()? {
        let kind = match token.kind {
            TokenKind::Key => {
                if token.is_rewritten {
                    let content = reader.content(token).into();
                    document.keys.insert(document.len(), content);
                }
                key = Some(Span::new(token.start, token.end));
                continue;
            }
            TokenKind::ObjectEnd | TokenKind::ArrayEnd => {
                let index = open.pop().expect("the reader closes what it opened");
                document.close(index);
                continue;
            }
            TokenKind::ObjectStart => Kind::Object,
            TokenKind::ArrayStart => Kind::List,
            TokenKind::String => Kind::String,
            TokenKind::Integer => Kind::Integer,
            TokenKind::Float => Kind::Float,
            TokenKind::Bool => Kind::Bool,
            TokenKind::Null => Kind::Null,
            // No document has a field of this kind, and an invalid value is not checked.
            TokenKind::Unknown => Kind::Date,
        };
        let span = Span::new(token.start, token.end);
        let index = document.push(kind, span, key.take());
        if matches!(kind, Kind::Object | Kind::List) {
            open.push(index);
        } else if token.is_broken {
            document.broken.insert(index);
            if index == 0 {
                // If the only value of a document is invalid, there is nothing else to report.
                break;
            }
        } else if token.is_rewritten {
            let content = reader.content(token).into();
            document.texts.insert(index, content);
        }
    }
    document.nodes.shrink_to_fit();
    Ok(())
}
