//! Work that did not fit into memory, once more in ways that want less of it.

use std::sync::Arc;

use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::SessionContext;

use super::Session;
use super::day_window::{WindowMode, WindowOptions};
use super::in_turn::UnionsInTurn;
use super::room::Room;

/// Rows that are handled together where memory is scarce.
const SMALL_BATCH: usize = 1024;

impl Session {
    /// What work over the catalogue gives; as long as it runs out of memory, in ways that want less of it.
    ///
    /// # Errors
    /// What the last of these ways says.
    pub async fn frugally<T, E, F: Future<Output = std::result::Result<T, E>>>(
        &self,
        ran_out: impl Fn(&E) -> bool,
        work: impl Fn(Self) -> F,
    ) -> std::result::Result<T, E> {
        let (mut done, mut step) = (work(self.clone()).await, 0);
        while done.as_ref().is_err_and(&ran_out)
            && let Some(frugal) = self.more_frugal(step)
        {
            done = work(frugal).await;
            step += 1;
        }
        done
    }

    /// The same catalogue for what did not fit into memory, each step with less than the one before: windows over sorted
    /// rows, which hold one account and let the sort spill; then on one thread and one member of a union after the other,
    /// so that few sorts and aggregates share the memory, in small batches, and with room beside them for what cannot
    /// spill.
    fn more_frugal(&self, step: usize) -> Option<Self> {
        let state = self.context.state();
        let mut config = state.config().clone();
        config.options_mut().extensions.insert(WindowOptions { window_mode: WindowMode::Sorted });
        let runtime = Arc::clone(state.runtime_env());
        let builder = SessionStateBuilder::new_from_existing(state);
        let builder = match step {
            0 => builder.with_config(config),
            1 => {
                let room = Room::within(Arc::clone(&runtime.memory_pool))?;
                let runtime = RuntimeEnvBuilder::from_runtime_env(&runtime).with_memory_pool(Arc::new(room));
                builder
                    .with_config(config.with_target_partitions(1).with_batch_size(SMALL_BATCH))
                    .with_runtime_env(runtime.build_arc().ok()?)
                    .with_physical_optimizer_rule(Arc::new(UnionsInTurn))
            }
            _ => return None,
        };
        let mut frugal = self.clone();
        frugal.context = SessionContext::new_with_state(builder.build());
        Some(frugal)
    }
}
