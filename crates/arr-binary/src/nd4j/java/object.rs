//! The object before its block data, by the grammar of Java's object streams.

use arr_core::{Error, Input, Order, Result};
use byteorder::{BE, ByteOrder as _};

use super::blocks::END;
use crate::nd4j::shape::{MAX_RANK, data_len, dimension, order_of, read_int};
use crate::nd4j::types::Generation;

/// Magic number and version of an object stream.
pub(super) const MAGIC: &[u8] = b"\xac\xed\0\x05";

/// The class of the objects that ND4J writes in the place of arrays.
const CLASS: &str = "org.nd4j.linalg.api.ndarray.BaseNDArrayProxy";

const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS_DESC: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const ARRAY: u8 = 0x75;

/// The first handle of a stream.
const FIRST_HANDLE: u32 = 0x7e_0000;

/// The class is serializable by fields (`SC_SERIALIZABLE`).
const SERIALIZABLE: u8 = 2;
/// The class writes block data (`SC_WRITE_METHOD`).
const WRITE_METHOD: u8 = 1;

/// The most fields of a class that are read; that of ND4J has three.
const MOST_FIELDS: i16 = 32;

/// The longest name of a class or field that is read.
const LONGEST_NAME: usize = 1024;

/// The fields of an object, which describe its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    shape: Vec<usize>,
    order: Order,
    items: u64,
    /// By how wide the numbers of its shape are.
    generation: Generation,
}

/// What a handle refers to.
#[derive(Clone, Debug)]
enum Handle {
    Class(Class),
    Text,
    Other,
}

/// The description of a class.
#[derive(Clone, Debug)]
struct Class {
    name: String,
    flags: u8,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Field {
    kind: u8,
    name: String,
}

impl Proxy {
    /// Reads an object up to its block data.
    ///
    /// # Errors
    /// `Malformed` with the offset when it breaks the grammar or is not an array, `Unsupported` when it is another object.
    pub(super) fn read(input: &mut Input<'_>) -> Result<Self> {
        let mut reader = Reader { input, handles: Vec::new() };
        let start = reader.input.position();
        let magic = reader.input.read_array::<4>("magic")?;
        if magic != MAGIC {
            return Err(Error::malformed(format!(
                "the input begins with {magic:02x?}, which is not how an object stream begins"
            ))
            .at(start));
        }
        reader.expect(OBJECT, "object", "an object")?;
        let start = reader.input.position();
        let Handle::Class(class) = reader.class()? else {
            return Err(Error::malformed("an object without a class").at(start));
        };
        if class.name != CLASS {
            return Err(Error::unsupported(format!(
                "an object of class {}: only arrays of ND4J, which are of class {CLASS}, are read",
                class.name
            ))
            .at(start));
        }
        if class.flags & (SERIALIZABLE | WRITE_METHOD) != SERIALIZABLE | WRITE_METHOD {
            return Err(Error::malformed(format!(
                "the class has the flags {:#04x}, which promise no block data",
                class.flags
            ))
            .at(start));
        }
        reader.handles.push(Handle::Other);
        reader.fields(&class)
    }

    /// Items along each dimension.
    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How the items lie.
    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// The number of items.
    pub(super) fn items(&self) -> u64 {
        self.items
    }

    /// The generation of the shape; that of the data may be older.
    pub(super) fn generation(&self) -> Generation {
        self.generation
    }
}

struct Reader<'a, 'b> {
    input: &'a mut Input<'b>,
    handles: Vec<Handle>,
}

impl Reader<'_, '_> {
    fn byte(&mut self, what: &str) -> Result<u8> {
        let [byte] = self.input.read_array(what)?;
        Ok(byte)
    }

    /// Reads the byte of the grammar with which the `what` begins, where nothing else can stand.
    fn expect(&mut self, wanted: u8, what: &str, expected: &str) -> Result<()> {
        let start = self.input.position();
        match self.byte(what)? {
            found if found == wanted => Ok(()),
            other => Err(unexpected(other, expected).at(start)),
        }
    }

    /// A name: a length of two bytes, then Java's modified UTF-8.
    fn name(&mut self, what: &str) -> Result<String> {
        let start = self.input.position();
        let len = BE::read_u16(&self.input.read_array::<2>(what)?);
        let mut bytes = [0; LONGEST_NAME];
        let bytes = bytes.get_mut(..usize::from(len)).ok_or_else(|| {
            let message = format!("the {what} has {len} bytes, expected {LONGEST_NAME} at most");
            Error::unsupported(message).at(start)
        })?;
        self.input.read_exact(bytes, what)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// What a reference refers to.
    fn reference(&mut self) -> Result<Handle> {
        let start = self.input.position();
        let handle = BE::read_u32(&self.input.read_array::<4>("reference")?);
        let place = handle.checked_sub(FIRST_HANDLE).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.handles.get(place)).cloned().ok_or_else(|| {
            Error::malformed(format!("a reference to {handle:#x}, of which nothing was read yet")).at(start)
        })
    }

    /// The description of a class, or a reference to one.
    fn class(&mut self) -> Result<Handle> {
        let start = self.input.position();
        match self.byte("class")? {
            CLASS_DESC => {}
            REFERENCE => return self.reference(),
            other => return Err(unexpected(other, "the description of a class").at(start)),
        }
        let name = self.name("name of a class")?;
        self.input.skip(8, "version of a class")?;
        let place = self.handles.len();
        self.handles.push(Handle::Other);
        let flags = self.byte("flags of a class")?;
        let count_offset = self.input.position();
        let count = BE::read_i16(&self.input.read_array::<2>("number of fields")?);
        // The name alone is needed to refuse an object of another class.
        if name != CLASS && !name.starts_with('[') {
            return Ok(Handle::Class(Class { name, flags, fields: Vec::new() }));
        }
        if !(0..=MOST_FIELDS).contains(&count) {
            return Err(Error::malformed(format!(
                "the class {name} has {count} fields, expected 0 to {MOST_FIELDS}"
            ))
            .at(count_offset));
        }
        let mut fields = Vec::new();
        for _ in 0..count {
            fields.push(self.field()?);
        }
        self.expect(END, "annotation of a class", "the end of the annotation of a class")?;
        self.expect(NULL, "super class", "no super class")?;
        let class = Handle::Class(Class { name, flags, fields });
        let handle = self.handles.get_mut(place);
        *handle.ok_or_else(|| Error::malformed("a class without a handle").at(start))? = class.clone();
        Ok(class)
    }

    /// A field of a class.
    fn field(&mut self) -> Result<Field> {
        let start = self.input.position();
        let kind = self.byte("type of a field")?;
        let name = self.name("name of a field")?;
        match kind {
            b'B' | b'C' | b'D' | b'F' | b'I' | b'J' | b'S' | b'Z' => {}
            b'[' | b'L' => self.field_class()?,
            other => {
                return Err(Error::malformed(format!("the field {name} has the type {other:#04x}")).at(start));
            }
        }
        Ok(Field { kind, name })
    }

    /// The name of the class of a field, which the value repeats.
    fn field_class(&mut self) -> Result<()> {
        let start = self.input.position();
        match self.byte("class of a field")? {
            STRING => {
                self.handles.push(Handle::Text);
                self.name("class of a field").map(drop)
            }
            REFERENCE => match self.reference()? {
                Handle::Text => Ok(()),
                _ => Err(Error::malformed("the class of a field is a reference to something else").at(start)),
            },
            other => Err(unexpected(other, "the class of a field").at(start)),
        }
    }

    /// The values of the fields, in the order of the class.
    fn fields(&mut self, class: &Class) -> Result<Proxy> {
        let start = self.input.position();
        let (mut order, mut length, mut shape) = (None, None, None);
        let mut generation = Generation::One;
        for field in &class.fields {
            let start = self.input.position();
            match (field.name.as_str(), field.kind) {
                ("arrayOrdering", b'C') => order = Some(self.order()?),
                ("length", b'J' | b'I') => {
                    length = Some(read_int::<BE>(self.input, width(field.kind), "length")?)
                }
                ("arrayShape", b'[') => {
                    let (found, is_wide) = self.shape()?;
                    generation = if is_wide { Generation::Two } else { Generation::One };
                    shape = Some(found);
                }
                (name, b'[' | b'L') => {
                    return Err(Error::unsupported(format!(
                        "the object has a field {name}, which an array of ND4J does not have"
                    ))
                    .at(start));
                }
                (name, kind) => self.input.skip(width(kind) as u64, name)?,
            }
        }
        let missing = |name: &str| Error::malformed(format!("the object has no field {name}")).at(start);
        let order = order.ok_or_else(|| missing("arrayOrdering"))?;
        let length = length.ok_or_else(|| missing("length"))?;
        let shape: Vec<usize> = shape.ok_or_else(|| missing("arrayShape"))?;
        let items = data_len(&shape, 1).ok();
        match items.filter(|items| u64::try_from(length) == Ok(*items)) {
            Some(items) => Ok(Proxy { shape, order, items, generation }),
            None => Err(Error::malformed(format!("the length is {length}, the shape {shape:?}")).at(start)),
        }
    }

    fn order(&mut self) -> Result<Order> {
        let start = self.input.position();
        let letter = BE::read_u16(&self.input.read_array::<2>("arrayOrdering")?);
        order_of(letter.into()).map_err(|error| error.at(start))
    }

    /// A `long[]`, or an `int[]`.
    fn shape(&mut self) -> Result<(Vec<usize>, bool)> {
        self.expect(ARRAY, "arrayShape", "the array of numbers of arrayShape")?;
        let start = self.input.position();
        let is_wide = match self.class()? {
            Handle::Class(class) if class.name == "[J" && class.fields.is_empty() => true,
            Handle::Class(class) if class.name == "[I" && class.fields.is_empty() => false,
            _ => return Err(Error::malformed("arrayShape is not an array of whole numbers").at(start)),
        };
        self.handles.push(Handle::Other);
        let start = self.input.position();
        let rank = BE::read_i32(&self.input.read_array::<4>("number of dimensions")?);
        let rank = usize::try_from(rank).ok().filter(|rank| *rank <= MAX_RANK).ok_or_else(|| {
            Error::malformed(format!("there are {rank} dimensions, expected 0 to {MAX_RANK}")).at(start)
        })?;
        self.input.budget().check_rank(rank).map_err(|error| error.at(start))?;
        let mut shape = Vec::new();
        for place in 0..rank {
            let start = self.input.position();
            let number = read_int::<BE>(self.input, if is_wide { 8 } else { 4 }, "dimension")?;
            shape.push(dimension(place, number).map_err(|error| error.at(start))?);
        }
        Ok((shape, is_wide))
    }
}

/// Bytes of a value of that type.
fn width(kind: u8) -> usize {
    match kind {
        b'D' | b'J' => 8,
        b'F' | b'I' => 4,
        b'C' | b'S' => 2,
        _ => 1,
    }
}

/// The error for a byte of the grammar that does not belong where it is.
fn unexpected(found: u8, expected: &str) -> Error {
    let what = match found {
        NULL => "null",
        REFERENCE => "a reference",
        CLASS_DESC => "the description of a class",
        OBJECT => "an object",
        STRING | 0x7c => "a string",
        ARRAY => "an array of Java",
        0x76 => "a class",
        0x77 | 0x7a => "block data",
        END => "the end of block data",
        0x79 => "a reset",
        0x7b => "an exception",
        0x7d => "the description of a proxy class",
        0x7e => "an enum",
        _ => return Error::malformed(format!("the byte {found:#04x} begins nothing, expected {expected}")),
    };
    Error::unsupported(format!("there is {what}, expected {expected}: only arrays of ND4J are read"))
}
