//! Who may do what with a file, and what is noted beside it: what a file keeps when it is replaced.
//!
//! The new file gets the owner and the group of the old one, then its access list and its extended attributes, and its
//! mode last; until then only who writes it can open it. Where something can't be kept, the mode loses what would let
//! in anybody who could not do that before.

use std::fs::{File, Metadata};
use std::path::Path;

use crate::{Error, Result};

/// The owner, the group, the mode and the extended attributes of a file.
#[cfg(unix)]
#[derive(Clone, Debug)]
pub(super) struct Access {
    owner: u32,
    group: u32,
    mode: u32,
    attributes: attributes::Attributes,
}

#[cfg(unix)]
impl Access {
    /// What the file of that name has.
    pub(super) fn of(path: &Path, metadata: &Metadata) -> Result<Self> {
        use std::os::unix::fs::MetadataExt;
        Ok(Self {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode() & 0o7777,
            attributes: attributes::Attributes::of(path)?,
        })
    }

    /// Gives it to a file that nobody else can open yet.
    pub(super) fn give_to(&self, file: &File) -> Result<()> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        let made = file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
        let (mut keeps_owner, mut keeps_group) = (made.uid() == self.owner, made.gid() == self.group);
        if !keeps_owner || !keeps_group {
            if fchown(file, Some(self.owner), Some(self.group)).is_ok() {
                (keeps_owner, keeps_group) = (true, true);
            } else if !keeps_group {
                keeps_group = fchown(file, None, Some(self.group)).is_ok();
            }
        }
        let mut mode = self.mode;
        if !keeps_owner || !keeps_group {
            // Programs that run as their owner do not get another one.
            mode &= 0o777;
        }
        mode &= self.attributes.give_to(file, mode, keeps_group)?;
        file.set_permissions(std::fs::Permissions::from_mode(mode))
            .map_err(|source| Error::io("can't keep the permissions", source))
    }
}

/// Where there are no owners, a file keeps whether it may be written.
#[cfg(not(unix))]
#[derive(Clone, Debug)]
pub(super) struct Access(std::fs::Permissions);

#[cfg(not(unix))]
impl Access {
    /// What the file of that name has.
    pub(super) fn of(_: &Path, metadata: &Metadata) -> Result<Self> {
        Ok(Self(metadata.permissions()))
    }

    /// Gives it to a file.
    pub(super) fn give_to(&self, file: &File) -> Result<()> {
        file.set_permissions(self.0.clone()).map_err(|source| Error::io("can't keep the permissions", source))
    }
}

/// The mode where the group is another one. Its members were among the others, or in the old group: they get what both
/// could do. Members of the old group are among the others now.
#[cfg(unix)]
fn without_group(mode: u32) -> u32 {
    let both = (mode >> 3) & mode & 0o7;
    (mode & !0o77) | (both << 3) | both
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod attributes {
    use std::ffi::{CStr, CString};
    use std::fs::File;
    use std::path::Path;

    use rustix::fs::{XattrFlags, fremovexattr, fsetxattr, lgetxattr, llistxattr, llistxattr_query};
    use rustix::io::Errno;

    use super::without_group;
    use crate::{Error, Result};

    /// The attribute that is the access list.
    const LIST: &CStr = c"system.posix_acl_access";

    /// The longest value, and the longest list of names, that Linux has.
    const MOST: usize = 64 << 10;

    /// The extended attributes of a file.
    #[derive(Clone, Debug, Default)]
    pub(in super::super) struct Attributes {
        /// The access list, where the mode does not say all.
        list: Option<Vec<u8>>,
        others: Vec<(CString, Vec<u8>)>,
        /// There is something that says who gets in, and it can't be read.
        is_unknown: bool,
    }

    impl Attributes {
        pub(super) fn of(path: &Path) -> Result<Self> {
            let mut found = Self::default();
            // Most files have none: to ask how long the list is costs no memory.
            if matches!(llistxattr_query(path), Ok(0) | Err(_)) {
                return Ok(found);
            }
            let mut names = room()?;
            let names = match llistxattr(path, names.as_mut_slice()) {
                Ok(len) => names.get(..len).unwrap_or_default(),
                Err(_) => return Ok(found),
            };
            let mut value = room()?;
            for name in names.split_inclusive(|byte| *byte == 0) {
                let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
                if is_of_contents(name.to_bytes()) {
                    continue;
                }
                match lgetxattr(path, name, value.as_mut_slice()) {
                    Ok(len) => {
                        let value = copied(value.get(..len).unwrap_or_default())?;
                        if name == LIST {
                            found.list = Some(value);
                        } else {
                            found.others.push((name.to_owned(), value));
                        }
                    }
                    Err(Errno::NODATA | Errno::NOTSUP) => {}
                    Err(_) => found.is_unknown |= is_list(name.to_bytes()),
                }
            }
            Ok(found)
        }

        /// Gives them to a file, and says which bits of `mode` it may have then.
        pub(super) fn give_to(&self, file: &File, mode: u32, keeps_group: bool) -> Result<u32> {
            let mut mode = match &self.list {
                Some(list) => give_list(file, list, mode, keeps_group)?,
                None => {
                    // It may have got one from its folder.
                    let _ = fremovexattr(file, LIST);
                    if keeps_group { mode } else { without_group(mode) }
                }
            };
            if self.is_unknown {
                mode &= !0o77;
            }
            for (name, value) in &self.others {
                match fsetxattr(file, name.as_c_str(), value, XattrFlags::empty()) {
                    Ok(()) => {}
                    Err(_) if is_list(name.to_bytes()) => mode &= !0o77,
                    // What the system notes for itself, it notes anew.
                    Err(Errno::NOTSUP | Errno::PERM | Errno::ACCESS) => {}
                    Err(_) if !name.to_bytes().starts_with(b"user.") => {}
                    Err(error) => {
                        return Err(Error::io("can't keep the extended attributes", error.into()));
                    }
                }
            }
            Ok(mode)
        }
    }

    /// Gives the file an access list, and says what its mode may be then. The bits of the group in `mode` are the mask of
    /// the list.
    fn give_list(file: &File, list: &[u8], mode: u32, keeps_group: bool) -> Result<u32> {
        let (mut list, mask) = (copied(list)?, (mode >> 3) & 0o7);
        let mut alone = mode;
        if let Some(Found { group, others, named }) = look_through(&mut list, keeps_group) {
            if fsetxattr(file, LIST, &list, XattrFlags::empty()).is_ok() {
                return Ok((mode & !0o7) | others);
            }
            // Without the list, who is named in it would be one of the group or of the others.
            alone = (mode & !0o77) | ((group & named & mask) << 3) | (others & named & mask);
        } else {
            alone &= !0o77;
        }
        let _ = fremovexattr(file, LIST);
        Ok(alone)
    }

    /// What a list says of the group and of the others, and what all can do whom it names.
    struct Found {
        group: u32,
        others: u32,
        named: u32,
    }

    /// Reads a list, and takes from it what members of another group, or of the old one, could not do before; `None` when
    /// it is of another kind.
    fn look_through(list: &mut [u8], keeps_group: bool) -> Option<Found> {
        let mut found = Found { group: 0, others: 0, named: 0o7 };
        let entries = list.strip_prefix(&VERSION)?;
        for entry in entries.chunks(ENTRY) {
            let [tag, tag_high, permissions, ..] = entry else { return None };
            let permissions = u32::from(*permissions) & 0o7;
            match u16::from_le_bytes([*tag, *tag_high]) {
                GROUP => found.group = permissions,
                OTHERS => found.others = permissions,
                USER | OTHER_GROUP => found.named &= permissions,
                _ => {}
            }
        }
        if !keeps_group {
            let both = found.group & found.others;
            (found.group, found.others) = (both, both);
            let entries = list.get_mut(VERSION.len()..)?;
            for entry in entries.chunks_mut(ENTRY) {
                let [tag, tag_high, permissions, ..] = entry else { return None };
                if matches!(u16::from_le_bytes([*tag, *tag_high]), GROUP | OTHERS) {
                    *permissions = u8::try_from(both).ok()?;
                }
            }
        }
        Some(found)
    }

    /// What a list begins with.
    const VERSION: [u8; 4] = 2u32.to_le_bytes();

    /// The bytes of an entry: tag, permissions, number of the user or the group.
    const ENTRY: usize = 8;

    /// The tags of the entries for a user, the group, another group, and the others.
    const USER: u16 = 2;
    const GROUP: u16 = 4;
    const OTHER_GROUP: u16 = 8;
    const OTHERS: u16 = 32;

    /// True for what says who gets in.
    fn is_list(name: &[u8]) -> bool {
        name.starts_with(b"system.")
    }

    /// True for what is said of the old contents, which a write takes away, and of the place of the file in a layer of
    /// file systems.
    fn is_of_contents(name: &[u8]) -> bool {
        [&b"security.capability"[..], b"security.ima", b"security.evm"].contains(&name)
            || name.starts_with(b"trusted.overlay.")
    }

    /// Room for a value or a list of names.
    fn room() -> Result<Vec<u8>> {
        let mut room = Vec::new();
        room.try_reserve_exact(MOST).map_err(no_memory)?;
        room.resize(MOST, 0);
        Ok(room)
    }

    fn copied(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len()).map_err(no_memory)?;
        copy.extend_from_slice(bytes);
        Ok(copy)
    }

    fn no_memory(source: std::collections::TryReserveError) -> Error {
        Error::limit("no memory for the extended attributes").with_source(source)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn lists_lose_what_another_group_could_not_do() {
            let list = |permissions: [u8; 5]| {
                let mut list = VERSION.to_vec();
                for (tag, permissions) in [1u16, USER, GROUP, 16, OTHERS].into_iter().zip(permissions) {
                    list.extend(tag.to_le_bytes());
                    list.extend([permissions, 0, 0, 0, 0, 0]);
                }
                list
            };
            let mut kept = list([6, 7, 6, 7, 4]);
            let found = look_through(&mut kept, true).unwrap();
            assert_eq!((found.group, found.others, found.named, kept), (6, 4, 7, list([6, 7, 6, 7, 4])));
            let mut lost = list([6, 5, 6, 7, 4]);
            let found = look_through(&mut lost, false).unwrap();
            assert_eq!((found.group, found.others, found.named, lost), (4, 4, 5, list([6, 5, 4, 7, 4])));
            assert!(look_through(&mut [3, 0, 0, 0], true).is_none());
            assert!(look_through(&mut [2, 0, 0, 0, 1], true).is_none());
        }
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod attributes {
    use std::fs::File;
    use std::path::Path;

    use super::without_group;
    use crate::Result;

    /// They are not kept on this system.
    #[derive(Clone, Debug)]
    pub(in super::super) struct Attributes;

    impl Attributes {
        pub(super) fn of(_: &Path) -> Result<Self> {
            Ok(Self)
        }

        pub(super) fn give_to(&self, _: &File, mode: u32, keeps_group: bool) -> Result<u32> {
            Ok(if keeps_group { mode } else { without_group(mode) })
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn another_group_lets_nobody_in() {
        let modes = [(0o640, 0o600), (0o664, 0o644), (0o644, 0o644), (0o604, 0o600), (0o777, 0o777)];
        for (mode, expected) in modes {
            assert_eq!(without_group(mode), expected, "{mode:o}");
        }
    }
}
