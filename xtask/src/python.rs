//! `cargo xtask python`: builds the Python package, installs it into a fresh environment, and runs its tests there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, captured, files_in, fresh_folder, pass_through, root};

/// The oldest Python that the package runs on.
const OLDEST: (u32, u32) = (3, 11);

/// What is asked for.
struct Wish {
    /// NumPy's own tests too.
    numpy: bool,
    /// The tests with other libraries too, which are large.
    consumers: bool,
    /// The interpreter.
    python: String,
}

/// Builds, installs and tests; with `--consumers` beside other libraries, with `--numpy` by NumPy's own tests as well.
pub(crate) fn main(words: &[String]) -> Outcome {
    let wish = wish(words)?;
    check_version(&wish.python)?;
    let target = root().join("target/python");
    let venv = target.join("venv");
    println!("python: a fresh environment ...");
    pass_through(Command::new(&wish.python).args(["-m", "venv", "--clear"]).arg(&venv))?;
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    pip(&python, &["maturin>=1.9,<2", "numpy", "pytest", "hypothesis", "mypy"])?;
    let wheel = build(&python, &target)?;
    println!("python: {} is installed", wheel.display());
    pip(&python, &["--force-reinstall", "--no-deps", &wheel.to_string_lossy()])?;
    test(&python)?;
    if wish.consumers {
        consume(&python)?;
    }
    if wish.numpy { judge(&python) } else { Ok(()) }
}

fn wish(words: &[String]) -> Outcome<Wish> {
    let mut wish = Wish { numpy: false, consumers: false, python: "python3".into() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--numpy" => wish.numpy = true,
            "--consumers" => wish.consumers = true,
            "--python" => wish.python = words.next().ok_or("--python needs an interpreter")?.clone(),
            other => return Err(format!("no such option: {other}")),
        }
    }
    Ok(wish)
}

/// Refuses an interpreter that is too old for the package.
fn check_version(python: &str) -> Outcome {
    let code = "import sys; print(*sys.version_info[:2])";
    let text = captured(Command::new(python).args(["-c", code]))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut numbers = text.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
    let found = numbers.next().zip(numbers.next()).ok_or_else(|| format!("{python} tells no version"))?;
    if found >= OLDEST {
        return Ok(());
    }
    let (major, minor) = OLDEST;
    Err(format!("{python} is {}.{}: name one from {major}.{minor} on by --python", found.0, found.1))
}

/// Installs packages, without a word unless it fails.
fn pip(python: &Path, packages: &[&str]) -> Outcome {
    let mut install = Command::new(python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    pass_through(&mut install)
}

/// Builds the wheel, without the optimisations that take longest; where it is.
fn build(python: &Path, target: &Path) -> Outcome<PathBuf> {
    let wheels = target.join("wheels");
    fresh_folder(&wheels)?;
    let mut maturin = Command::new(python);
    maturin.current_dir(root()).env("CARGO_TARGET_DIR", target);
    maturin.args([
        "-m",
        "maturin",
        "build",
        "--quiet",
        "--locked",
        "--profile",
        "quick",
        "--compatibility",
        "linux",
    ]);
    pass_through(maturin.arg("--interpreter").arg(python).arg("--out").arg(&wheels))?;
    let names = files_in(&wheels, ".whl")?;
    let name = names.first().ok_or("maturin has built no wheel")?;
    Ok(wheels.join(name))
}

/// Runs our own tests and the examples in the documentation of the installed package, and compares its types with it.
fn test(python: &Path) -> Outcome {
    let folder = root().join("python/tests");
    let package = captured(Command::new(python).args(["-c", "import arr_io; print(arr_io.__path__[0])"]))?;
    let package = String::from_utf8_lossy(&package).trim().to_owned();
    let mut pytest = pytest(python, &folder);
    pass_through(pytest.arg("--doctest-modules").arg(&folder).arg(package))?;
    pass_through(Command::new(python).current_dir(&folder).args(["-m", "mypy.stubtest", "arr_io"]))
}

/// Runs the tests with the libraries that take our arrays.
fn consume(python: &Path) -> Outcome {
    pip(python, &["duckdb", "jax", "pandas", "polars", "pyarrow"])?;
    let folder = root().join("python/consumers");
    pass_through(pytest(python, &folder).arg(&folder))
}

/// Runs NumPy's own tests of its functions for files, from where they are installed, with ours in their place.
fn judge(python: &Path) -> Outcome {
    let folder =
        captured(Command::new(python).args(["-c", "import numpy.lib.tests as t; print(t.__path__[0])"]))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&folder).trim());
    let tests = root().join("python/tests");
    let mut pytest = pytest(python, &tests);
    pytest.env("PYTHONPATH", &tests).args(["-p", "numpy_judge", "--tb=short"]);
    let names = ["test_format.py", "test_io.py", "test_loadtxt.py"];
    pass_through(pytest.args(names.map(|name| folder.join(name))))
}

/// A run of pytest that leaves nothing behind, and imports the package that is installed.
fn pytest(python: &Path, folder: &Path) -> Command {
    let mut command = Command::new(python);
    command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1").args([
        "-m",
        "pytest",
        "--quiet",
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
    ]);
    command
}
