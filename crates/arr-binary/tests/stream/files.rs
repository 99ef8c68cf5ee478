//! The files that real ND4J releases wrote.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The files of a format that can be read, with their place.
pub fn files(format: &str) -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j");
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap().iter();
    let files = files.filter(|file| cfg!(feature = "gzip") || file["compression"] != "GZIP");
    let wanted = files.filter(|file| file["format"] == format);
    wanted.map(|file| (folder.join(file["file"].as_str().unwrap()), file.clone())).collect()
}
