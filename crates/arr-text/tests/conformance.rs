//! ND4J's text shows what every format shows.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::Path;

use arr_conformance::Suite;
use arr_text::format::Nd4jTxt;

/// M2.1 loses rows of such arrays.
fn is_lossy(name: &str) -> bool {
    name == "m21-f64-2x2x3x2-f.txt"
}

#[test]
fn nd4j_txt() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let (sound, odd) = (fixtures.join("nd4j/nd4j-txt"), fixtures.join("hostile/nd4j"));
    let suite = Suite::new(&Nd4jTxt)
        .text()
        .overhead(1 << 16)
        .effort(400)
        .folder(&sound, |name| !is_lossy(name))
        .unwrap();
    let suite = suite.broken_folder(&sound, is_lossy).unwrap();
    let suite = suite.broken_folder(&odd, |name| name.ends_with(".txt")).unwrap();
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}
