//! x
crate::tests![page;];
