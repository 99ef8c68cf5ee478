//! The bodies of the fuzz targets, with the fixtures and with mutations of them: what `cargo xtask fuzz` does for
//! hours with a compiler of its own, done for seconds with every compiler.
#![cfg(all(
    feature = "npz",
    feature = "nd4j",
    feature = "json",
    feature = "pickle",
    feature = "torch7",
    feature = "text",
    feature = "ndarray",
    feature = "bzip2",
    feature = "gzip",
    feature = "xz",
    feature = "libzstd"
))]

#[path = "../fuzz/src/lib.rs"]
#[expect(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "choices may wrap")]
mod bodies;

use std::path::Path;

/// Mutations of seeds for each target.
const MUTATIONS: usize = 1500;

/// Longer seeds are given as they are, and not mutated.
const LONGEST: usize = 2000;

/// Numbers that look random and are the same every time (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(value).unwrap_or(0) % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}

/// A few changes to an input; `other` lends a part of itself.
fn mutated(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const MARKS: &[u8] = b"'(),[]{}<>|=0129LSUVOMmfibuc \n\\#";
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        match (random.below(7), bytes.get_mut(at)) {
            (0, Some(byte)) => *byte ^= 1 << random.below(8),
            (1, Some(byte)) => *byte = random.byte(),
            (2, Some(byte)) => *byte = MARKS[random.below(MARKS.len())],
            (3, Some(_)) => drop(bytes.remove(at)),
            (4, _) => bytes.insert(at, random.byte()),
            (5, _) => bytes.truncate(at),
            _ => {
                let start = random.below(other.len() + 1);
                let end = (start + random.below(16)).min(other.len());
                let behind = (at + random.below(16)).min(bytes.len());
                bytes.splice(at..behind, other[start..end].iter().copied());
            }
        }
    }
    bytes
}

fn run(target: &str, body: bodies::Body) -> std::io::Result<()> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let seeds = bodies::seeds::seeds(target, &fixtures)?;
    assert!(seeds.len() > 150, "only {} seeds", seeds.len());
    for (name, seed) in &seeds {
        guarded(target, name, body, seed);
    }
    let short: Vec<&Vec<u8>> =
        seeds.iter().map(|(_, seed)| seed).filter(|seed| seed.len() < LONGEST).collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for round in 0..MUTATIONS {
        let [seed, other] = [(); 2].map(|()| short[random.below(short.len())]);
        guarded(target, &format!("mutation {round}"), body, &mutated(seed, other, &mut random));
        // What is read as a series of choices is better off with bytes of any value.
        let noise: Vec<u8> = (0..random.below(120)).map(|_| random.byte()).collect();
        guarded(target, &format!("noise {round}"), body, &noise);
    }
    Ok(())
}

/// Names the input of a body that panics.
fn guarded(target: &str, name: &str, body: bodies::Body, bytes: &[u8]) {
    struct Named<'a>(&'a str, &'a str, &'a [u8]);
    impl Drop for Named<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("{}: {}: b\"{}\"", self.0, self.1, self.2.escape_ascii());
            }
        }
    }
    let named = Named(target, name, bytes);
    body(bytes);
    drop(named);
}

/// A test for each body, so that they run side by side.
macro_rules! each_body {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() -> std::io::Result<()> {
                run(stringify!($name), bodies::$name)
            }
        )*

        #[test]
        fn no_body_is_forgotten() {
            assert!(bodies::BODIES.iter().map(|(name, _)| *name).eq([$(stringify!($name)),*]));
        }
    };
}

each_body!(
    npy, header, dtype, layout, cast, detect, print, npz, part, nd4j, layer, doors, text, pickle, json,
    torch7
);
