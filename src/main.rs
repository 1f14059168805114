//! The `hale` command: what was typed → a runtime → one command → its exit code. See [`halescore::cli`].

use std::process::ExitCode;

use halescore::cli::{self, Call};

fn main() -> ExitCode {
    let call = match Call::from_command_line() {
        Ok(call) => call,
        Err(code) => return code,
    };
    let console = call.console();
    cli::report_panics_to(console);
    match cli::runtime(call.threads()) {
        Ok(runtime) => {
            let code = runtime.block_on(cli::execute(call, console));
            // Background tasks of a stopped run get a moment to remove their files.
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
            code
        }
        Err(error) => console.failed(&error),
    }
}
