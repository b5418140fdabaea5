//! Tests of the run store as its users see it: crashes, full disks, damage, memory, and its page.
#![cfg(feature = "store")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

#[path = "store/mod.rs"]
mod store;
