//! Writes a bundle.

use std::io::{self, Write};
use std::path::Path;

use aether_disk::{Existing, Replacement};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::{BundleManifest, MANIFEST, entry_path};

/// Writes a bundle to `path`, whole or not at all. `read` gives the bytes of a file by scenario and
/// file name, which must be those that the manifest speaks of.
///
/// # Errors
/// A file cannot be read or written, or its name is too long for an archive.
pub(crate) fn write(
    path: &Path,
    manifest: &BundleManifest,
    mut read: impl FnMut(&str, &str) -> io::Result<Vec<u8>>,
) -> io::Result<()> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    aether_disk::create_dir_all(dir)?;
    let mut file = Replacement::begin(path)?;
    let mut archive = Builder::new(GzEncoder::new(&mut file, Compression::default()));
    let text = toml::to_string(manifest).map_err(io::Error::other)?;
    append(&mut archive, MANIFEST, text.as_bytes())?;
    for (scenario, name, _) in manifest.entries() {
        let bytes = read(&scenario.name, name)?;
        append(&mut archive, &entry_path(&scenario.name, name), &bytes)?;
    }
    archive.into_inner()?.finish()?;
    file.finish(path, Existing::Replace)
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
