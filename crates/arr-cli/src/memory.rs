//! The command's memory: what happens when there is no more of it.
//!
//! Whatever has a size that a file or its data decides is reserved by the libraries so that a lack of memory is an error
//! with a message. What is small can't be refused: a name, an error's text, the state of a thread. For these a reserve
//! is kept. It is given back to the system when a small reservation fails, so that the command comes to its end with its
//! message. Should that be used up as well, the command ends with one line and the exit code of a failure. That is like
//! being killed: a file that is being written has no name yet, and one that is added to reads as it did.

#![allow(unsafe_code, reason = "only an allocator can try again")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What is kept for small reservations that fail, or null.
static RESERVED: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// What is reserved may be larger than this only where a failure is an error.
const SMALL: usize = 1 << 20;

/// Bytes of the reserve.
const RESERVE: usize = 512 << 10;

const RESERVE_LAYOUT: Layout = match Layout::from_size_align(RESERVE, 16) {
    Ok(layout) => layout,
    Err(_) => Layout::new::<u8>(),
};

/// Sets the reserve aside, if there is memory for it.
pub fn set_reserve_aside() {
    // SAFETY: the size of the layout is not zero.
    let reserve = unsafe { System.alloc(RESERVE_LAYOUT) };
    let before = RESERVED.swap(reserve, Ordering::AcqRel);
    free_reserve(before);
}

/// Gives a reserve back.
fn free_reserve(reserve: *mut u8) {
    if !reserve.is_null() {
        // SAFETY: it was taken from the system's allocator with this layout by `set_reserve_aside`, and whoever takes it
        // out of the place where that put it is the only one that has it.
        unsafe { System.dealloc(reserve, RESERVE_LAYOUT) };
    }
}

/// The system's allocator with a reserve. It is the program that chooses it: a library has the allocator of whoever loads
/// it.
#[derive(Debug)]
pub struct Reserving;

impl Reserving {
    /// What `reserve` gives; when that is nothing, once more without the reserve. Nothing only for what is large.
    #[inline]
    fn or_of_reserve(&self, size: usize, reserve: impl Fn() -> *mut u8) -> *mut u8 {
        let memory = reserve();
        if memory.is_null() && size <= SMALL { self.of_reserve(reserve) } else { memory }
    }

    #[cold]
    #[inline(never)]
    fn of_reserve(&self, reserve: impl Fn() -> *mut u8) -> *mut u8 {
        free_reserve(RESERVED.swap(ptr::null_mut(), Ordering::AcqRel));
        let memory = reserve();
        if memory.is_null() {
            end();
        }
        memory
    }
}

/// The file that is worked on, for the last line: as much of its name as fits.
static FILE: Mutex<(usize, [u8; 200])> = Mutex::new((0, [0; 200]));

/// Takes note of the file that is worked on from now on.
pub fn works_on(name: &str) {
    let Ok(mut file) = FILE.try_lock() else { return };
    // A name that is cut is cut between two characters.
    let len = (0..=name.len().min(200)).rev().find(|len| name.is_char_boundary(*len)).unwrap_or(0);
    if let (Some(to), Some(from)) = (file.1.get_mut(..len), name.as_bytes().get(..len)) {
        to.copy_from_slice(from);
        file.0 = len;
    }
}

/// Says that there is no memory and ends the command. Nothing here reserves any, or waits for a lock.
#[cold]
fn end() -> ! {
    use std::io::Write;
    let mut line = [0; 256];
    let len = {
        let mut left = &mut line[..];
        let _ = left.write_all(b"arr: ");
        if let Ok(file) = FILE.try_lock() {
            if let Some(name) = file.1.get(..file.0).filter(|name| !name.is_empty()) {
                let _ = left.write_all(name);
                let _ = left.write_all(b": ");
            }
        }
        let _ = left.write_all(b"out of memory\n");
        256 - left.len()
    };
    let line = line.get(..len).unwrap_or(&line);
    #[cfg(unix)]
    {
        use std::os::fd::FromRawFd;
        // SAFETY: it is the number of standard error, which is never closed here: the file is not dropped.
        let mut errors = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(2) });
        let _ = errors.write_all(line);
    }
    #[cfg(not(unix))]
    let _ = std::io::stderr().write_all(line);
    std::process::exit(2)
}

// SAFETY: every method passes on what it is given to the system's allocator, which keeps the contract, and returns what
// that returns, or null. It does not unwind: `end` ends the process.
unsafe impl GlobalAlloc for Reserving {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this method, which is the same.
        self.or_of_reserve(layout.size(), || unsafe { System.alloc(layout) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above; all memory that is handed out here is the system allocator's.
        unsafe { System.dealloc(memory, layout) };
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        self.or_of_reserve(layout.size(), || unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`; when it fails, the memory is as it was, and can be tried again.
        self.or_of_reserve(size, || unsafe { System.realloc(memory, layout, size) })
    }
}
