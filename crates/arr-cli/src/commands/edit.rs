//! `arr rm` and `arr mv`: members of archives, removed and renamed.

use std::ffi::OsStr;

use arr_io::format::Writing;
use arr_io::{Edit, Error, OpenOptions};

use crate::args::{LimitFlags, MvArgs, RmArgs};
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::Named;
use crate::memory::works_on;

/// Removes members: all that are named, or none.
pub fn remove(args: &RmArgs) -> Result<Outcome, Failure> {
    let (named, mut edit) = open(&args.archive, &args.limits, args.force)?;
    args.names.iter().try_for_each(|name| edit.remove(name)).of(&named.name)?;
    edit.run().of(&named.name).map(|()| Outcome::Done)
}

/// Renames a member.
pub fn rename(args: &MvArgs) -> Result<Outcome, Failure> {
    let (named, mut edit) = open(&args.archive, &args.limits, args.force)?;
    edit.rename(&args.old, &args.new).and_then(|()| edit.run()).of(&named.name).map(|()| Outcome::Done)
}

fn open(archive: &OsStr, limits: &LimitFlags, replaces: bool) -> Result<(Named, Edit<'static>), Failure> {
    let named = Named::new(archive);
    if named.member.is_some() {
        let message = "ARCHIVE is a file: name its members behind it";
        return Err(Error::invalid(message)).of(&named.name);
    }
    let path = named.path.as_ref().ok_or_else(|| Error::invalid("standard input can't be changed"))?;
    works_on(&named.name);
    let how = Writing::new().replace(replaces).limits(limits.0.clone());
    let edit = Edit::open(path, &OpenOptions::new(), &how).of(&named.name)?;
    Ok((named, edit))
}
