//! Writes a bundle.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::{BundleManifest, MANIFEST, entry_path};

/// Writes a bundle. `read` gives the bytes of a file by scenario and
/// file name, which must be those that the manifest speaks of.
///
/// # Errors
/// A file cannot be read or written, or its name is too long for an archive.
pub(crate) fn write(
    sink: &mut dyn Write,
    manifest: &BundleManifest,
    mut read: impl FnMut(&str, &str) -> io::Result<Vec<u8>>,
) -> io::Result<()> {
    let mut archive = Builder::new(GzEncoder::new(sink, Compression::default()));
    let text = toml::to_string(manifest).map_err(io::Error::other)?;
    append(&mut archive, MANIFEST, text.as_bytes())?;
    for (scenario, name, _) in manifest.entries() {
        let bytes = read(&scenario.name, name)?;
        append(&mut archive, &entry_path(&scenario.name, name), &bytes)?;
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

/// Adds a file of which nothing is kept but path and bytes.
fn append<W: Write>(archive: &mut Builder<W>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_path(path)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    archive.append(&header, bytes)
}
