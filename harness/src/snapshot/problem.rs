//! Problems of stored goldens.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::{MANIFEST_FILE, ManifestError, SetError};
use crate::{ArtefactError, MachineFailure};

/// A golden that is not as it was blessed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoldenProblem {
    /// A file is missing.
    Missing {
        /// Its name.
        file: String,
    },
    /// The bytes of a file differ from those that were blessed.
    Changed {
        /// Its name.
        file: String,
        /// The SHA-256 of its bytes.
        found: String,
        /// The SHA-256 in the manifest.
        blessed: String,
        /// Whether it has CRLF line endings, which a checkout may have made.
        has_crlf: bool,
    },
    /// A file has the conflict markers of a merge.
    Conflict {
        /// Its name.
        file: String,
    },
    /// A file that the manifest does not list.
    Stray {
        /// Its name.
        file: String,
    },
    /// A file is not in golden layout.
    Layout(ArtefactError),
    /// The manifest cannot be read.
    Manifest(ManifestError),
}

impl fmt::Display for GoldenProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { file } => write!(f, "{file} is missing"),
            Self::Changed {
                file,
                found,
                blessed,
                has_crlf,
            } => {
                write!(
                    f,
                    "{file} differs from what was blessed: its SHA-256 is {found}, {MANIFEST_FILE} has \
                     {blessed}"
                )?;
                if *has_crlf {
                    f.write_str("; it has CRLF line endings: is `.gitattributes` in force?")?;
                }
                Ok(())
            }
            Self::Conflict { file } => {
                write!(f, "{file} has the conflict markers of a merge")
            }
            Self::Stray { file } => write!(f, "{file} was never blessed"),
            Self::Layout(error) => write!(f, "{error}"),
            Self::Manifest(error) => write!(f, "{MANIFEST_FILE} cannot be read: {error}"),
        }
    }
}

/// A golden that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: ReadErrorKind,
}

/// Why a golden cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The system reported an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not JSON.
    #[error(transparent)]
    Json(#[from] ArtefactError),
    /// The artefacts cannot be goldens.
    #[error(transparent)]
    Set(#[from] SetError),
}

impl MachineFailure for ReadError {
    fn is_of_machine(&self) -> bool {
        matches!(&self.source, ReadErrorKind::Io(error) if error.is_of_machine())
    }
}
