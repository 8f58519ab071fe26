//! The operations on Rust programs. The language seam: they grow here.
