//! Standard output, as this process got it.
//!
//! The runtime of Rust opens the null device in place of a standard output that is closed: whatever is printed would be
//! lost without a word. So this looks at it before.

use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::args::When;

/// True when standard output was closed when the process began.
static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

#[cfg(unix)]
ctor::declarative::ctor! {
    /// Asks the system alone, and notes the answer: nothing of the runtime is there yet.
    #[ctor(unsafe)]
    fn look() {
        let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        WAS_CLOSED.store(is_closed, Ordering::Relaxed);
    }
}

/// What is written to standard output; an error where it is closed.
#[derive(Debug)]
pub struct Standard(Stdout);

impl Standard {
    /// Standard output.
    pub fn new() -> Self {
        Self(stdout())
    }
}

impl Write for Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        check_open()?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// An error where standard output is closed.
pub fn check_open() -> io::Result<()> {
    match WAS_CLOSED.load(Ordering::Relaxed) {
        true => Err(io::Error::other("standard output is closed")),
        false => Ok(()),
    }
}

/// When colours are used.
static COLORS: OnceLock<When> = OnceLock::new();

/// Says when colours are used, once.
pub fn set_colors(when: When) {
    // What was said first counts.
    let _ = COLORS.set(when);
}

/// Whether what goes to `stream` may have colours.
pub fn has_colors(stream: &impl IsTerminal) -> bool {
    match COLORS.get() {
        Some(When::Always) => true,
        Some(When::Never) => false,
        Some(When::Auto) | None => {
            let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb
        }
    }
}

/// Rows and columns of the terminal that standard output is, if it is one.
pub fn size() -> Option<(u16, u16)> {
    if stdout().is_terminal() { console::Term::stdout().size_checked() } else { None }
}

/// A sequence of a terminal: what follows is red.
pub const RED: &str = "\u{1b}[31m";

/// A sequence of a terminal: what follows is as usual.
pub const USUAL: &str = "\u{1b}[0m";
