//! Synthetic sources: any scale, seeded, streamed.
