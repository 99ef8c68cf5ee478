//! Archives of which is known where each member is.

use arr_io::npy::{Npz, NpzOptions};
use arr_io::{Buffer, Limits};

/// Numbers by chance, the same for the same seed (SplitMix64).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// A member, and where it is.
pub struct Member {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Where its header begins, its data, and what comes behind it.
    pub start: usize,
    pub data: usize,
    pub end: usize,
}

impl Member {
    pub fn key(&self) -> String {
        self.name.strip_suffix(".npy").unwrap_or(&self.name).to_owned()
    }
}

/// How the sizes of a member are written.
#[derive(Clone, Copy, Debug)]
struct Form {
    deflated: bool,
    /// Sizes of 64 bits.
    wide: bool,
    /// Sizes behind the data, with a signature or without.
    streamed: Option<bool>,
}

/// An archive.
pub struct Made {
    pub bytes: Vec<u8>,
    pub members: Vec<Member>,
    forms: Vec<Form>,
}

impl Made {
    pub fn kind(&self) -> String {
        format!("{:?}", self.forms)
    }

    /// One of the archives that programs make.
    pub fn any(chance: &mut Chance) -> Self {
        let count = 1 + chance.below(7);
        // One program writes all members in one way, but for those that are too small to be packed.
        let streamed = [None, None, Some(true), Some(false)][chance.below(4)];
        let (wide, deflates) = (chance.below(4) == 0, chance.below(2) == 0);
        let mut made = Self { bytes: Vec::new(), members: Vec::new(), forms: Vec::new() };
        let mut directory = Vec::new();
        for number in 0..count {
            let (name, bytes) = content(number, chance);
            let form = Form { deflated: deflates && chance.below(4) > 0, wide, streamed };
            directory.extend(made.add(name, bytes, form));
        }
        made.end(&directory, wide);
        made
    }

    /// Adds a member; gives its entry of the directory.
    fn add(&mut self, name: String, bytes: Vec<u8>, form: Form) -> Vec<u8> {
        let (packed, crc32) = deflated(&bytes);
        let packed = if form.deflated { packed } else { bytes.clone() };
        let start = self.bytes.len();
        let (size, packed_size) = (bytes.len() as u64, packed.len() as u64);
        let flags = if name.is_ascii() { 0 } else { 1 << 11 } | if form.streamed.is_some() { 8 } else { 0 };
        let method = if form.deflated { 8 } else { 0 };
        let known = if form.streamed.is_some() { (0, 0, 0) } else { (crc32, packed_size, size) };
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(fields(flags, method, known, form.wide, &name, None));
        let data = self.bytes.len();
        self.bytes.extend(&packed);
        if let Some(is_signed) = form.streamed {
            self.bytes.extend(if is_signed { &b"PK\x07\x08"[..] } else { b"" });
            self.bytes.extend(crc32.to_le_bytes());
            for size in [packed_size, size] {
                match form.wide {
                    true => self.bytes.extend(size.to_le_bytes()),
                    false => self.bytes.extend((size as u32).to_le_bytes()),
                }
            }
        }
        let sizes = (crc32, packed_size, size);
        let mut entry = b"PK\x01\x02\x2d\x03".to_vec();
        entry.extend(fields(flags, method, sizes, form.wide, &name, Some(start as u32)));
        let end = self.bytes.len();
        self.members.push(Member { name, bytes, start, data, end });
        self.forms.push(form);
        entry
    }

    fn end(&mut self, directory: &[u8], wide: bool) {
        let (start, count) = (self.bytes.len() as u64, self.members.len() as u64);
        self.bytes.extend(directory);
        let size = directory.len() as u64;
        if wide {
            let record = self.bytes.len() as u64;
            self.bytes.extend(b"PK\x06\x06");
            self.bytes.extend(44u64.to_le_bytes());
            self.bytes.extend([45, 3, 45, 0]);
            self.bytes.extend([0; 8]);
            for number in [count, count, size, start] {
                self.bytes.extend(number.to_le_bytes());
            }
            self.bytes.extend(b"PK\x06\x07\0\0\0\0");
            self.bytes.extend(record.to_le_bytes());
            self.bytes.extend(1u32.to_le_bytes());
        }
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([(count as u16).to_le_bytes(), (count as u16).to_le_bytes()].concat());
        let (size, start) = if wide { (u32::MAX, u32::MAX) } else { (size as u32, start as u32) };
        self.bytes.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
        self.bytes.extend([0, 0]);
    }
}

/// The fields of a header behind its signature, with name and extra fields; those of an entry with a place.
fn fields(
    flags: u16,
    method: u16,
    (crc32, packed, size): (u32, u64, u64),
    wide: bool,
    name: &str,
    place: Option<u32>,
) -> Vec<u8> {
    let mut bytes = [45u16, flags, method, 0, 33].map(u16::to_le_bytes).concat();
    bytes.extend(crc32.to_le_bytes());
    let sizes = if wide { [u32::MAX; 2] } else { [packed as u32, size as u32] };
    bytes.extend(sizes.map(u32::to_le_bytes).concat());
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend(if wide { 20u16 } else { 0 }.to_le_bytes());
    if let Some(place) = place {
        bytes.extend([0; 6]);
        bytes.extend((0o600u32 << 16).to_le_bytes());
        bytes.extend(place.to_le_bytes());
    }
    bytes.extend(name.as_bytes());
    if wide {
        bytes.extend([1, 0, 16, 0]);
        bytes.extend([size.to_le_bytes(), packed.to_le_bytes()].concat());
    }
    bytes
}

/// A stream of deflated data, and the checksum of what is in it.
fn deflated(bytes: &[u8]) -> (Vec<u8>, u32) {
    let mut archive = Vec::new();
    let mut writer = NpzOptions::new().level(6).write_to(&mut archive);
    writer.add_bytes("x", bytes).unwrap();
    writer.finish().unwrap();
    let npz = Npz::from_buffer(Buffer::from_vec(archive.clone()), &Limits::default()).unwrap();
    let member = npz.member("x").unwrap();
    let extra = u16::from_le_bytes([archive[28], archive[29]]);
    let start = 30 + 1 + usize::from(extra);
    (archive[start..start + member.compressed_size() as usize].to_vec(), member.crc32())
}

/// The name of a member and what is in it.
fn content(number: usize, chance: &mut Chance) -> (String, Vec<u8>) {
    let names = ["w", "layer1/b", "\u{e9}t\u{e9}", "a longer name than others have", "x.y"];
    let name = format!("{}{number}", names[chance.below(names.len())]);
    let len = [0, 1, 30, 300, 3000][chance.below(5)] + chance.below(100);
    let noise: Vec<u8> = (0..len).map(|_| chance.below(256) as u8).collect();
    match chance.below(6) {
        0 => (format!("{name}.txt"), noise),
        // An archive in the archive: its headers are data.
        1 => (format!("{name}.zip"), inner(&noise)),
        2 => (format!("{name}.npy"), arr_io::npy::to_bytes(&inner(&noise)).unwrap()),
        3 => {
            let smooth: Vec<f64> = (0..len).map(|at| (at / 7) as f64).collect();
            (format!("{name}.npy"), arr_io::npy::to_bytes(&smooth).unwrap())
        }
        _ => (format!("{name}.npy"), arr_io::npy::to_bytes(&noise).unwrap()),
    }
}

/// An archive of two members, whole, and again without its directory.
fn inner(noise: &[u8]) -> Vec<u8> {
    let mut made = Made { bytes: Vec::new(), members: Vec::new(), forms: Vec::new() };
    let form = Form { deflated: false, wide: false, streamed: Some(true).filter(|_| noise.len() & 1 == 0) };
    let mut directory =
        made.add("inner.npy".to_owned(), arr_io::npy::to_bytes(&noise.to_vec()).unwrap(), form);
    directory.extend(made.add("other".to_owned(), noise.to_vec(), form));
    let cut = made.bytes.clone();
    made.end(&directory, false);
    [made.bytes, cut].concat()
}
