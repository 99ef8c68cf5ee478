//! Data sets and normalizers of Deeplearning4j (format `nd4j-dataset`): [streams](super::stream) one after another, each with a
//! name.
//!
//! | written by | what stands before the streams | names, in their order |
//! |---|---|---|
//! | `DataSet.save` | a byte of flags: 1 features, 2 labels, 4 labels that are the features, 8 and 16 masks of both, 32 metadata | `features`, `labels`, `features_mask`, `labels_mask` |
//! | `MultiDataSet.save` | four counts of 4 bytes | `features_0`, `features_1`, ...; `labels_0`, ...; `features_mask_0`, ...; `labels_mask_0`, ... |
//! | `NormalizerSerializer.write` | the text `NORMALIZER`, the number 1, the type as a text, and what the type has besides | `mean`, `std` or `min`, `max`, and the same of labels: `label_mean`, ...; of several inputs with a number: `mean_0`, ... |
//!
//! Numbers are big-endian and texts have their length in 2 bytes before them, as `DataOutputStream` writes them. Labels that are
//! the features are the same array under both names. For a mask that is missing in a `MultiDataSet` ND4J writes one -1. The
//! metadata behind a data set are Java objects, and not read.
//!
//! Types of normalizers: `STANDARDIZE`, `MIN_MAX`, `MULTI_STANDARDIZE` and `MULTI_MIN_MAX`. Those of images have no arrays, and
//! `MULTI_HYBRID` and types of users are refused by name.

pub(crate) mod format;
mod layout;

/// The registered name of the format.
const NAME: &str = "nd4j-dataset";
