//! SIGINT and SIGTERM: what is being done is dropped, and dropping it cleans up.

use super::console::{Failure, Outcome};
use crate::error::Error;

const SIGINT: u8 = 2;
#[cfg(unix)]
const SIGTERM: u8 = 15;

/// The result of `work`, unless a signal comes first; then `work` is dropped where it stands.
///
/// From the first call on, signals no longer kill the process: what must not be stopped comes after, outside.
pub(super) async fn unless_stopped<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::select! {
        biased;
        signal = stopped() => Err(Failure::Hale(Error::Interrupted(signal))),
        done = work => done,
    }
}

/// Waits for a signal to stop. Where signals cannot be watched, for ever.
#[cfg(unix)]
async fn stopped() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
            _ = interrupt.recv() => SIGINT,
            _ = terminate.recv() => SIGTERM,
        },
        _ => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn stopped() -> u8 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => SIGINT,
        Err(_) => std::future::pending().await,
    }
}
