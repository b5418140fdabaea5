//! The run store from outside: crashes, full disks, damage, memory, and what its page says.
#![cfg(feature = "store")]

#[path = "store/mod.rs"]
mod store;
