//! Python for tests: other tools' own packages, where they are installed.

use std::process::Command;

use crate::skip;

/// The interpreter: `HALE_PYTHON`, or `python3`.
pub fn interpreter() -> String {
    std::env::var("HALE_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// What is there, or `None` with the reason said aloud. In CI nothing may be missing.
pub fn or_skip<T>(result: Result<T, impl std::fmt::Display>) -> Option<T> {
    match result {
        Ok(there) => Some(there),
        Err(reason) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("missing in CI: {reason}"),
        Err(reason) => {
            skip::aloud(reason);
            None
        }
    }
}

/// Whether the packages can be imported.
pub fn has(packages: &[&str]) -> Result<(), String> {
    let python = interpreter();
    let imports = format!("import {}", packages.join(", "));
    let tried = Command::new(&python).args(["-c", &imports]).output();
    match tried {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(format!("{python} has not all of {} (HALE_PYTHON names another one)", packages.join(", "))),
    }
}

/// The standard output of a script, which must succeed.
pub fn run(script: &str, arguments: &[&str]) -> String {
    let output = Command::new(interpreter()).args(["-c", script]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
