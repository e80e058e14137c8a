//! What goes wrong with the database, told apart by what the caller can do about it.

use rusqlite::ErrorCode;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No space is left on the disk (or the quota is used up).
    #[error("the disk is full")]
    Full,
    /// The file or its folder cannot be written.
    #[error("the database cannot be written: {0}")]
    ReadOnly(String),
    /// Reading or writing failed; the change was not made.
    #[error("database input or output failed: {0}")]
    Io(String),
    /// The file is not a database, or is damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// A newer program wrote the file.
    #[error(
        "the tables of `{room}` have version {found}, this program knows up to {known}: use the newer program"
    )]
    Newer {
        /// The room that owns the tables.
        room: String,
        /// Version in the file.
        found: u32,
        /// Newest version this program knows.
        known: u32,
    },
    /// Another process holds the database.
    #[error("the database is in use by another process")]
    Busy,
    /// The closure panicked; its changes were rolled back.
    #[error("internal error while using the database")]
    Panicked,
    /// The database is closed.
    #[error("the database is closed")]
    Closed,
    /// A statement failed.
    #[error("database statement failed: {0}")]
    Sql(rusqlite::Error),
}

impl Error {
    /// Whether trying again later may help. What breaks a rule of the tables breaks it again.
    pub fn is_temporary(&self) -> bool {
        match self {
            Error::Corrupt(_) | Error::Newer { .. } => false,
            Error::Sql(error) => error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation),
            _ => true,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        let Some(code) = error.sqlite_error_code() else { return Error::Sql(error) };
        match code {
            ErrorCode::DiskFull => Error::Full,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Error::ReadOnly(error.to_string()),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Error::Io(error.to_string()),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Corrupt(error.to_string()),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy,
            _ => Error::Sql(error),
        }
    }
}
