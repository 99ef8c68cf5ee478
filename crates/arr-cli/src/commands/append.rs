//! `arr append`: rows to an array, members to an archive.

use arr_io::format::Writing;
use arr_io::{Append, Error};

use crate::args::AppendArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::{Named, origins};
use crate::progress::Progress;

/// Adds what the inputs hold to the target, in their order: all of it, or nothing.
pub fn run(args: &AppendArgs) -> Result<Outcome, Failure> {
    let target = Named::new(&args.target);
    if target.member.is_some() {
        let message = "TARGET is a file: a member that is added to an archive is named after its FILE";
        return Err(Error::invalid(message)).of(&target.name);
    }
    let path = target.path.clone().ok_or_else(|| Error::invalid("standard output can't be added to"))?;
    let how = Writing::new().level(args.level).replace(args.force).limits(args.read.limits.0.clone());
    let append = Append::open(&path, &args.read.options(), &how).of(&target.name)?;
    let origins = origins(&args.inputs, &args.read)?;
    append.run(origins, &target.name, &mut Progress::new())?;
    Ok(Outcome::Done)
}
