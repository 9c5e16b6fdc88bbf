//! The credentials file: sealed, readable by its owner only, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::error::CredentialsError;
use super::record;
use super::seal::{self, Costs, SealError};
use crate::config::credentials::CredentialValues;

/// What no credentials file is longer than.
const LONGEST: u64 = 64 * 1_024;
/// The shortest passphrase that is taken for a new file.
const SHORTEST: usize = 8;

/// A credentials file, which need not be there.
#[derive(Debug, Clone)]
pub struct CredentialsFile {
    /// As the person knows it.
    path: PathBuf,
    costs: Costs,
}

impl CredentialsFile {
    /// The file at that path.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), costs: Costs::PRODUCT }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is there, whatever it is.
    pub fn exists(&self) -> Result<bool, CredentialsError> {
        match fs::symlink_metadata(&self.path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// What it holds.
    pub fn read(&self, passphrase: &SecretString) -> Result<CredentialValues, CredentialsError> {
        let mut sealed = Vec::new();
        File::open(&self.path)
            .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut sealed))
            .map_err(|error| self.unreadable(&error))?;
        let damaged = |why: &str| CredentialsError::Damaged(self.path.clone(), why.into());
        if u64::try_from(sealed.len()).unwrap_or(u64::MAX) > LONGEST {
            return Err(damaged("it is too long"));
        }
        let text = seal::open(&sealed, passphrase, &self.costs).map_err(|error| self.of(error))?;
        record::decode(&text).ok_or_else(|| damaged("what is in it makes no sense"))
    }

    /// Puts values in the place of what it holds, sealed anew. The passphrase of a file that is there has opened it before.
    pub fn write(
        &self,
        values: &CredentialValues,
        passphrase: &SecretString,
    ) -> Result<(), CredentialsError> {
        let sealed =
            seal::seal(&record::encode(values), passphrase, &self.costs).map_err(|error| self.of(error))?;
        self.put(&sealed).map_err(|error| CredentialsError::Unwritable(self.path.clone(), error.to_string()))
    }

    /// Removes it, and what a process that was killed had begun to write. Says whether there was one.
    pub fn forget(&self) -> Result<bool, CredentialsError> {
        let failed = |error: io::Error| CredentialsError::Unwritable(self.path.clone(), error.to_string());
        let existed = self.exists()?;
        if existed {
            // Where it is a link, what it leads to is what holds the credentials.
            for path in [fs::canonicalize(&self.path).ok(), Some(self.path.clone())].into_iter().flatten() {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                    Ok(()) | Err(_) => {}
                }
            }
        }
        self.clear().map_err(failed)?;
        if existed {
            sync(&self.folder()).map_err(failed)?;
        }
        Ok(existed)
    }

    /// A new file first, beside it, then the name: a kill leaves the old one or the new one. A link is followed.
    fn put(&self, sealed: &[u8]) -> io::Result<()> {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        make_private(&folder)?;
        self.clear()?;
        // Made with 0600 by tempfile.
        let mut file = tempfile::Builder::new().prefix(&self.begun()).tempfile_in(&folder)?;
        file.write_all(sealed)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        sync(&folder)
    }

    /// Removes what was begun and not finished.
    fn clear(&self) -> io::Result<()> {
        let begun = self.begun();
        let entries = match fs::read_dir(self.folder()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&begun) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        path.parent().map_or_else(PathBuf::new, Path::to_owned)
    }

    /// How the names of files begin that are not finished. No profile's name has a full stop in it, so these are nobody else's.
    fn begun(&self) -> String {
        format!(".{}.new-", self.path.file_name().unwrap_or_default().to_string_lossy())
    }

    fn unreadable(&self, error: &io::Error) -> CredentialsError {
        CredentialsError::Unreadable(self.path.clone(), error.to_string())
    }

    fn of(&self, error: SealError) -> CredentialsError {
        let path = self.path.clone();
        match error {
            SealError::Damaged(why) => CredentialsError::Damaged(path, why.into()),
            SealError::Newer(format) => CredentialsError::Newer(path, format),
            SealError::WrongPassphrase => CredentialsError::WrongPassphrase(path),
            SealError::Machine(why) => CredentialsError::Machine(why),
        }
    }
}

/// Refuses a passphrase for a new file that is too easily guessed.
pub fn check_new(passphrase: &SecretString) -> Result<(), CredentialsError> {
    use secrecy::ExposeSecret;
    if passphrase.expose_secret().chars().count() < SHORTEST {
        return Err(CredentialsError::ShortPassphrase(SHORTEST));
    }
    Ok(())
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a rename or a removal durable.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::credentials::Credential;
    use crate::credentials::record::tests::{plain, values};
    use crate::credentials::seal::tests::CHEAP;

    fn file(folder: &Path) -> CredentialsFile {
        CredentialsFile { path: folder.join("config/default.credentials"), costs: CHEAP }
    }

    fn some(word: &str) -> CredentialValues {
        Credential::ALL.map(|credential| (credential, SecretString::from(word))).into()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_written_is_read_under_its_passphrase_only(values in values(), words in "\\PC{8,20}") {
            let folder = tempfile::tempdir().unwrap();
            let file = file(folder.path());
            let passphrase = SecretString::from(words.as_str());
            file.write(&values, &passphrase).unwrap();
            let read = file.read(&passphrase).unwrap();
            prop_assert_eq!(plain(&read), plain(&values));
            let other = file.read(&(words + "x").into()).unwrap_err();
            prop_assert_eq!(other, CredentialsError::WrongPassphrase(file.path.clone()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_file_or_its_folder() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        file.write(&some("one"), &"passphrase".into()).unwrap();
        assert_eq!((mode(file.path()), mode(&folder.path().join("config"))), (0o600, 0o700));
        // Whatever somebody has made of it meanwhile.
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        file.write(&some("two"), &"passphrase".into()).unwrap();
        assert_eq!(mode(file.path()), 0o600);
    }

    #[test]
    fn a_writing_leaves_the_old_or_the_new_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let passphrase = SecretString::from("passphrase");
        file.write(&some("old"), &passphrase).unwrap();
        // What a process leaves that was killed while it wrote, and a neighbour's file that begins alike.
        let config = folder.path().join("config");
        fs::write(config.join(".default.credentials.new-a1b2c3"), "half").unwrap();
        fs::write(config.join(".default-b.credentials.new-a1b2c3"), "half").unwrap();
        assert_eq!(plain(&file.read(&passphrase).unwrap()), plain(&some("old")));
        file.write(&some("new"), &passphrase).unwrap();
        assert_eq!(plain(&file.read(&passphrase).unwrap()), plain(&some("new")));
        let mut left = names(&config);
        left.sort();
        assert_eq!(left, [".default-b.credentials.new-a1b2c3", "default.credentials"]);
        // Where it cannot be put in its place, the old one stays.
        fs::remove_file(file.path()).unwrap();
        fs::create_dir(file.path()).unwrap();
        let error = file.write(&some("newer"), &passphrase).unwrap_err();
        assert!(matches!(error, CredentialsError::Unwritable(..)), "{error:?}");
        assert_eq!(names(&config).len(), 2, "what was begun is gone");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_forgotten_with_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir_all(folder.path().join("config")).unwrap();
        fs::write(&elsewhere, "").unwrap();
        std::os::unix::fs::symlink(&elsewhere, file.path()).unwrap();
        file.write(&some("word"), &"passphrase".into()).unwrap();
        assert!(fs::symlink_metadata(file.path()).unwrap().is_symlink());
        assert!(fs::metadata(&elsewhere).unwrap().len() > 500);
        assert!(file.forget().unwrap());
        assert!(!elsewhere.exists() && !file.exists().unwrap());
    }

    #[test]
    fn forgetting_removes_what_was_begun_too_and_says_whether_there_was_something() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        assert!(!file.forget().unwrap(), "not even a folder");
        file.write(&some("word"), &"passphrase".into()).unwrap();
        let config = folder.path().join("config");
        fs::write(config.join(".default.credentials.new-a1b2c3"), "half").unwrap();
        assert!(file.forget().unwrap());
        assert_eq!(names(&config), Vec::<String>::new());
        assert!(!file.forget().unwrap());
    }

    #[test]
    fn each_thing_that_is_wrong_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let passphrase = SecretString::from("passphrase");
        let read = || file.read(&passphrase).unwrap_err();
        assert!(matches!(read(), CredentialsError::Unreadable(..)), "not there");
        file.write(&some("word"), &passphrase).unwrap();
        let good = fs::read(file.path()).unwrap();
        fs::write(file.path(), &good[..good.len() / 2]).unwrap();
        assert!(matches!(read(), CredentialsError::Damaged(..)), "cut short");
        fs::write(file.path(), [&good[..], &vec![0; 70_000]].concat()).unwrap();
        assert!(matches!(read(), CredentialsError::Damaged(..)), "endless");
        fs::write(file.path(), "capsule_token = \"plain\"").unwrap();
        assert!(matches!(read(), CredentialsError::Damaged(..)), "another file");
        assert_eq!(check_new(&"1234567".into()), Err(CredentialsError::ShortPassphrase(8)));
        assert_eq!(check_new(&"äöüäöüäö".into()), Ok(()));
    }
}
