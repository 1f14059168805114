//! What ends work from outside: SIGINT and SIGTERM, and panics. What is being done is dropped, and dropping it cleans up.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use super::outcome::{Failure, Outcome};
use crate::error::Error;

const SIGINT: u8 = 2;
#[cfg(unix)]
const SIGTERM: u8 = 15;

/// The result of `work`, unless a signal comes first; then `work` is dropped where it stands.
///
/// From the first call on, signals no longer kill the process: what must not be stopped comes after, outside.
pub(super) async fn unless_stopped<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let done = tokio::select! {
        biased;
        signal = stopped() => Err(Failure::Hale(Error::Interrupted(signal))),
        done = work => done,
    };
    if matches!(done, Err(Failure::Hale(Error::Interrupted(_)))) {
        cleaned_up().await;
    }
    done
}

/// Waits until what was dropped has removed its files from storage far away, for a few seconds at most: whoever sent
/// the signal will soon send one that cannot be caught. What stays is removed by the next run.
async fn cleaned_up() {
    let tasks = tokio::runtime::Handle::current().metrics();
    for _ in 0..500 {
        if tasks.num_alive_tasks() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The result of `work`, unless it panics: the panic's hook has said what there is to say.
pub(super) async fn unless_panicked<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    // Nothing that the work has changed is looked at again.
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or(Err(Failure::Panicked))
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
