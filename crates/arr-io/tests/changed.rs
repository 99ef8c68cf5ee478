//! A file is one file: whatever happens to it while it is read, the result is that of the file that was opened, or an
//! error.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]
#![cfg(all(unix, feature = "npz"))]

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use arr_io::format::PartInfo;
use arr_io::{
    Array, CompareOptions, Conversion, Destination, Diff, Error, OpenOptions, Origin, Registry, Watch,
};

/// More than is read at once.
const ITEMS: u32 = 21 << 20;

/// Does something to a file once, in the middle of the work.
struct Midway<'a> {
    what: Change,
    path: &'a Path,
    done: bool,
}

impl Watch for Midway<'_> {
    fn begin(&mut self, _: &str, _: &str, _: Option<u64>) {}

    fn at(&mut self, _: u64) -> ControlFlow<()> {
        if !std::mem::replace(&mut self.done, true) {
            self.what.make(self.path);
        }
        ControlFlow::Continue(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Nothing,
    /// Another file gets its name.
    Replaced,
    /// It is cut off in the middle.
    Cut,
    /// Its header says something else.
    Header,
    /// Its last items are others.
    Items,
    /// It is written anew, and is longer.
    Longer,
}

const CHANGES: [Change; 6] =
    [Change::Nothing, Change::Replaced, Change::Cut, Change::Header, Change::Items, Change::Longer];

impl Change {
    /// True when what is read is what was there.
    fn is_harmless(self) -> bool {
        matches!(self, Self::Nothing | Self::Replaced)
    }

    fn make(self, path: &Path) {
        let open = || File::options().write(true).open(path).unwrap();
        match self {
            Self::Nothing => return,
            Self::Replaced => return arr_io::save(path, &vec![7u32; 5]).unwrap(),
            Self::Cut => open().set_len(1 << 20).unwrap(),
            Self::Header => {
                let header = fs::read(path).unwrap()[..128].to_vec();
                let text = String::from_utf8_lossy(&header).find("<u4").unwrap_or(0);
                let place = header.windows(3).position(|bytes| bytes == b"<u4").unwrap_or(text);
                let mut file = open();
                file.seek(SeekFrom::Start(u64::try_from(place).unwrap())).unwrap();
                file.write_all(b">u4").unwrap();
            }
            Self::Items => {
                let mut file = open();
                file.seek(SeekFrom::End(-4)).unwrap();
                file.write_all(&[9; 4]).unwrap();
            }
            Self::Longer => {
                let longer = path.with_extension("longer.npy");
                arr_io::save(&longer, &vec![1u32; ITEMS as usize + 1000]).unwrap();
                let bytes = fs::read(&longer).unwrap();
                let mut file = File::create(path).unwrap();
                file.write_all(&bytes).unwrap();
                fs::remove_file(longer).unwrap();
            }
        }
        // The clock of a file system has steps.
        let later = SystemTime::now() + Duration::from_secs(10);
        open().set_modified(later).unwrap();
    }
}

/// Each way to go through a file.
type Work = fn(&Path, &mut Midway<'_>) -> Result<(), Error>;

fn convert_to(path: &Path, watch: &mut Midway<'_>, name: &str, conversion: &Conversion) -> Result<(), Error> {
    let out = path.with_file_name(name);
    let target = conversion.target(Destination::Path(out.clone()), Registry::shared())?;
    let converted = conversion.run(vec![Origin::path(path, &OpenOptions::new())?], target, watch);
    if converted.is_err() {
        assert!(!out.exists(), "a part of a conversion stays");
        return converted;
    }
    assert!(items(&out)? == items(&path.with_file_name("same.npy"))?, "other items were converted");
    Ok(())
}

fn convert(path: &Path, watch: &mut Midway<'_>) -> Result<(), Error> {
    convert_to(path, watch, "out.npy", &Conversion::new())
}

fn convert_packed(path: &Path, watch: &mut Midway<'_>) -> Result<(), Error> {
    convert_to(path, watch, "out.npz", &Conversion::new())
}

fn convert_slice(path: &Path, watch: &mut Midway<'_>) -> Result<(), Error> {
    convert_to(path, watch, "out.npy", &Conversion::new().slice("0:".parse()?))
}

fn stats(path: &Path, watch: &mut Midway<'_>) -> Result<(), Error> {
    let mut parts = OpenOptions::new().parts(path)?;
    let part = parts.next_part()?.ok_or_else(|| Error::invalid("no part"))?;
    let found = parts.stats(&part, watch)?;
    let stats = found.into_iter().next().ok_or_else(|| Error::invalid("no fields"))?.stats?;
    assert_eq!(stats.count, u64::from(ITEMS));
    assert_eq!(stats.max.map(|max| max.to_f64()), Some(f64::from(ITEMS - 1)));
    Ok(())
}

fn diff(path: &Path, watch: &mut Midway<'_>) -> Result<(), Error> {
    let same = path.with_file_name("same.npy");
    let options = OpenOptions::new();
    let (mut left, mut right) = (options.parts(path)?, options.parts(&same)?);
    let mut diff = Diff::new(("x", &mut left), ("same", &mut right), CompareOptions::default());
    while let Some(finding) = diff.next_finding(watch)? {
        assert!(finding.is_equal(), "items differ that were the same");
    }
    Ok(())
}

fn check(path: &Path, watch: &mut Midway<'_>) -> Result<(), Error> {
    let faults = OpenOptions::new().check(path, watch)?;
    faults.into_iter().next().map_or(Ok(()), Err)
}

fn blocks(path: &Path, watch: &mut Midway<'_>) -> Result<(), Error> {
    let mut parts = OpenOptions::new().parts(path)?;
    let part: PartInfo = parts.next_part()?.ok_or_else(|| Error::invalid("no part"))?;
    let (mut blocks, mut found) = (parts.blocks(&part, arr_io::Order::C)?, Vec::new());
    while let Some(block) = blocks.next_block()? {
        found.extend(block.array.to_vec::<u32>()?);
        let _ = watch.at(0);
    }
    assert!(found == items(&path.with_file_name("same.npy"))?, "other items were read");
    Ok(())
}

fn items(path: &Path) -> Result<Vec<u32>, Error> {
    arr_io::open(path)?.to_vec()
}

#[test]
#[ignore = "takes long: it copies a large file for each change and each way to read it"]
fn a_file_that_changes_gives_what_was_opened_or_an_error() {
    let works: [(&str, Work); 7] = [
        ("convert", convert),
        ("convert into an archive", convert_packed),
        ("convert a slice", convert_slice),
        ("stats", stats),
        ("diff", diff),
        ("check", check),
        ("blocks", blocks),
    ];
    let folder = tempfile::tempdir().unwrap();
    let original: PathBuf = folder.path().join("same.npy");
    let array = Array::from_vec((0..ITEMS).collect::<Vec<_>>(), &[3, ITEMS as usize / 3]).unwrap();
    arr_io::save(&original, &array).unwrap();
    for (name, work) in works {
        for what in CHANGES {
            let path = folder.path().join("x.npy");
            fs::copy(&original, &path).unwrap();
            for out in ["out.npy", "out.npz"] {
                let _ = fs::remove_file(folder.path().join(out));
            }
            let mut watch = Midway { what, path: &path, done: false };
            let worked = work(&path, &mut watch);
            assert!(watch.done, "{name} does not tell how far it is");
            match worked {
                Ok(()) => assert!(what.is_harmless(), "{name}: {what:?} is not noticed"),
                Err(error) => assert!(!what.is_harmless(), "{name}, {what:?}: {error}"),
            }
        }
    }
}
