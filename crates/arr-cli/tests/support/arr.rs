//! Runs the built command.
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub bytes: Vec<u8>,
    pub out: String,
    pub err: String,
    pub time: Duration,
}

impl Run {
    #[track_caller]
    fn new(output: Output, time: Duration) -> Self {
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        // A panic is a line and exit code 2 too, as what is refused is.
        assert!(!err.contains("internal error"), "{err}");
        Self { code: output.status.code(), bytes: output.stdout, out, err, time }
    }

    /// Expects success without a word on standard error; gives standard output.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// Expects success, and to hear of the values of the only input that are not arrays; gives standard output.
    #[track_caller]
    pub fn leaves_values(self) -> String {
        let is_said = self.err.contains(" left out: ") || self.err.contains(" not compared: ");
        assert!(self.code == Some(0) && is_said && self.err.lines().count() == 1, "{self:?}");
        self.out
    }

    /// Expects this code and nothing on standard error; gives standard output.
    #[track_caller]
    pub fn with_code(self, code: i32) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(code), ""), "{}", self.out);
        self.out
    }

    /// Expects exit code 2 and one line on standard error; gives that line.
    #[track_caller]
    pub fn fails(self) -> String {
        let lines: Vec<&str> = self.err.lines().collect();
        assert_eq!(self.code, Some(2), "{self:?}");
        assert!(lines.len() == 1 && lines[0].starts_with("arr: ") && self.err.ends_with('\n'), "{self:?}");
        lines[0].to_owned()
    }
}

/// `arr` in a directory, with its language and terminal out of the way.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arr"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
    command
}

/// Runs `arr` in a directory.
pub fn arr_in(folder: &Path, args: &[&str]) -> Run {
    run(command(folder, args))
}

/// Runs a program to its end.
pub fn run(mut command: Command) -> Run {
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// The longest run: whatever takes longer hangs, and is ended with code `None`.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for the end, though not for ever.
fn finish(child: Child) -> Run {
    let start = Instant::now();
    let child = Arc::new(Mutex::new(child));
    let (out, err) = {
        let mut child = child.lock().unwrap();
        (child.stdout.take().unwrap(), child.stderr.take().unwrap())
    };
    let (done, ended) = mpsc::channel::<()>();
    let hanging = Arc::clone(&child);
    let watch = std::thread::spawn(move || {
        if ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            hanging.lock().unwrap().kill().unwrap();
        }
    });
    let read_out = std::thread::spawn(move || read_all(out));
    let stderr = read_all(err);
    let stdout = read_out.join().unwrap();
    drop(done);
    watch.join().unwrap();
    let status = child.lock().unwrap().wait().unwrap();
    Run::new(Output { status, stdout, stderr }, start.elapsed())
}

/// Keeps the beginning, should there be no end.
fn read_all(mut pipe: impl Read) -> Vec<u8> {
    const MOST: u64 = 64 << 20;
    let mut bytes = Vec::new();
    pipe.by_ref().take(MOST).read_to_end(&mut bytes).unwrap();
    std::io::copy(&mut pipe, &mut std::io::sink()).unwrap();
    bytes
}

/// Runs `arr` in the directory of the fixtures.
pub fn arr(args: &[&str]) -> Run {
    arr_in(&fixtures(), args)
}

/// Runs `arr` with bytes on its standard input.
pub fn arr_with_input(folder: &Path, args: &[&str], input: &[u8]) -> Run {
    let mut child = command(folder, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let run = finish(child);
    writer.join().unwrap();
    run
}

/// The values that `show --json` printed: those of the only array, or a list of those of all.
pub fn shown(text: &str) -> String {
    let list: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    let mut values: Vec<_> = list.into_iter().map(|object| object["values"].clone()).collect();
    let value = if values.len() == 1 { values.remove(0) } else { values.into() };
    format!("{value}\n")
}

/// The directory of the fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// A `.npy` file of version 1.0.
pub fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// Bytes of little-endian numbers.
pub fn f8(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Bytes of little-endian numbers.
pub fn i4(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A directory with these files, which goes away with the value.
pub fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// The names in a directory, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
