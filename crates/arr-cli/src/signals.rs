//! Signals that end the command, while files are half done.
//!
//! Where nothing would be left behind, a signal ends the process at once, as by default. Otherwise the work is cancelled
//! and cleans up, and then the process ends by that signal, so that a shell sees what happened. A second signal ends it
//! at once.

#[cfg(unix)]
pub use unix::{catch, caught, die_if_caught, interruptible};

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Read};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, OnceLock};

    use arr_io::{Error, ErrorKind, Input};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;

    /// The number of the signal that came first, or 0.
    static CAUGHT: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

    /// From now on signals cancel work that would leave something behind. Those that are ignored stay so.
    pub fn catch() -> io::Result<()> {
        let caught = CAUGHT.get_or_init(Arc::default);
        let is_second = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            if is_ignored(signal) {
                continue;
            }
            let number = usize::try_from(signal).map_err(io::Error::other)?;
            flag::register_conditional_default(signal, arr_io::format::at_rest())?;
            flag::register_conditional_default(signal, Arc::clone(&is_second))?;
            flag::register(signal, Arc::clone(&is_second))?;
            flag::register_usize(signal, Arc::clone(caught), number)?;
        }
        Ok(())
    }

    /// True when a signal came.
    pub fn caught() -> bool {
        number() != 0
    }

    fn number() -> usize {
        CAUGHT.get().map_or(0, |caught| caught.load(Ordering::SeqCst))
    }

    /// Ends the process by the signal that came, if one did.
    pub fn die_if_caught() {
        if let Some(signal) = i32::try_from(number()).ok().filter(|signal| *signal != 0) {
            // It returns only where the process can't be ended so.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }

    /// True when whoever started the process wants it not to be ended by that signal, as `nohup` does. Systems that do not
    /// tell are taken not to.
    fn is_ignored(signal: i32) -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        let bit = u32::try_from(signal).ok().and_then(|signal| signal.checked_sub(1));
        ignored
            .zip(bit)
            .is_some_and(|(ignored, bit)| ignored.checked_shr(bit).is_some_and(|bits| bits & 1 == 1))
    }

    /// An open file as an input. Waiting for the other end of a pipe or a terminal ends with a signal.
    pub fn interruptible(file: File) -> Result<Input<'static>, Error> {
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file() || metadata.is_dir());
        match CAUGHT.get() {
            Some(_) if !is_file => Ok(Input::from_reader(Interruptible(file))),
            _ => Input::from_file(file),
        }
    }

    struct Interruptible(File);

    /// How long a signal may wait that comes just before the wait for bytes begins.
    const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

    impl Read for Interruptible {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            loop {
                if caught() {
                    return Err(Error::new(ErrorKind::Cancelled, "the work was cancelled").into());
                }
                match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&PATIENCE)) {
                    Ok(0) | Err(rustix::io::Errno::INTR) => {}
                    // What can't be waited for is read, and says itself what is wrong.
                    Ok(_) | Err(_) => return self.0.read(bytes),
                }
            }
        }
    }
}

#[cfg(not(unix))]
pub use elsewhere::{catch, caught, die_if_caught, interruptible};

/// There are no signals: the process ends at once.
#[cfg(not(unix))]
mod elsewhere {
    pub fn catch() -> std::io::Result<()> {
        Ok(())
    }

    pub fn caught() -> bool {
        false
    }

    pub fn die_if_caught() {}

    pub fn interruptible(file: std::fs::File) -> Result<arr_io::Input<'static>, arr_io::Error> {
        arr_io::Input::from_file(file)
    }
}
