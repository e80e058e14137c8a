//! What tests share: what must hold for any input (`fuzz`).

pub mod fuzz;
