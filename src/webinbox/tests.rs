//! Tests of all pages against a table of operations.
