//! The `hale` command: what was typed → one command → its exit code. See [`halescore::cli`].

use mimalloc::MiMalloc;
use std::process::ExitCode;

use halescore::cli::{Call, execute, report_panics_to};

/// Queries make and drop many small arrays on many threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match Call::from_command_line() {
        Ok(call) => {
            let console = call.console();
            report_panics_to(console);
            execute(call, console)
        }
        // Help was printed, or a complaint about the arguments.
        Err(code) => code,
    }
}
