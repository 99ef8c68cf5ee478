//! Where a part runs the command, and what came of it.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use super::seed::Seed;
use crate::run::{Outcome, fresh_folder, shown};

/// Whatever takes longer hangs.
const PATIENCE: &str = "30";

/// What is kept of what a command printed. A command that is started has had as much memory as this program at its
/// largest, as the system counts, so this one stays small.
const MOST_KEPT: u64 = 1 << 20;

fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_KEPT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a part works with, and what it found.
pub(super) struct Arena {
    /// The built command.
    pub(super) command: PathBuf,
    /// A folder of the part's own.
    pub(super) folder: PathBuf,
    /// Choices.
    pub(super) seed: Seed,
    kept: PathBuf,
    until: Instant,
    runs: u64,
    faults: u64,
    /// KiB.
    largest: u64,
    longest: Duration,
}

/// How a run ended.
pub(super) struct Ended {
    /// What was run, on one line.
    pub(super) line: String,
    /// The exit code; none when a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    /// What it printed first, up to `MOST_KEPT` bytes.
    pub(super) out: Vec<u8>,
    /// How many bytes it printed.
    pub(super) printed: u64,
    pub(super) err: String,
    /// The largest resident memory, in KiB.
    pub(super) memory: u64,
    /// The time of all its threads.
    pub(super) busy: Duration,
}

impl Arena {
    pub(super) fn new(command: PathBuf, place: &Path, name: &str, seconds: u64) -> Outcome<Self> {
        let (folder, kept) = (place.join(name), place.join("kept"));
        fresh_folder(&folder)?;
        fs::create_dir_all(&kept).map_err(|error| format!("cannot make {}: {error}", kept.display()))?;
        Ok(Self {
            command,
            folder,
            seed: Seed::new(),
            kept,
            until: Instant::now() + Duration::from_secs(seconds),
            runs: 0,
            faults: 0,
            largest: 0,
            longest: Duration::ZERO,
        })
    }

    /// True until the time is over, or faults are so many that no more are of use.
    pub(super) fn goes_on(&self) -> bool {
        Instant::now() < self.until && self.faults < 20
    }

    pub(super) fn faults(&self) -> u64 {
        self.faults
    }

    /// The figures.
    pub(super) fn line(&self, name: &str) -> String {
        format!(
            "{name:<8} {:>8} runs {:>4} faults, {:>6.1} MiB at most, {:>6.2} s at most",
            self.runs,
            self.faults,
            Kib(self.largest).mib(),
            self.longest.as_secs_f64()
        )
    }

    /// The command with these words, in the folder.
    pub(super) fn arr(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.command);
        command.args(words);
        command
    }

    /// The same, behind `before`, which is a shell's line that ends by running what follows it.
    pub(super) fn arr_after(&self, before: &str, words: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{before} exec \"$@\""), "sh"]).arg(&self.command).args(words);
        command
    }

    /// Runs a command to its end.
    pub(super) fn run(&mut self, command: &Command) -> Outcome<Ended> {
        let line = shown(command);
        let fail = |error: std::io::Error| format!("cannot run {line}: {error}");
        let (out, err) = (self.folder.join(".out"), self.folder.join(".err"));
        let mut timed = Command::new("timeout");
        timed.args(["-s", "KILL", PATIENCE]).arg(command.get_program()).args(command.get_args());
        timed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        timed.current_dir(&self.folder).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
        timed.stdout(File::create(&out).map_err(fail)?).stderr(File::create(&err).map_err(fail)?);
        let start = Instant::now();
        let ended = timed.spawn().and_then(|mut child| child.wait4()).map_err(fail)?;
        let time = start.elapsed();
        // The program that watches the time says of a signal what shells say.
        let (code, signal) = match (ended.status.code(), ended.status.signal()) {
            (Some(code @ 129..), _) => (None, Some(code - 128)),
            (code, signal) => (code, signal),
        };
        let memory = ended.rusage.maxrss / 1024;
        self.runs += 1;
        self.largest = self.largest.max(memory);
        self.longest = self.longest.max(time);
        Ok(Ended {
            code,
            signal,
            printed: fs::metadata(&out).map_err(fail)?.len(),
            out: beginning(&out).map_err(fail)?,
            err: String::from_utf8_lossy(&fs::read(&err).map_err(fail)?).into_owned(),
            memory,
            busy: ended.rusage.utime,
            line,
        })
    }

    /// True when what the last run printed has one of these in it.
    pub(super) fn printed_any(&self, wanted: &[&str]) -> Outcome<bool> {
        let mut found = false;
        let longest = wanted.iter().map(|text| text.len()).max().unwrap_or(0);
        let mut seen = Vec::new();
        each_piece(&self.folder.join(".out"), |piece| {
            seen.extend_from_slice(piece);
            found |= wanted.iter().any(|text| contains(&seen, text.as_bytes()));
            seen.drain(..seen.len().saturating_sub(longest));
        })?;
        Ok(found)
    }

    /// Counts a run that was not made by [`run`](Self::run).
    pub(super) fn count(&mut self, runs: u64) {
        self.runs += runs;
    }

    /// Reports a fault, and keeps files of the folder that brought it.
    pub(super) fn fault(&mut self, what: &str, files: &[&str]) {
        self.faults += 1;
        println!("attack: FAULT: {what}");
        for file in files {
            let name = format!("{}-{}", self.faults, file.replace('/', "_"));
            if let Err(error) = fs::copy(self.folder.join(file), self.kept.join(&name)) {
                println!("attack: {file} can't be kept: {error}");
            }
        }
    }

    /// What is expected of every run: an exit code of the contract; lines on standard error that begin as they should,
    /// and some where it failed; nothing that does something to a terminal.
    pub(super) fn check(&mut self, ended: &Ended, files: &[&str]) -> bool {
        let Ended { line, code, signal, err, .. } = ended;
        let is_unseen = |c: char| c != '\n' && c.is_control();
        let what = match code {
            None => Some(format!("ended by signal {}", signal.unwrap_or(0))),
            Some(3..) => Some(format!("exit code {}", code.unwrap_or(0))),
            Some(2) if err.is_empty() => Some("exit code 2 without a word".to_owned()),
            _ if err.contains("internal error") => Some("a panic".to_owned()),
            _ if err.lines().any(|line| !line.starts_with("arr: ")) => {
                Some("another line on standard error".to_owned())
            }
            _ if err.contains(is_unseen) => Some("control characters on standard error".to_owned()),
            _ if String::from_utf8_lossy(&ended.out).contains(is_unseen) => {
                Some("control characters on standard output".to_owned())
            }
            _ => None,
        };
        if let Some(what) = &what {
            let said: String = err.chars().take(300).collect();
            self.fault(&format!("{line}: {what}: {}", said.escape_debug()), files);
        }
        what.is_none()
    }

    /// The names of hidden files in a folder, but for those of the arena.
    pub(super) fn litter(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with('.') && name != ".out" && name != ".err").collect()
    }
}

/// A number of KiB.
pub(super) struct Kib(pub(super) u64);

impl Kib {
    /// In MiB, for people.
    #[allow(clippy::cast_precision_loss, reason = "nobody reads the last digits")]
    pub(super) fn mib(self) -> f64 {
        self.0 as f64 / 1024.0
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// Reads a file piece by piece.
pub(super) fn each_piece(path: &Path, mut piece: impl FnMut(&[u8])) -> Outcome {
    let fail = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let mut file = File::open(path).map_err(fail)?;
    let mut room = vec![0; 1 << 20];
    loop {
        let len = file.read(&mut room).map_err(fail)?;
        if len == 0 {
            return Ok(());
        }
        piece(room.get(..len).unwrap_or_default());
    }
}
