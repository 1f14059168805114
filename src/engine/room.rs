//! A memory pool that leaves room for what cannot spill.
//!
//! A sort takes what there is, and only gives way when it asks for more itself. What holds a window or the side of a join
//! asks later, cannot spill, and fails while a sort beside it holds nearly everything. Here all that can spill holds at
//! most a share of the memory together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::{human_readable_size, resources_datafusion_err};
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// The share of the memory, in quarters, that what can spill may hold.
const QUARTERS: usize = 3;

/// Another pool, of which what can spill gets but a share.
#[derive(Debug)]
pub(super) struct Room {
    pool: Arc<dyn MemoryPool>,
    /// What all that can spill may hold together.
    most: usize,
    /// What it holds.
    held: AtomicUsize,
}

impl Room {
    /// In a pool; `None` where that has no limit.
    pub(super) fn within(pool: Arc<dyn MemoryPool>) -> Option<Self> {
        let MemoryLimit::Finite(limit) = pool.memory_limit() else { return None };
        Some(Self { pool, most: limit / 4 * QUARTERS, held: AtomicUsize::new(0) })
    }
}

impl MemoryPool for Room {
    fn name(&self) -> &str {
        self.pool.name()
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.pool.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.pool.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        if reservation.consumer().can_spill() {
            self.held.fetch_add(additional, Ordering::Relaxed);
        }
        self.pool.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        if reservation.consumer().can_spill() {
            self.held.fetch_sub(shrink, Ordering::Relaxed);
        }
        self.pool.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if !reservation.consumer().can_spill() {
            return self.pool.try_grow(reservation, additional);
        }
        let held = self.held.fetch_add(additional, Ordering::Relaxed) + additional;
        let grown = if held > self.most {
            Err(resources_datafusion_err!(
                "Failed to allocate additional {} for {} with {} already allocated for this reservation - {} remain available for the total memory pool: {}",
                human_readable_size(additional),
                reservation.consumer().name(),
                human_readable_size(reservation.size()),
                human_readable_size((self.most + additional).saturating_sub(held)),
                self.pool
            ))
        } else {
            self.pool.try_grow(reservation, additional)
        };
        if grown.is_err() {
            self.held.fetch_sub(additional, Ordering::Relaxed);
        }
        grown
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.pool.memory_limit()
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryPool};

    use super::Room;

    #[test]
    fn what_can_spill_leaves_a_quarter_to_what_cannot() {
        let pool: Arc<dyn MemoryPool> = Arc::new(FairSpillPool::new(100));
        let room: Arc<dyn MemoryPool> = Arc::new(Room::within(Arc::clone(&pool)).unwrap());
        let sort = MemoryConsumer::new("sort").with_can_spill(true).register(&room);
        let window = MemoryConsumer::new("window").register(&room);
        assert!(sort.try_grow(76).is_err() && room.reserved() == 0);
        sort.try_grow(75).unwrap();
        assert!(sort.try_grow(1).is_err());
        window.try_grow(25).unwrap();
        assert!(window.try_grow(1).is_err());
        sort.shrink(50);
        window.try_grow(20).unwrap();
        sort.try_grow(30).unwrap();
        assert!(sort.try_grow(1).is_err(), "the pool's own rule holds as well");
        drop((sort, window));
        assert_eq!(pool.reserved(), 0);
    }
}
