//! The profile's folder on disk: private to its owner, copied aside before anything is repaired.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// Makes the folder, and those above it, readable by the owner only (0700).
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    restrict(folder, 0o700)
}

/// Opens a file for reading and writing, making it if need be, readable by the owner only (0600).
pub(super) fn open_private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    restrict(file, 0o600)?;
    Ok(opened)
}

/// Takes group's and others' rights from every file below the folder. sled makes its files with the usual rights; until
/// this runs, the folder's own 0700 keeps others out.
pub(super) fn restrict_contents(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            restrict(&entry.path(), 0o700)?;
            restrict_contents(&entry.path())?;
        } else {
            restrict(&entry.path(), 0o600)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Elsewhere a user's own folders are private by inheritance.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix version can fail")]
fn restrict(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Makes the folder's entries durable: new files are lost on power failure without it.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Copies a folder to a new one beside it, named after the time, and gives the copy's path.
pub(super) fn copy_aside(folder: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let copy = free_name(folder, "damaged", now);
    copy_folder(folder, &copy)?;
    Ok(copy)
}

/// A name beside the folder that is free: the folder's, a reason and the time.
pub(super) fn free_name(folder: &Path, why: &str, now: Timestamp) -> PathBuf {
    let base = format!("{}-{why}-{}", file_name(folder), now.strftime("%Y%m%dT%H%M%SZ"));
    let mut free = folder.with_file_name(&base);
    let mut number = 1;
    while free.exists() {
        number += 1;
        free = folder.with_file_name(format!("{base}-{number}"));
    }
    free
}

fn file_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    make_private(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            restrict(&target, 0o600)?;
            File::open(&target)?.sync_all()?;
        }
    }
    sync(to)
}

/// Removes the files right in the folder whose names say so.
pub(super) fn remove_files(folder: &Path, doomed: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if doomed(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a file right in the folder has such a name.
pub(super) fn has_file(folder: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if wanted(&entry?.file_name().to_string_lossy()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How many bytes the files below the folder take.
pub(super) fn size(folder: &Path) -> io::Result<u64> {
    let mut size = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        size +=
            if entry.file_type()?.is_dir() { self::size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(size)
}
