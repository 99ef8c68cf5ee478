//! `cargo xtask fuzz --planted`: faults that are planted in a copy of the sources, each of which a target has to notice.
//!
//! An oracle that never fails looks like one that finds nothing. Here are wrong values that the library could give, at least
//! one for each target: a target that runs to its end with one of them compares nothing that matters there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use super::{FOLDER, cargo_fuzz, for_seconds, seed};
use crate::run::{Outcome, captured, fresh_folder, read, root, shown, sources, write};

/// Seconds in which a fault has to be noticed, if nothing else is asked for.
pub(super) const SECONDS: u32 = 60;

/// A fault, and the target that has to notice it.
struct Planted {
    target: &'static str,
    /// What is wrong then.
    what: &'static str,
    /// The file, from the folder of the workspace on.
    file: &'static str,
    /// A text that is there once.
    text: &'static str,
    /// What stands there instead.
    instead: &'static str,
}

const PLANTED: &[Planted] = &[
    Planted {
        target: "npy",
        what: "numbers are called native and not swapped",
        file: "crates/arr-npy/src/read.rs",
        text: "let swap = how.byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted));",
        instead: "let swap = Swap::Nothing;",
    },
    Planted {
        target: "header",
        what: "Fortran order is read as C order in common headers",
        file: "crates/arr-npy/src/header/fast.rs",
        text: "None => (Order::F, strip(text, F_ORDER)?),",
        instead: "None => (Order::C, strip(text, F_ORDER)?),",
    },
    Planted {
        target: "dtype",
        what: "the byte order of texts is not printed",
        file: "crates/arr-core/src/model/dtype/print.rs",
        text: r#"DType::Unicode(length, order) => write!(f, "{}U{length}", order.symbol()),"#,
        instead: r#"DType::Unicode(length, _) => write!(f, "<U{length}"),"#,
    },
    Planted {
        target: "layout",
        what: "the last item of a slice with a step is left out",
        file: "crates/arr-core/src/model/layout/slice.rs",
        text: "distance.div_ceil(step.unsigned_abs())",
        instead: "distance / step.unsigned_abs()",
    },
    Planted {
        target: "cast",
        what: "whole numbers that do not fit become the largest one and do not wrap",
        file: "crates/arr-core/src/ops/cast/numbers.rs",
        text: "(value as $type, !CHECKED || <$type>::try_from(value).is_ok())",
        instead: "(<$type>::try_from(value).unwrap_or(<$type>::MAX), !CHECKED || <$type>::try_from(value).is_ok())",
    },
    Planted {
        target: "detect",
        what: "bytes behind the last array are not counted",
        file: "crates/arr-io/src/info.rs",
        text: "info.trailing = self.raw().trailing()?;",
        instead: "self.raw().trailing()?;",
    },
    Planted {
        target: "print",
        what: "negative numbers are printed without their sign",
        file: "crates/arr-core/src/ops/print/item.rs",
        text: "number::signed(item, order).into()",
        instead: "number::unsigned(item, order).into()",
    },
    Planted {
        target: "npz",
        what: "members in Fortran order are read as in C order",
        file: "crates/arr-npy/src/read.rs",
        text: "Layout::contiguous(header.shape(), header.dtype().itemsize(), header.order())?",
        instead: "Layout::contiguous(header.shape(), header.dtype().itemsize(), arr_core::Order::C)?",
    },
    Planted {
        target: "part",
        what: "each block of an array in Fortran order has the rows of the first one",
        file: "crates/arr-npy/src/blocks.rs",
        text: "SliceItem::Range { start: bound(self.next), stop: bound(end), step: 1 }",
        instead: "SliceItem::Range { start: bound(0), stop: bound(end - self.next), step: 1 }",
    },
    Planted {
        target: "nd4j",
        what: "big-endian items of a FlatArray are read as little-endian ones",
        file: "crates/arr-binary/src/nd4j/flatarray/table.rs",
        text: "(_, 1) => ByteOrder::Big,",
        instead: "(_, 1) => ByteOrder::Little,",
    },
    Planted {
        target: "nd4j",
        what: "strides are taken in the order of the axes turned round",
        file: "crates/arr-binary/src/nd4j/shape.rs",
        text: "Ok(Self { shape, strides: strides.to_vec(), options, element_stride, order })",
        instead: "Ok(Self { shape, strides: strides.iter().rev().copied().collect(), options, element_stride, order })",
    },
    Planted {
        target: "nd4j",
        what: "the variables of a graph behind one without a value are left out",
        file: "crates/arr-binary/src/nd4j/samediff/graph.rs",
        text: "else { continue };",
        instead: "else { break };",
    },
    Planted {
        target: "layer",
        what: "all members of a compressed file but the first are left out",
        file: "crates/arr-io/src/layer/unpack.rs",
        text: "Member::Open(decoder(self.compression)?)\n        } else {",
        instead: "Member::AllRead\n        } else {",
    },
    Planted {
        target: "doors",
        what: "blocks in Fortran order are cut along the first axis",
        file: "crates/arr-core/src/format/blocks.rs",
        text: "if self.order == Order::F {\n            axes.reverse();\n        }",
        instead: "",
    },
    Planted {
        target: "text",
        what: "the digits behind the point are not counted where a power of ten follows",
        file: "crates/arr-core/src/format/number/parse.rs",
        text: "power.saturating_sub_unsigned(places as u64)",
        instead: "if behind > 0 { power } else { power.saturating_sub_unsigned(places as u64) }",
    },
    Planted {
        target: "pickle",
        what: "whole numbers of eight bytes are written with the first byte last",
        file: "crates/arr-serde/src/pickle/write/encode.rs",
        text: "self.raw(&int.to_le_bytes())",
        instead: "self.raw(&int.to_be_bytes())",
    },
    Planted {
        target: "json",
        what: "it is not written that items lie in Fortran order",
        file: "crates/arr-serde/src/json/write/array.rs",
        text: "before.extend_from_slice(if is_fortran {",
        instead: "before.extend_from_slice(if is_fortran && what.shape.is_empty() {",
    },
    Planted {
        target: "torch7",
        what: "a tensor begins one element behind where it does",
        file: "crates/arr-binary/src/torch7/tensor.rs",
        text: "unsigned(&(self.offset - 1))?",
        instead: "unsigned(&self.offset)?",
    },
    Planted {
        target: "torch7",
        what: "elements that are narrowed to a C long of 4 bytes lose their sign",
        file: "crates/arr-binary/src/torch7/write/encode.rs",
        text: "let narrow = i32::try_from(value).map_err(|_| {",
        instead: "let narrow = i32::try_from(value.abs()).map_err(|_| {",
    },
];

/// How a fault was noticed.
struct Noticed {
    seconds: f64,
    /// Inputs that the target had run by then, as it says.
    executions: String,
    /// Where the oracle stands that failed.
    place: String,
}

/// Plants the faults of some targets, one after another, and runs each target until it notices. A fault that is not noticed is
/// an error; the others are gone through all the same. Only a copy of the sources is changed.
pub(super) fn notice(targets: &[String], seconds: u32) -> Outcome {
    let folder = root().join("target/planted");
    let tree = folder.join("sources");
    let (mut rows, mut missed) = (Vec::new(), Vec::new());
    for fault in PLANTED.iter().filter(|fault| targets.iter().any(|target| target == fault.target)) {
        copy_sources(&tree)?;
        println!("planted: {}: {} ...", fault.target, fault.what);
        match fault.noticed(&tree, &folder.join("corpus"), seconds) {
            Ok(Noticed { seconds, executions, place }) => rows.push(format!(
                "{:<7}  {:>6.1}  {executions:>10}  {place:<22}  {}",
                fault.target, seconds, fault.what
            )),
            Err(error) => missed.push(format!("{}: {}: {error}", fault.target, fault.what)),
        }
    }
    println!("\ntarget  seconds  executions  noticed at              fault");
    rows.iter().for_each(|row| println!("{row}"));
    if missed.is_empty() { Ok(()) } else { Err(missed.join("\n")) }
}

/// Makes a folder hold the sources as they are. What is the same already stays as it is, so that it is not built again.
fn copy_sources(tree: &Path) -> Outcome {
    for name in sources()?.iter().filter(|name| !name.starts_with("fixtures/")) {
        let (from, to) = (root().join(name), tree.join(name));
        // What git lists and is not there was just removed.
        let Ok(bytes) = std::fs::read(&from) else { continue };
        if std::fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        let folder = to.parent().unwrap_or(tree);
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        write(&to, &bytes)?;
    }
    Ok(())
}

impl Planted {
    /// The file with the fault in it.
    fn planted_in(&self, file: &str) -> Outcome<String> {
        match file.matches(self.text).count() {
            1 => Ok(file.replace(self.text, self.instead)),
            count => Err(format!(
                "the text that the fault replaces is {count} times in {}, expected once: change the fault as the file was \
                 changed: {}",
                self.file, self.text
            )),
        }
    }

    /// Plants the fault in a copy of the sources and runs the target there, on its seeds and what it makes of them.
    fn noticed(&self, tree: &Path, corpora: &Path, seconds: u32) -> Outcome<Noticed> {
        let file = tree.join(self.file);
        let text = String::from_utf8_lossy(&read(&file)?).into_owned();
        write(&file, self.planted_in(&text)?.as_bytes())?;
        captured(&mut self.cargo_fuzz("build", tree))?;
        let corpus: PathBuf = corpora.join(self.target);
        fresh_folder(&corpus)?;
        seed(&corpus, self.target)?;
        let start = Instant::now();
        let mut command = self.cargo_fuzz("run", tree);
        let command = for_seconds(&mut command, &corpus, seconds);
        let output = command.output().map_err(|error| format!("cannot run {}: {error}", shown(command)))?;
        let (executions, place) = judged(&output)?;
        Ok(Noticed { seconds: start.elapsed().as_secs_f64(), executions, place })
    }

    /// cargo-fuzz with the target, less optimised: most of the time goes into building.
    fn cargo_fuzz(&self, verb: &str, tree: &Path) -> Command {
        let mut command = cargo_fuzz(verb, self.target, tree, "target/planted/built");
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        command
    }
}

/// How many inputs a target ran until its oracle failed, and where that stands. It is an error if none did.
fn judged(output: &Output) -> Outcome<(String, String)> {
    let said = String::from_utf8_lossy(&output.stderr);
    let after = |words: &str| said.split_once(words).and_then(|(_, rest)| rest.lines().next()).map(str::trim);
    let executions = after("stat::number_of_executed_units:").unwrap_or("?");
    if output.status.success() {
        return Err(format!("it is not noticed in {executions} executions: compare what it changes"));
    }
    let Some(place) = after("panicked at ") else {
        let end: Vec<&str> = said.lines().rev().take(12).collect();
        let end: Vec<&str> = end.into_iter().rev().collect();
        return Err(format!("the target ends for another reason than its oracle:\n{}", end.join("\n")));
    };
    let place = place.trim_end_matches(':');
    // The sources of the targets are named from their own folder on, others by their whole path.
    let own = place
        .strip_prefix("src/")
        .or_else(|| place.split_once(&format!("{FOLDER}/src/")).map(|(_, own)| own));
    match own {
        Some(own) => Ok((executions.to_owned(), own.to_owned())),
        None => Err(format!("the library panics at {place}, which is another fault than wrong values")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_there_once_and_each_target_has_a_fault() {
        for fault in PLANTED {
            let file = String::from_utf8(read(&root().join(fault.file)).unwrap()).unwrap();
            assert_ne!(fault.planted_in(&file).unwrap(), file, "{}: {}", fault.target, fault.what);
        }
        let targets = super::super::targets().unwrap();
        for target in &targets {
            assert!(PLANTED.iter().any(|fault| fault.target == target), "no fault is planted for {target}");
        }
        for fault in PLANTED {
            assert!(
                targets.iter().any(|target| target == fault.target),
                "there is no target {}",
                fault.target
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_an_oracle_counts() {
        let output = |code: i32, said: &str| Output {
            status: std::os::unix::process::ExitStatusExt::from_raw(code << 8),
            stdout: Vec::new(),
            stderr: said.as_bytes().to_vec(),
        };
        let judge = |code, said| judged(&output(code, said));
        let oracle = "thread panicked at src/npy.rs:155:9:\nread: ..\nstat::number_of_executed_units: 17\n";
        assert_eq!(judge(77, oracle), Ok(("17".to_owned(), "npy.rs:155:9".to_owned())));
        let library = "thread panicked at /somewhere/crates/arr-core/src/lib.rs:1:1:\n";
        assert!(judge(77, library).unwrap_err().contains("the library panics"));
        assert!(judge(77, "ERROR: libFuzzer: timeout\n").unwrap_err().contains("libFuzzer: timeout"));
        let unnoticed = judge(0, "stat::number_of_executed_units: 9\n").unwrap_err();
        assert!(unnoticed.contains("not noticed in 9 executions"), "{unnoticed}");
    }

    #[test]
    fn a_text_that_is_not_there_once_is_an_error_that_says_so() {
        let fault = Planted { target: "npy", what: "a sum", file: "sum.rs", text: "a + b", instead: "a - b" };
        assert_eq!(fault.planted_in("f(a + b)"), Ok("f(a - b)".to_owned()));
        for file in ["", "a + b, a + b"] {
            assert!(fault.planted_in(file).unwrap_err().contains("times in sum.rs, expected once: change"));
        }
    }
}
