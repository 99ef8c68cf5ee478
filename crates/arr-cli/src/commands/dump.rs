//! `arr dump`: everything, exactly.

use super::print;
use crate::args::DumpArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::open_seekable;
use crate::json::{Dump, check};
use crate::progress::Progress;

/// Prints the JSON object.
pub fn run(args: &DumpArgs) -> Result<Outcome, Failure> {
    let (named, mut parts) = open_seekable(&args.files, &args.read)?;
    parts.check_total().of(&named.name)?;
    let objects = parts.objects().of(&named.name)?;
    // What can't be written is found before anything is.
    check(&mut parts, &objects, &named.name)?;
    let progress = Progress::named_beside_output("writing", &named.name, None);
    print(|out| Dump::new(out, &mut parts, &objects, progress).write())
        .map_err(|failure| failure.of(&named.name))
}
