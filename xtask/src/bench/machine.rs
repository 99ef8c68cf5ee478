//! On what it was measured.

use std::path::Path;
use std::process::Command;

use crate::run::{Outcome, captured, read, root};

/// The rivals, by the names of their packages.
const RIVALS: &[&str] =
    &["ndarray-npy", "ndarray", "npyz", "ferray-io", "safetensors", "memmap2", "criterion"];

/// The machine and the versions, as a table.
pub(super) fn describe(numpy: &str, nd4j: &str, target: &Path) -> Outcome<String> {
    let rustc = captured(Command::new("rustc").arg("--version"))?;
    let rows = [
        ("processor", processor()),
        ("memory", memory()),
        ("system", first_line("/proc/sys/kernel/osrelease").map(|release| format!("Linux {release}"))),
        ("file system", file_system(target)),
        ("transparent huge pages", huge_pages()),
        ("compiler", Some(String::from_utf8_lossy(&rustc).trim().to_string())),
        ("rivals", Some(rivals()?)),
        ("NumPy", Some(numpy.to_string())),
        ("ND4J", Some(nd4j.to_string())),
    ];
    let lines = rows.into_iter().map(|(name, found)| {
        format!("| {name} | {} |\n", found.unwrap_or_else(|| std::env::consts::OS.to_string()))
    });
    Ok(format!("### Machine\n\n| | |\n|---|---|\n{}", lines.collect::<String>()))
}

fn first_line(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()?.lines().next().map(str::to_string)
}

/// The value of a line `name : value` of a file of the kernel.
fn field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

fn processor() -> Option<String> {
    let cores = std::thread::available_parallelism().ok()?;
    let cache = first_line("/sys/devices/system/cpu/cpu0/cache/index3/size");
    let cache = cache.map(|size| format!(", {size} L3")).unwrap_or_default();
    Some(format!("{}, {cores} cores{cache}", field("/proc/cpuinfo", "model name")?))
}

fn memory() -> Option<String> {
    let kibibytes: u64 = field("/proc/meminfo", "MemTotal")?.trim_end_matches(" kB").parse().ok()?;
    Some(format!("{} GiB", (kibibytes + (1 << 19)) >> 20))
}

/// The word in brackets: `always [madvise] never`.
fn huge_pages() -> Option<String> {
    let line = first_line("/sys/kernel/mm/transparent_hugepage/enabled")?;
    Some(line.split_once('[')?.1.split_once(']')?.0.to_string())
}

/// The kind of the file system that holds a folder: that of the longest mount point in front of it.
fn file_system(folder: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let around = mounts.filter(|(point, _)| folder.starts_with(point));
    around.max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind.to_string())
}

/// Names and versions of the rivals, from the lock file.
fn rivals() -> Outcome<String> {
    let lock = String::from_utf8_lossy(&read(&root().join("benches/Cargo.lock"))?).into_owned();
    let version = |name: &&str| {
        let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", rest.split_once('"')?.0))
    };
    Ok(RIVALS.iter().filter_map(version).collect::<Vec<_>>().join(", "))
}
