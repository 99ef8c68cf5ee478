//! NumPy's rows, measured in the same sitting on the same files.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Medians, Wish};
use crate::run::{Outcome, captured, pass_through, root, write};

/// The NumPy that we are measured against.
const NUMPY: &str = "numpy==2.5.5";

/// Who else reads and writes text and JSON, as of the same day.
const OTHERS: &[&str] = &["pandas==3.1.1", "pyarrow==26.0.1", "polars==2.1.0", "orjson==3.13.0"];

/// Who else reads files of Torch7; it comes as a source only.
const TORCHFILE: &str = "torchfile==0.1.0";

/// Versions of Python that it runs on.
const PYTHONS: &[&str] = &["3.13", "3.14", "3.12"];

/// Adds NumPy's medians, and returns the versions of Python and NumPy.
pub(super) fn run(wish: &Wish, files: &Path, medians: &mut Medians) -> Outcome<String> {
    let Some(python) = environment()? else {
        println!("bench: NumPy's rows are left out: no Python {}", PYTHONS.join(" or "));
        return Ok("none found".into());
    };
    let mut script = Command::new(python);
    script.args(["-s", "-B"]).arg(root().join("benches/numpy_bench.py")).arg(files);
    script.args(wish.quick.then_some("--quick")).args(&wish.filter);
    let answer: Value = serde_json::from_slice(&captured(&mut script)?)
        .map_err(|error| format!("benches/numpy_bench.py does not print JSON: {error}"))?;
    for (name, median) in answer["medians"].as_object().into_iter().flatten() {
        let (Some((topic, row)), Some(median)) = (name.rsplit_once('/'), median.as_f64()) else { continue };
        medians.entry(topic.into()).or_default().insert(row.into(), median);
    }
    Ok(answer["versions"].as_str().unwrap_or("unknown").into())
}

/// All that is installed, in a line.
fn pinned() -> String {
    [&[NUMPY], OTHERS, &[TORCHFILE]].concat().join(" ")
}

/// The Python of an environment that has the pinned NumPy, made when it is missing.
fn environment() -> Outcome<Option<PathBuf>> {
    let folder = root().join("target/bench/venv");
    let (python, marker) = (folder.join("bin/python"), folder.join("ready"));
    if std::fs::read_to_string(&marker).is_ok_and(|text| text == pinned()) {
        return Ok(Some(python));
    }
    let Some(interpreter) = PYTHONS.iter().find_map(|version| interpreter(version)) else { return Ok(None) };
    println!("bench: installing {NUMPY} ...");
    pass_through(Command::new(interpreter).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary=:all:",
        NUMPY,
    ]);
    pip.args(OTHERS);
    pass_through(&mut pip)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", TORCHFILE]);
    pass_through(&mut pip)?;
    write(&marker, pinned().as_bytes())?;
    Ok(Some(python))
}

/// A Python of this version: from the path, or from pyenv's folder of versions.
fn interpreter(version: &str) -> Option<PathBuf> {
    let program = format!("python{version}");
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv"));
    let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or(home);
    let installed = pyenv.and_then(|pyenv| std::fs::read_dir(pyenv.join("versions")).ok());
    let mut candidates = vec![PathBuf::from(&program)];
    candidates.extend(
        installed.into_iter().flatten().flatten().map(|entry| entry.path().join("bin").join(&program)),
    );
    // A shim on the path may exist and not start.
    candidates.into_iter().find(|path| captured(Command::new(path).args(["-c", "import venv"])).is_ok())
}
