//! What a terminal gets: tables that fit it, and colours, which nothing else gets.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use insta::assert_snapshot;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use support::{arr_in, command, folder, npy};

/// What a terminal of so many columns shows.
fn on_terminal(folder: &Path, columns: u16, args: &[&str], variables: &[(&str, &str)]) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let side = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    tcsetwinsize(&side, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut command = command(folder, args);
    command.env("TERM", "xterm").env_remove("NO_COLOR").envs(variables.iter().copied());
    let mut child = command.stdout(side.try_clone().unwrap()).stderr(side).spawn().unwrap();
    drop(command);
    let (mut shown, mut piece, mut terminal) = (Vec::new(), [0; 4096], File::from(terminal));
    // Behind the last process that writes there is an error, not an end.
    while let Ok(len @ 1..) = terminal.read(&mut piece) {
        shown.extend(&piece[..len]);
    }
    child.wait().unwrap();
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

/// Files with long paths, and one of many fields.
fn files() -> tempfile::TempDir {
    let items = |count: usize| vec![1; count];
    let record = "[('position', '<f4', (3,)), ('velocity', '<f4', (3,)), ('name', '<U4'), ('mass', '<f8')]";
    let folder = folder(&[]);
    for (path, bytes) in [
        ("checkpoints/epoch-0001/encoder/attention/kernel.npy", npy("'<f4'", false, "(3, 4)", &items(48))),
        ("checkpoints/epoch-0001/encoder/b.npy", npy("'>i2'", true, "(2, 1, 5)", &items(20))),
        ("particles.npy", npy(record, false, "(2,)", &items(96))),
        ("\u{540d}\u{524d}.npy", npy("'|u1'", false, "(7,)", &items(7))),
        ("cut.npy", npy("'<f8'", false, "(9,)", &items(70))),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

#[test]
fn tables_fit_the_terminal() {
    let folder = files();
    arr_in(folder.path(), &["convert", "checkpoints", "particles.npy", "all.npz"]).ok();
    let mut text = String::new();
    for args in [&["info", "."][..], &["info", "all.npz"], &["stats", "checkpoints", "particles.npy"]] {
        for columns in [40, 80, 200] {
            let shown = on_terminal(folder.path(), columns, args, &[("NO_COLOR", "1")]);
            text.push_str(&format!("$ arr {} on {columns} columns\n{shown}\n", args.join(" ")));
            let fits = |line: &str| console::measure_text_width(line) <= columns.into();
            let is_table = |line: &&str| line.contains(".npy") && !line.starts_with("arr: ");
            // The numbers of statistics, and on 40 columns all numbers, take more.
            assert!(
                columns == 40
                    || columns == 80 && args[0] == "stats"
                    || shown.lines().filter(is_table).all(fits),
                "{columns}: {shown}"
            );
        }
        let run = arr_in(folder.path(), args);
        text.push_str(&format!("$ arr {} into a pipe\n{}{}\n", args.join(" "), run.out, run.err));
    }
    assert_snapshot!(text);
}

#[test]
fn faults_and_differences_are_red_on_a_terminal() {
    let folder = files();
    let record = folder.path().join("particles.npy");
    let mut bytes = std::fs::read(&record).unwrap();
    bytes.push(0);
    std::fs::write(&record, bytes).unwrap();
    let kernel = "checkpoints/epoch-0001/encoder/attention/kernel.npy";
    for (args, red) in [
        (&["check", "particles.npy"][..], "\u{1b}[31mparticles.npy: npy: 1 bytes follow"),
        (&["diff", "particles.npy", kernel], "\u{1b}[31mparticles.npy and "),
        (&["show", "nothing.npy"], "\u{1b}[31marr:\u{1b}[0m nothing.npy: "),
    ] {
        let shown =
            |args: &[&str], variables: &[(&str, &str)]| on_terminal(folder.path(), 80, args, variables);
        assert!(shown(args, &[]).contains(red), "{:?}", shown(args, &[]));
        assert!(!shown(args, &[("NO_COLOR", "1")]).contains('\u{1b}'));
        assert!(!shown(args, &[("TERM", "dumb")]).contains('\u{1b}'));
        assert!(!shown(&[args, &["--color", "never"]].concat(), &[]).contains('\u{1b}'));
        let run = arr_in(folder.path(), args);
        assert!(!run.out.contains('\u{1b}') && !run.err.contains('\u{1b}'));
        let run = arr_in(folder.path(), &[args, &["--color", "always"]].concat());
        assert!(format!("{}{}", run.out, run.err).contains(red));
    }
    // JSON has none.
    let run = arr_in(folder.path(), &["check", "particles.npy", "--json", "--color", "always"]);
    assert!(!run.out.contains('\u{1b}'));
}
