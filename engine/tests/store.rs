//! The run store from outside: crashes, full disks, damage, memory, and what its page says.
#![cfg(feature = "store")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

#[path = "store/mod.rs"]
mod store;
