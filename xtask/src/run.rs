//! Running other programs, and finding the workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a task comes to: nothing, or the line that says what went wrong.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a program with our input and output; an error when it fails.
pub(crate) fn pass_through(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("cannot run {}: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", shown(command))) }
}

/// Runs a program and returns its output; an error with what it said when it fails.
pub(crate) fn captured(command: &mut Command) -> Outcome<Vec<u8>> {
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| format!("cannot run {}: {error}", shown(command)))?;
    if status.success() {
        return Ok(stdout);
    }
    Err(format!("{} failed ({status}):\n{}", shown(command), String::from_utf8_lossy(&stderr).trim_end()))
}

/// The program and its arguments on one line.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A file's bytes, or an error that names it.
pub(crate) fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Writes a file, or gives an error that names it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Outcome {
    std::fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Parses a file as JSON.
pub(crate) fn read_json(path: &Path) -> Outcome<serde_json::Value> {
    serde_json::from_slice(&read(path)?).map_err(|error| format!("{} is not JSON: {error}", path.display()))
}

/// An empty folder at `path`, whatever was there.
pub(crate) fn fresh_folder(path: &Path) -> Outcome {
    if path.exists() {
        std::fs::remove_dir_all(path).map_err(|error| format!("cannot empty {}: {error}", path.display()))?;
    }
    std::fs::create_dir_all(path).map_err(|error| format!("cannot make {}: {error}", path.display()))
}

/// The names of the files in a folder that end in `ending`, sorted; none when there is no such folder.
pub(crate) fn files_in(folder: &Path, ending: &str) -> Outcome<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| error.to_string())?.file_name().to_string_lossy().into_owned();
        if name.ends_with(ending) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Every file of the workspace that is or would be committed, from its folder on.
pub(crate) fn sources() -> Outcome<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let names = String::from_utf8_lossy(&captured(&mut git)?).into_owned();
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(String::from).collect())
}

/// What cargo knows of the workspace's own crates.
pub(crate) fn metadata() -> Outcome<serde_json::Value> {
    let text = captured(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    serde_json::from_slice(&text).map_err(|error| format!("cargo metadata is not JSON: {error}"))
}

/// The crates in what cargo knows.
pub(crate) fn packages(metadata: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    metadata.get("packages").and_then(serde_json::Value::as_array).into_iter().flatten()
}

/// Builds the command `arr`; where it is.
pub(crate) fn build_command() -> Outcome<PathBuf> {
    pass_through(cargo().args(["build", "--quiet", "--package", "arr-cli"]))?;
    let metadata = metadata()?;
    let target = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    let target = target.ok_or("cargo names no target folder")?;
    Ok(Path::new(target).join("debug").join(format!("arr{}", std::env::consts::EXE_SUFFIX)))
}
