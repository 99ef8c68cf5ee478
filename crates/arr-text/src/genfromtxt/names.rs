//! Names of fields: what `NameValidator` of `numpy/lib/_iotools.py` makes of the names in a header line.

use std::collections::{HashMap, HashSet};

use arr_core::format::room;
use arr_core::{Error, Result};

use super::python;
use crate::number::print;
use crate::number::spec::Spec;

/// What becomes of the case of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameCase {
    /// It stays.
    #[default]
    Keep,
    /// Capitals.
    Upper,
    /// Small letters.
    Lower,
}

/// The characters that names lose unless others are named.
pub(super) const DELETED: &str = r##"~!@#$%^&*()-=+~\|]}[{';: /?.>,<"##;

/// How wide a number in a name may be.
const LONGEST: usize = 1000;

/// Names that always get an underscore.
const EXCLUDED: [&str; 3] = ["return", "file", "print"];

/// How names are made good.
#[derive(Clone, Debug)]
pub(super) struct Validator {
    pub(super) excluded: Vec<String>,
    pub(super) deleted: String,
    pub(super) space: String,
    pub(super) case: NameCase,
}

impl Default for Validator {
    fn default() -> Self {
        Self { excluded: Vec::new(), deleted: DELETED.into(), space: "_".into(), case: NameCase::Keep }
    }
}

impl Validator {
    /// Good names in place of `names`, of which there are `count` if that is given: missing ones are made by `format`.
    pub(super) fn validate(
        &self,
        names: &[String],
        format: &DefaultName,
        count: Option<usize>,
    ) -> Result<Vec<String>> {
        let count = count.unwrap_or(names.len());
        let cased: HashSet<&str> = names.iter().take(count).map(String::as_str).collect();
        let excluded: HashSet<&str> = self.excluded.iter().map(String::as_str).chain(EXCLUDED).collect();
        let mut seen: HashMap<String, usize> = HashMap::new();
        seen.try_reserve(count).map_err(room::no_memory)?;
        let mut valid = room::reserved(count)?;
        let mut empty = 0usize;
        for place in 0..count {
            let mut name = self.clean(names.get(place).map_or("", String::as_str));
            if name.is_empty() {
                name = format.name(empty)?;
                while cased.contains(name.as_str()) {
                    empty = empty.saturating_add(1);
                    let next = format.name(empty)?;
                    if next == name {
                        return Err(Error::invalid(format!(
                            "defaultfmt: '{name}' is the name of a field already"
                        )));
                    }
                    name = next;
                }
                empty = empty.saturating_add(1);
            } else if excluded.contains(name.as_str()) {
                name.push('_');
            }
            let times = seen.entry(name.clone()).or_insert(0);
            valid.push(if *times > 0 { format!("{name}_{times}") } else { name });
            *times = times.saturating_add(1);
        }
        Ok(valid)
    }

    fn clean(&self, name: &str) -> String {
        let name = match self.case {
            NameCase::Keep => name.to_owned(),
            NameCase::Upper => name.to_uppercase(),
            NameCase::Lower => name.to_lowercase(),
        };
        let mut name = python::strip(&name).to_owned();
        if !self.space.is_empty() {
            name = name.replace(' ', &self.space);
        }
        name.retain(|c| c != '"' && !self.deleted.contains(c));
        name
    }
}

/// A format of Python's `%` with one number in it: `f%i`, `field_%03d`.
#[derive(Clone, Debug)]
pub(super) struct DefaultName {
    before: String,
    spec: Spec,
    after: String,
}

impl Default for DefaultName {
    fn default() -> Self {
        Self { before: "f".into(), spec: Spec::new(b'd', None), after: String::new() }
    }
}

impl DefaultName {
    /// Takes a format apart.
    pub(super) fn parse(format: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!(
                "defaultfmt: '{format}' is to have one number in it, as f%i or field_%02d"
            ))
        };
        let (mut before, mut after, mut found) = (String::new(), String::new(), None);
        let mut rest = format;
        while let Some((text, behind)) = rest.split_once('%') {
            let part = if found.is_some() { &mut after } else { &mut before };
            part.push_str(text);
            if let Some(behind) = behind.strip_prefix('%') {
                part.push('%');
                rest = behind;
                continue;
            }
            if found.is_some() {
                return Err(wrong());
            }
            let at = rest.len().saturating_sub(behind.len()).saturating_sub(1);
            let conversion = rest.get(at..).ok_or_else(wrong)?;
            let (spec, len) = Spec::parse(conversion).map_err(|_| wrong())?;
            if !spec.is_whole() || spec.width.max(spec.precision.unwrap_or(0)) > LONGEST {
                return Err(wrong());
            }
            (found, rest) = (Some(spec), conversion.get(len..).ok_or_else(wrong)?);
        }
        let spec = found.ok_or_else(wrong)?;
        after.push_str(rest);
        Ok(Self { before, spec, after })
    }

    /// True for `f%i`.
    pub(super) fn is_usual(&self) -> bool {
        self.before == "f"
            && self.after.is_empty()
            && matches!(self.spec, Spec { conversion: b'd' | b'i', .. })
            && self.spec == Spec::new(self.spec.conversion, None)
    }

    /// The name of that number.
    pub(super) fn name(&self, number: usize) -> Result<String> {
        let mut text = Vec::from(self.before.as_bytes());
        print::put_whole(&mut text, &self.spec, false, number as u64);
        text.extend_from_slice(self.after.as_bytes());
        String::from_utf8(text).map_err(|source| Error::invalid("a name is not text").with_source(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(validator: &Validator, texts: &[&str]) -> Vec<String> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        validator.validate(&texts, &DefaultName::default(), None).unwrap()
    }

    #[test]
    fn names_are_made_good_as_numpy_does() {
        let usual = Validator::default();
        assert_eq!(
            names(&usual, &["file", "field2", "with space", "CaSe", "a-b", "", "a", "a", "a"]),
            ["file_", "field2", "with_space", "CaSe", "ab", "f0", "a", "a_1", "a_2"]
        );
        assert_eq!(names(&usual, &["f0", "", "f1", ""]), ["f0", "f2", "f1", "f3"]);
        let other = Validator {
            excluded: vec!["EXCL".into()],
            deleted: "Q".into(),
            space: "--".into(),
            case: NameCase::Upper,
        };
        assert_eq!(
            names(&other, &["excl", "no_q", "a b", "\"x\"", "ß"]),
            ["EXCL_", "NO_", "A--B", "X", "SS"]
        );
    }

    #[test]
    fn names_without_a_text_are_made_by_a_format() {
        for (format, name) in [("f%i", "f7"), ("v_%03d%%", "v_007%"), ("%%%-3d|", "%7  |"), ("%x", "7")] {
            assert_eq!(DefaultName::parse(format).unwrap().name(7).unwrap(), name);
        }
        for format in ["f", "%d%d", "%", "%s%", "%5", "%y", "%9999d"] {
            assert!(DefaultName::parse(format).is_err(), "{format}");
        }
        assert!(DefaultName::parse("f%d").unwrap().is_usual());
    }
}
