//! What ferray-io asserts: headers and dtypes, arrays of every dtype, archives, maps and tables of text.

mod arrays;
mod headers;
mod maps;
mod texts;
