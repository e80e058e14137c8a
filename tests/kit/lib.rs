//! What tests build houses from.
