//! Arrays: a struct of `dtype`, `shape`, `order` and `data`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use smallvec::SmallVec;

use super::data::{Borrowed, Bytes, BytesSeed, DataForm};
use crate::format::room::push;
use crate::format::{Plain, PlainHead};
use crate::{Array, ArrayView, Budget, Buffer, DType, Error, Order, Storage};

/// The name of the struct.
const NAME: &str = "Array";

/// Its fields, in their order.
const FIELDS: &[&str] = &["dtype", "shape", "order", "data"];

impl<S: Storage> Serialize for Array<S> {
    fn serialize<R: Serializer>(&self, serializer: R) -> Result<R::Ok, R::Error> {
        Shown { array: &self.view(), form: DataForm::Fitting }.serialize(serializer)
    }
}

/// An array that is written with its data in a form.
///
/// ```
/// use arr_core::serialize::{DataForm, Shown};
/// let array = arr_core::Array::from_vec(vec![1u8, 2], &[2])?;
/// let shown = Shown { array: &array.view(), form: DataForm::Bytes };
/// assert_eq!(serde_json::to_string(&shown)?, r#"{"dtype":"|u1","shape":[2],"order":"C","data":[1,2]}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The array.
    pub array: &'a ArrayView<'a>,
    /// The form of its data.
    pub form: DataForm,
}

impl Serialize for Shown<'_> {
    fn serialize<R: Serializer>(&self, serializer: R) -> Result<R::Ok, R::Error> {
        let view = self.array;
        let mut fields = serializer.serialize_struct(NAME, FIELDS.len())?;
        let order = view.natural_order();
        let front = |fields: &mut R::SerializeStruct| {
            fields.serialize_field("dtype", view.dtype())?;
            fields.serialize_field("shape", view.shape())?;
            fields.serialize_field("order", if order == Order::F { "F" } else { "C" })
        };
        if *view.dtype() == DType::Utf8 {
            front(&mut fields)?;
            let texts = if order == Order::F { view.transpose() } else { view.view() };
            fields.serialize_field("data", &Texts(&texts))?;
        } else {
            let plain = Plain::of(view).map_err(serde::ser::Error::custom)?;
            front(&mut fields)?;
            fields.serialize_field("data", &Bytes(&plain.bytes, self.form))?;
        }
        fields.end()
    }
}

/// The texts of an array, as a list.
struct Texts<'a>(&'a ArrayView<'a>);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error as _, SerializeSeq as _};
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for text in self.0.texts().map_err(S::Error::custom)? {
            list.serialize_element(text.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

/// Reads an array under a budget.
#[derive(Debug)]
pub struct ArraySeed<'b> {
    budget: &'b mut Budget,
    form: DataForm,
}

impl<'b> ArraySeed<'b> {
    /// Charges what is read to a budget.
    #[must_use]
    pub fn new(budget: &'b mut Budget) -> Self {
        Self { budget, form: DataForm::Fitting }
    }

    /// Expects the data in a form.
    #[must_use]
    pub fn form(mut self, form: DataForm) -> Self {
        self.form = form;
        self
    }
}

impl<'de> DeserializeSeed<'de> for ArraySeed<'_> {
    type Value = Array;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Array, D::Error> {
        let fields = Fields::<Owned> { budget: self.budget, form: self.form, kind: PhantomData };
        deserializer.deserialize_struct(NAME, FIELDS, fields)
    }
}

impl<'de> Deserialize<'de> for Array {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ArraySeed::new(&mut Budget::default()).deserialize(deserializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ArrayView<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let budget = &mut Budget::default();
        let fields = Fields::<Lent> { budget, form: DataForm::Bytes, kind: PhantomData };
        deserializer.deserialize_struct(NAME, FIELDS, fields)
    }
}

/// Where the bytes of an array are.
trait Kind<'de>: Sized {
    /// What is read.
    type Array;

    /// What its data is before the rest of it is known.
    type Data;

    /// Reads data of a dtype, if that is known already.
    fn data<D: Deserializer<'de>>(seed: DataSeed<'_, Self>, from: D) -> Result<Self::Data, D::Error>;

    fn join(head: PlainHead, data: Self::Data) -> crate::Result<Self::Array>;
}

/// In memory of its own.
struct Owned;

/// In the input.
struct Lent;

/// Data in memory.
enum Held {
    Bytes(Buffer),
    Texts(Vec<String>),
}

impl<'de> Kind<'de> for Owned {
    type Array = Array;
    type Data = Held;

    fn data<D: Deserializer<'de>>(seed: DataSeed<'_, Self>, from: D) -> Result<Held, D::Error> {
        match seed.dtype {
            Some(DType::Utf8) => from.deserialize_seq(Either(seed.budget, seed.form)),
            Some(_) => BytesSeed(seed.budget, seed.form).deserialize(from).map(Held::Bytes),
            None => from.deserialize_any(Either(seed.budget, seed.form)),
        }
    }

    fn join(head: PlainHead, data: Held) -> crate::Result<Array> {
        match data {
            Held::Texts(texts) if texts.is_empty() && *head.dtype() != DType::Utf8 => {
                head.array(Buffer::from_static(b""))
            }
            Held::Texts(texts) => head.array_of_texts(texts),
            Held::Bytes(_) if *head.dtype() == DType::Utf8 => {
                Err(Error::malformed("an array of strings of any length has bytes in place of texts"))
            }
            Held::Bytes(bytes) => head.array(bytes),
        }
    }
}

impl<'de> Kind<'de> for Lent {
    type Array = ArrayView<'de>;
    type Data = &'de [u8];

    fn data<D: Deserializer<'de>>(_: DataSeed<'_, Self>, from: D) -> Result<&'de [u8], D::Error> {
        // There `deserialize_bytes` may give those of a text.
        if from.is_human_readable() {
            return Err(D::Error::custom(format_args!(
                "invalid type: text, expected {}",
                Borrowed::EXPECTED
            )));
        }
        from.deserialize_bytes(Borrowed)
    }

    fn join(head: PlainHead, data: &'de [u8]) -> crate::Result<ArrayView<'de>> {
        head.in_place(data)
    }
}

/// Bytes, or a list of texts: whatever the input has.
struct Either<'b>(&'b mut Budget, DataForm);

impl<'de> Visitor<'de> for Either<'_> {
    type Value = Held;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes, a text in base64, or a list of texts")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Held, E> {
        BytesSeed(self.0, self.1).visit_str(text).map(Held::Bytes)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Held, E> {
        BytesSeed(self.0, self.1).visit_bytes(bytes).map(Held::Bytes)
    }

    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Held, E> {
        BytesSeed(self.0, self.1).visit_byte_buf(bytes).map(Held::Bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Held, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = items.next_element::<String>()? {
            let more = (text.len() + size_of::<String>()) as u64;
            self.0.charge_bytes(more).and_then(|()| push(&mut texts, text)).map_err(A::Error::custom)?;
        }
        Ok(Held::Texts(texts))
    }
}

/// Reads the struct.
struct Fields<'b, K> {
    budget: &'b mut Budget,
    form: DataForm,
    kind: PhantomData<K>,
}

impl<'de, K: Kind<'de>> Fields<'_, K> {
    fn data_seed<'s>(&'s mut self, dtype: Option<&'s DType>) -> DataSeed<'s, K> {
        DataSeed { dtype, budget: self.budget, form: self.form, kind: PhantomData }
    }

    fn join<E: serde::de::Error>(self, front: Front, data: K::Data) -> Result<K::Array, E> {
        let (dtype, shape, order) = (front.dtype, front.shape, front.order);
        let dtype = dtype.ok_or_else(|| E::missing_field("dtype"))?;
        let shape = shape.ok_or_else(|| E::missing_field("shape"))?.0;
        let order = order.ok_or_else(|| E::missing_field("order"))?.0;
        let head = PlainHead::of_dtype(dtype, &shape, order, self.budget);
        head.and_then(|head| K::join(head, data)).map_err(E::custom)
    }
}

/// What is read before the data, in whichever order.
#[derive(Default)]
struct Front {
    dtype: Option<DType>,
    shape: Option<Shape>,
    order: Option<InOrder>,
}

impl<'de, K: Kind<'de>> Visitor<'de> for Fields<'_, K> {
    type Value = K::Array;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array: its dtype, shape, order and data")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut fields: A) -> Result<K::Array, A::Error> {
        let missing = |place| A::Error::invalid_length(place, &"the four fields of an array");
        let dtype: DType = fields.next_element()?.ok_or_else(|| missing(0))?;
        let shape = fields.next_element()?.ok_or_else(|| missing(1))?;
        let order = fields.next_element()?.ok_or_else(|| missing(2))?;
        let seed = self.data_seed(Some(&dtype));
        let data = fields.next_element_seed(seed)?.ok_or_else(|| missing(3))?;
        self.join(Front { dtype: Some(dtype), shape: Some(shape), order: Some(order) }, data)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<K::Array, A::Error> {
        let (mut front, mut data) = (Front::default(), None);
        let twice = |field| Err(A::Error::duplicate_field(field));
        while let Some(field) = fields.next_key::<Name>()? {
            match field {
                Name::DType if front.dtype.is_some() => return twice("dtype"),
                Name::Shape if front.shape.is_some() => return twice("shape"),
                Name::Order if front.order.is_some() => return twice("order"),
                Name::Data if data.is_some() => return twice("data"),
                Name::DType => front.dtype = Some(fields.next_value()?),
                Name::Shape => front.shape = Some(fields.next_value()?),
                Name::Order => front.order = Some(fields.next_value()?),
                Name::Data => {
                    let seed = self.data_seed(front.dtype.as_ref());
                    data = Some(fields.next_value_seed(seed)?);
                }
            }
        }
        let data = data.ok_or_else(|| A::Error::missing_field("data"))?;
        self.join(front, data)
    }
}

/// Reads the data.
struct DataSeed<'a, K> {
    dtype: Option<&'a DType>,
    budget: &'a mut Budget,
    form: DataForm,
    kind: PhantomData<K>,
}

impl<'de, K: Kind<'de>> DeserializeSeed<'de> for DataSeed<'_, K> {
    type Value = K::Data;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Data, D::Error> {
        K::data(self, deserializer)
    }
}

/// The name of a field.
enum Name {
    DType,
    Shape,
    Order,
    Data,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field of an array")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Name, E> {
                self.visit_bytes(name.as_bytes())
            }

            fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<Name, E> {
                match name {
                    b"dtype" => Ok(Name::DType),
                    b"shape" => Ok(Name::Shape),
                    b"order" => Ok(Name::Order),
                    b"data" => Ok(Name::Data),
                    other => Err(E::unknown_field(&String::from_utf8_lossy(other), FIELDS)),
                }
            }
        }

        deserializer.deserialize_identifier(Text)
    }
}

/// Items along each dimension.
struct Shape(SmallVec<[usize; 4]>);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Dims;

        impl<'de> Visitor<'de> for Dims {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the dimensions of an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut dims: A) -> Result<Shape, A::Error> {
                let (budget, mut shape) = (Budget::default(), SmallVec::new());
                while let Some(dim) = dims.next_element::<u64>()? {
                    budget.check_rank(shape.len() + 1).map_err(A::Error::custom)?;
                    let large =
                        |_| A::Error::invalid_value(Unexpected::Unsigned(dim), &"a dimension of an array");
                    shape.push(usize::try_from(dim).map_err(large)?);
                }
                Ok(Shape(shape))
            }
        }

        deserializer.deserialize_seq(Dims)
    }
}

/// `C` or `F`.
struct InOrder(Order);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Letter;

        impl Visitor<'_> for Letter {
            type Value = InOrder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("C or F")
            }

            fn visit_str<E: serde::de::Error>(self, letter: &str) -> Result<InOrder, E> {
                match letter {
                    "C" => Ok(InOrder(Order::C)),
                    "F" => Ok(InOrder(Order::F)),
                    other => Err(E::invalid_value(Unexpected::Str(other), &self)),
                }
            }
        }

        deserializer.deserialize_str(Letter)
    }
}
