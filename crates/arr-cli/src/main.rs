//! The program of the `arr` command.

use std::process::ExitCode;

use arr_cli::memory::{self, Reserving};

#[global_allocator]
static MEMORY: Reserving = Reserving;

fn main() -> ExitCode {
    memory::set_reserve_aside();
    arr_cli::run(std::env::args_os())
}
