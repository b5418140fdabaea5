//! The arguments of `aether profile` and `aether init`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Explains every rule of a profile in words and numbers.
    Show(ProfileShowCommand),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether profile show CMP-0\n  aether profile show ./my-profile.toml --format json"
)]
pub(crate) struct ProfileShowCommand {
    /// A profile's name, or the path of its document (with a slash or an extension).
    #[arg(value_name = "NAME-or-PATH")]
    pub(crate) profile: String,
    /// Directory of the profiles that can be named [default: `fixtures/profiles` here or in the
    /// nearest directory above; CMP-0 is built in].
    #[arg(long, value_name = "DIR")]
    pub(crate) profiles_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  aether init first && aether run first/run.toml")]
pub(crate) struct InitCommand {
    /// The directory to create; it may exist if it is empty.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}
