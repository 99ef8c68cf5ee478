//! A file that is nothing but its parts, as objects: one part is held at a time.

use std::io::Write;

use arr_io::format::{Content, PartInfo};
use arr_io::{Error, Parts};

use super::objects::{Objects, check_part, write_bytes, write_none, write_ref, write_str};
use crate::failure::Failure;

/// What stands for a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// The object of an array.
    Array,
    /// Its bytes.
    Bytes,
    /// None, in the place of an object: an array that can't be read.
    BadArray,
    /// None: what can't be described or read.
    Bad,
}

/// The place of a part, in few bytes.
fn place_of(part: &PartInfo) -> Result<u32, Error> {
    u32::try_from(part.place).map_err(|_| Error::limit("a file of more than 2^32 parts"))
}

/// All parts of a file, and what stands for each.
#[derive(Debug)]
pub struct Listed {
    parts: Vec<(u32, Stands)>,
    has_keys: bool,
}

impl Listed {
    /// Lists all parts, and finds what can't be written before anything is. Whatever it is, it is given to `bad`.
    pub fn of(
        parts: &mut Parts<'_>,
        bad: &mut dyn FnMut(&Parts<'_>, &PartInfo, Failure),
    ) -> Result<Self, Failure> {
        let (mut listed, mut was_bad) = (Vec::new(), false);
        loop {
            let part = match parts.next_part() {
                Ok(Some(part)) => part,
                Ok(None) => break,
                // What is wrong with the last part keeps the next one from being found, and has been said.
                Err(_) if was_bad => break,
                Err(error) if listed.is_empty() || parts.has_keys() => return Err(error.into()),
                // The arrays of the row before it are whole.
                Err(error) => {
                    let part = PartInfo::at(listed.len());
                    bad(parts, &part, error.into());
                    listed.push((place_of(&part)?, Stands::Bad));
                    break;
                }
            };
            let (stands, checked) = match parts.describe(&part) {
                Ok(Content::Array(_)) => (Stands::Array, check_part(parts, &part)),
                Ok(_) => (Stands::Bytes, parts.read_bytes(&part).map(drop).map_err(Failure::from)),
                Err(error) => (Stands::Bad, Err(error.into())),
            };
            was_bad = checked.is_err();
            let stands = match (stands, checked) {
                (stands, Ok(())) => stands,
                (stands, Err(failure)) => {
                    bad(parts, &part, failure);
                    if stands == Stands::Array { Stands::BadArray } else { Stands::Bad }
                }
            };
            listed
                .try_reserve(1)
                .map_err(|source| Error::limit("no memory for the list of parts").with_source(source))?;
            listed.push((place_of(&part)?, stands));
        }
        Ok(Self { parts: listed, has_keys: parts.has_keys() })
    }

    /// True when nothing of the file can be written.
    pub fn is_lost(&self) -> bool {
        !self.has_container()
            && !self.parts.iter().any(|(_, stands)| matches!(stands, Stands::Array | Stands::Bytes))
    }

    /// True when the parts stand in a dict or a list, which comes before them: the only array in a row stands alone.
    fn has_container(&self) -> bool {
        self.has_keys || self.parts.len() != 1
    }

    /// Writes the whole JSON object.
    pub fn write<W: Write>(&self, to: &mut Objects<'_, '_, W>) -> Result<(), Failure> {
        write!(to.out, "{{\"format\":\"{}\",\"root\":", to.parts.format().name)?;
        let mut is_first = true;
        if self.has_container() {
            write_ref(to.out, 1)?;
            to.out.write_all(b",\"heap\":{\"1\":")?;
            self.write_container(to)?;
            is_first = false;
        } else {
            for (place, stands) in &self.parts {
                write_value(to, &to.parts.listed(*place as usize)?, *stands, 1)?;
            }
            to.out.write_all(b",\"heap\":{")?;
        }
        let mut id = usize::from(self.has_container());
        for (place, stands) in &self.parts {
            id += usize::from(matches!(stands, Stands::Array | Stands::BadArray));
            if *stands == Stands::Array {
                write!(to.out, "{}\"{id}\":", if is_first { "" } else { "," })?;
                is_first = false;
                let part = to.parts.listed(*place as usize)?;
                write_array(to, &part)?;
            }
        }
        Ok(to.out.write_all(b"}}\n")?)
    }

    /// The dict of members, or the list of arrays in a row.
    fn write_container<W: Write>(&self, to: &mut Objects<'_, '_, W>) -> Result<(), Failure> {
        // Of no part nobody knows whether it had a key.
        let is_dict = self.has_keys || self.parts.is_empty();
        to.out.write_all(if is_dict {
            b"{\"t\":\"dict\",\"entries\":["
        } else {
            b"{\"t\":\"list\",\"items\":["
        })?;
        let mut id = 1;
        for (at, (place, stands)) in self.parts.iter().enumerate() {
            id += usize::from(matches!(stands, Stands::Array | Stands::BadArray));
            to.out.write_all(if at == 0 { b"" } else { b"," })?;
            let part = to.parts.listed(*place as usize)?;
            if is_dict {
                to.out.write_all(b"[")?;
                write_str(to.out, part.key.as_deref().unwrap_or_default())?;
                to.out.write_all(b",")?;
            }
            write_value(to, &part, *stands, id)?;
            to.out.write_all(if is_dict { b"]" } else { b"" })?;
        }
        Ok(to.out.write_all(b"]}")?)
    }
}

/// What stands for a part whose object has that id.
fn write_value<W: Write>(
    to: &mut Objects<'_, '_, W>,
    part: &PartInfo,
    stands: Stands,
    id: usize,
) -> Result<(), Failure> {
    match stands {
        Stands::Array => write_ref(to.out, id),
        Stands::Bytes => write_bytes(to.out, &to.parts.read_bytes(part)?),
        Stands::BadArray | Stands::Bad => write_none(to.out),
    }
}

/// The object of an array that is still in the file.
fn write_array<W: Write>(to: &mut Objects<'_, '_, W>, part: &PartInfo) -> Result<(), Failure> {
    let what = to.parts.describe(part)?.into_array().ok_or_else(|| Error::invalid("it is not an array"))?;
    to.head(&what.dtype, &what.shape, what.order)?;
    to.part(part)?;
    Ok(to.out.write_all(b"]}")?)
}
