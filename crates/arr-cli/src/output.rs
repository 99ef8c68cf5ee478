//! Standard output, as this process got it.
//!
//! The runtime of Rust opens the null device in place of a standard output that is closed: whatever is printed would be
//! lost without a word. So this looks at it before.

use std::io::{self, StdoutLock, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

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
pub struct Standard(StdoutLock<'static>);

impl Standard {
    /// Standard output, for this thread alone.
    pub fn lock() -> Self {
        Self(stdout().lock())
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
