//! `cargo xtask cross`: the tests on a big-endian machine (s390x, emulated), and a build for WebAssembly.

use std::path::Path;
use std::process::Command;

use crate::run::{Outcome, captured, cargo, pass_through, root};

/// A compiler that has the sources of its standard library beside it, so that it can build it for any machine.
const COMPILER: &str = "/usr/bin/rustc";

/// What Debian calls all that is needed.
const PACKAGES: &str = "rustc-web rust-web-src lld qemu-user gcc-s390x-linux-gnu libc6-dev-s390x-cross";

/// The crates whose code depends on the machine.
const CRATES: &[&str] = &["arr-core", "arr-npy", "arr-binary", "arr-text", "arr-io"];

/// Builds for both machines, and runs the tests of one.
pub(crate) fn main(words: &[String]) -> Outcome {
    if !words.is_empty() {
        return Err("cross takes no arguments".into());
    }
    for program in [COMPILER, "s390x-linux-gnu-gcc", "qemu-s390x", "wasm-ld"] {
        captured(Command::new(program).arg("--version")).map_err(|_| {
            format!("{program} is missing or no compiler for other machines; to get it: apt-get install {PACKAGES}")
        })?;
    }
    pass_through(
        cross("test", "s390x-unknown-linux-gnu")
            .args(["--lib", "--tests", "--no-fail-fast"])
            .env("CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER", "s390x-linux-gnu-gcc")
            .env("CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_RUNNER", "qemu-s390x -L /usr/s390x-linux-gnu"),
    )?;
    pass_through(
        cross("build", "wasm32-unknown-unknown")
            .args(["--no-default-features", "--features", "arr-io/npz,arr-io/ndarray"])
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Clinker-flavor=wasm-ld"),
    )
}

/// Cargo with Debian's compiler for that machine, in a target folder of its own.
fn cross(what: &str, machine: &str) -> Command {
    let mut command = cargo();
    command.arg(what).args(["-Zbuild-std=std,panic_abort", "--target", machine]);
    command.args(CRATES.iter().flat_map(|name| ["-p", name]));
    command.env("RUSTC", Path::new(COMPILER)).env("RUSTC_BOOTSTRAP", "1");
    command.env("CARGO_TARGET_DIR", root().join("target/cross"));
    command
}
