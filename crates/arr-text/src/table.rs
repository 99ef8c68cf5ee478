//! Tables of text: what `text`, `csv` and `tsv` have in common.
//!
//! Reading goes twice over the text. The first pass finds rows, on all cores, and where nothing else is asked for it looks
//! at line ends alone; so the shape is known before a value is read, and the result is reserved once. The second pass
//! makes items of fields, each thread those of a piece, straight into their place. Pieces are some hundred kilobytes, so
//! memory is that of the result and a constant; a row that is longer is cut at its fields.
//!
//! | module | what it has |
//! |---|---|
//! | `dialect` | what separates fields, what is a comment, what is white space |
//! | `encoding` | bytes as UTF-8 |
//! | `window` | a part of the text in memory |
//! | `words` | eight bytes of it at a time |
//! | `tokens` | rows as fields: the general rules |
//! | `long` | rows as fields, where rows are too long to be held |
//! | `index` | the first pass |
//! | `infer`, `scan` | which dtype fields have |
//! | `detect` | which delimiter there is |
//! | `plan` | what is to be read, all together |
//! | `parts` | rows that are too long for one piece |
//! | `columns`, `numbers`, `times` | fields as values |
//! | `fast`, `steps` | rows of plain fields, in one go |
//! | `rows` | the second pass |
//! | `sniff` | whether bytes look like a table |
//! | `codec` | all of it as a format |

pub(crate) mod codec;
pub(crate) mod columns;
pub(crate) mod detect;
pub(crate) mod dialect;
pub(crate) mod encoding;
mod fast;
pub(crate) mod fault;
mod index;
pub(crate) mod infer;
mod lines;
mod long;
pub(crate) mod numbers;
mod parts;
pub(crate) mod plan;
mod rows;
mod scan;
pub(crate) mod sniff;
mod steps;
#[cfg(test)]
mod tests;
pub(crate) mod times;
pub(crate) mod tokens;
pub(crate) mod window;
mod words;
