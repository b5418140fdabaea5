//! The structural diff: elements matched by identity, the first divergence, its causes and what
//! followed from it.
