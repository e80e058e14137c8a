//! Who may: access lists, and the security identifiers (SIDs) of owners and users.
//!
//! Private means: it belongs to this process's user, who may do everything, as may the system and the
//! administrators; nobody else may do anything, and nothing is inherited from above. Administrators stand for root:
//! they can take any right anyway.
//!
//! Wine keeps only the mode bits of the file behind it, so there a list is what it makes of them, and what is
//! created in a private folder does not inherit from it.

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW,
    GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT, SE_KERNEL_OBJECT,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, GetTokenInformation,
    OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSID, SECURITY_ATTRIBUTES,
    SetFileSecurityW, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::SystemServices::{ACCESS_ALLOWED_ACE_TYPE, ACCESS_DENIED_ACE_TYPE};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::files::wide;

/// SIDs whose rights expose nothing: the system, the administrators, and the two that stand for the owner.
const TRUSTED: [&str; 4] = ["S-1-5-18", "S-1-5-32-544", "S-1-3-0", "S-1-3-4"];
/// Longest text of a SID: 15 numbers of up to 10 digits and what is between.
const MAX_SID_TEXT: usize = 256;
/// Room for a TOKEN_USER and the SID it points to (68 bytes at most), in units that align it.
const TOKEN_USER_WORDS: usize = 32;

/// Memory that the system allocated and wants back.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a call whose documentation says to free it with LocalFree, once.
        unsafe { LocalFree(self.0) };
    }
}

/// A private security descriptor for something that is about to be made.
pub(super) struct Private(Local);

impl Private {
    /// For a file or a pipe.
    pub(super) fn object() -> io::Result<Private> {
        Private::build("")
    }

    /// For a folder: what is made in it inherits the same rights.
    pub(super) fn folder() -> io::Result<Private> {
        Private::build("OICI")
    }

    fn build(inherit: &str) -> io::Result<Private> {
        let me = me()?;
        let rights = ["SY", "BA", &me].map(|who| format!("(A;{inherit};FA;;;{who})")).concat();
        // The owner is said, too: an administrator's new things belong to all administrators otherwise.
        Ok(Private(descriptor(&format!("O:{me}D:P{rights}"))?))
    }

    /// What calls that make things take. Valid as long as `self`.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or_default(),
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: 0,
        }
    }
}

/// A security descriptor from its text in the system's language for them (SDDL).
fn descriptor(text: &str) -> io::Result<Local> {
    let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let mut descriptor = null_mut();
    // SAFETY: `text` ends with NUL, `descriptor` is a place for one pointer; no size is asked for.
    let done = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor,
            null_mut(),
        )
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(Local(descriptor)) }
}

/// Takes the rights of others away from an existing file or folder; what is in a folder keeps its own.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let private = if path.metadata()?.is_dir() { Private::folder() } else { Private::object() }?;
    set_rights(path, &private.0)
}

/// Gives a file the access list of a descriptor, and nothing from the folder above.
fn set_rights(path: &Path, descriptor: &Local) -> io::Result<()> {
    let path = wide(path)?;
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: `path` ends with NUL, and the descriptor is valid while it is borrowed.
    match unsafe { SetFileSecurityW(path.as_ptr(), what, descriptor.0) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Whether the access list gives anybody a right but the owner, this user, the system and the administrators. A
/// file without a list is open to everyone; an entry of a kind that is not understood counts as exposed.
pub(crate) fn is_exposed(path: &Path) -> io::Result<bool> {
    let found = Found::of_file(path)?;
    let (owner, me) = (found.owner()?, me()?);
    // SAFETY: a list that is not null points into the descriptor that `found` holds; ACL has no other invariant.
    let Some(list) = (unsafe { found.list.as_ref() }) else { return Ok(true) };
    for index in 0..u32::from(list.AceCount) {
        let mut entry = null_mut();
        // SAFETY: the list is valid (it came from the system) and `entry` a place for one pointer.
        if unsafe { GetAce(list, index, &mut entry) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: every entry begins with an ACE_HEADER, and GetAce pointed at one inside the list.
        let kind = u32::from(unsafe { (*entry.cast::<ACE_HEADER>()).AceType });
        match kind {
            ACCESS_DENIED_ACE_TYPE => continue,
            ACCESS_ALLOWED_ACE_TYPE => {}
            _ => return Ok(true),
        }
        let allowed = entry.cast::<ACCESS_ALLOWED_ACE>();
        // SAFETY: the type says that the entry is an ACCESS_ALLOWED_ACE, whose SID begins at SidStart.
        let (rights, sid) = unsafe { ((*allowed).Mask, (&raw mut (*allowed).SidStart).cast()) };
        let who = sid_text(sid)?;
        if rights != 0 && who != owner && who != me && !TRUSTED.contains(&who.as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The SID of a file's owner.
pub(super) fn owner_of_file(path: &Path) -> io::Result<String> {
    Found::of_file(path)?.owner()
}

/// The SID of a pipe's owner.
pub(super) fn owner_of_pipe(pipe: BorrowedHandle<'_>) -> io::Result<String> {
    Found::of_handle(pipe)?.owner()
}

/// The SID of the user that this process runs as.
pub(super) fn me() -> io::Result<String> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the pseudo handle of the process is always valid; `token` is a place for one handle.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so `token` is a handle that nobody else closes.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut room = [0_u64; TOKEN_USER_WORDS];
    let mut used = 0;
    let size = u32::try_from(size_of_val(&room)).unwrap_or_default();
    // SAFETY: `room` is writable for `size` bytes and aligned for a TOKEN_USER, which holds pointers.
    let done = unsafe {
        GetTokenInformation(token.as_raw_handle(), TokenUser, room.as_mut_ptr().cast(), size, &mut used)
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call filled `room` with a TOKEN_USER; its SID points into `room`, which lives.
    sid_text(unsafe { (*room.as_ptr().cast::<TOKEN_USER>()).User.Sid })
}

/// Owner and access list of something that exists.
struct Found {
    _descriptor: Local,
    owner: PSID,
    list: *const ACL,
}

impl Found {
    fn of_file(path: &Path) -> io::Result<Found> {
        let path = wide(path)?;
        let (mut owner, mut list, mut descriptor) = (null_mut(), null_mut(), null_mut());
        // SAFETY: `path` ends with NUL; the three others are places for one pointer each, and group and audit list
        // are not asked for.
        let code = unsafe {
            GetNamedSecurityInfoW(
                path.as_ptr(),
                SE_FILE_OBJECT,
                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                &mut owner,
                null_mut(),
                &mut list,
                null_mut(),
                &mut descriptor,
            )
        };
        checked(code)?;
        Ok(Found { _descriptor: Local(descriptor), owner, list })
    }

    fn of_handle(handle: BorrowedHandle<'_>) -> io::Result<Found> {
        let (mut owner, mut descriptor) = (null_mut(), null_mut());
        // SAFETY: the handle is open while it is borrowed; the two others are places for one pointer each, and
        // group and lists are not asked for.
        let code = unsafe {
            GetSecurityInfo(
                handle.as_raw_handle(),
                SE_KERNEL_OBJECT,
                OWNER_SECURITY_INFORMATION,
                &mut owner,
                null_mut(),
                null_mut(),
                null_mut(),
                &mut descriptor,
            )
        };
        checked(code)?;
        Ok(Found { _descriptor: Local(descriptor), owner, list: null() })
    }

    fn owner(&self) -> io::Result<String> {
        sid_text(self.owner)
    }
}

/// `S-1-…` of a SID that the system gave.
fn sid_text(sid: PSID) -> io::Result<String> {
    if sid.is_null() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no owner"));
    }
    let mut text = null_mut();
    // SAFETY: `sid` points at a SID of the system in memory that the caller holds; `text` takes one pointer.
    if unsafe { ConvertSidToStringSidW(sid, &mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let held = Local(text.cast());
    let mut units = Vec::new();
    for index in 0..MAX_SID_TEXT {
        // SAFETY: the text ends with NUL, and nothing after the NUL is read.
        match unsafe { *held.0.cast::<u16>().add(index) } {
            0 => break,
            unit => units.push(unit),
        }
    }
    Ok(String::from_utf16_lossy(&units))
}

/// The result of a call that returns its error.
fn checked(code: u32) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code.cast_signed())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_own_what_we_make() {
        let dir = tempfile::tempdir().unwrap();
        let me = me().unwrap();
        assert!(me.starts_with("S-1-5-"), "{me}");
        let owner = owner_of_file(dir.path()).unwrap();
        assert!(owner == me || TRUSTED.contains(&owner.as_str()), "{owner}");
    }

    #[test]
    fn a_file_for_everyone_is_exposed_until_it_is_made_private() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let everyone_reads = descriptor(&format!("D:P(A;;FR;;;WD)(A;;FA;;;{})", me().unwrap())).unwrap();
        set_rights(&file, &everyone_reads).unwrap();
        assert!(is_exposed(&file).unwrap());
        make_private(&file).unwrap();
        assert!(!is_exposed(&file).unwrap());
        assert_eq!(std::fs::read(&file).unwrap(), b"x", "the owner still reads it");
    }
}
