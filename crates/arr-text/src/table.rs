//! Rows and columns of text: what all tables share.
