//! The Rust front end of the model. The language seam: it will answer with the same [`super::Analysis`].
