//! `aether export`.
use crate::Ended;
use crate::args::ExportCommand;
use crate::exit::Status;
use crate::output::Output;

pub(crate) fn export(_command: &ExportCommand, _output: &Output) -> Ended {
    Ok(Status::Done)
}
