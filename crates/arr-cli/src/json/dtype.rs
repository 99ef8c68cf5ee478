//! Dtypes as JSON.

use arr_io::{DType, Field, RecordType, Scalar};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The type string, or for records the list that NumPy's `dtype.descr` gives, tuples as lists and holes as nameless
/// voids. For fields that overlap or are out of order, where NumPy has no such list, it is the dictionary from which
/// `numpy.dtype` would make it. It is written as it goes: a record may have a hundred thousand fields.
pub fn dtype(dtype: &DType) -> impl Serialize {
    Json(dtype)
}

struct Json<'d>(&'d DType);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            DType::Record(record) if is_in_order(record) => fields(record, serializer),
            DType::Record(record) => fields_with_offsets(record, serializer),
            DType::SubArray(sub) => (Json(sub.base()), sub.shape()).serialize(serializer),
            // Its numbers are printed as numbers, which have no byte order.
            DType::Scalar(Scalar::BF16, _) => serializer.serialize_str("bfloat16"),
            other => serializer.collect_str(other),
        }
    }
}

fn fields<S: Serializer>(record: &RecordType, serializer: S) -> Result<S::Ok, S::Error> {
    let (mut list, mut end) = (serializer.serialize_seq(None)?, 0);
    for field in record.fields() {
        hole(&mut list, end, field.offset())?;
        let name = field.name();
        match (field.title(), field.dtype()) {
            (None, DType::SubArray(sub)) => list.serialize_element(&(name, Json(sub.base()), sub.shape())),
            (None, other) => list.serialize_element(&(name, Json(other))),
            (Some(title), DType::SubArray(sub)) => {
                list.serialize_element(&((title, name), Json(sub.base()), sub.shape()))
            }
            (Some(title), other) => list.serialize_element(&((title, name), Json(other))),
        }?;
        end = field.end();
    }
    hole(&mut list, end, record.itemsize())?;
    list.end()
}

fn is_in_order(record: &RecordType) -> bool {
    let ends = std::iter::once(0).chain(record.fields().iter().map(Field::end));
    record.fields().iter().zip(ends).all(|(field, end)| field.offset() >= end)
}

fn fields_with_offsets<S: Serializer>(record: &RecordType, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("formats", &EachField(record, format))?;
    map.serialize_entry("itemsize", &record.itemsize())?;
    map.serialize_entry("names", &EachField(record, Field::name))?;
    map.serialize_entry("offsets", &EachField(record, Field::offset))?;
    map.serialize_entry("titles", &EachField(record, Field::title))?;
    map.end()
}

fn format(field: &Field) -> Json<'_> {
    Json(field.dtype())
}

/// A list of something of each field.
struct EachField<'r, F>(&'r RecordType, F);

impl<'r, T: Serialize + 'r, F: Fn(&'r Field) -> T> Serialize for EachField<'r, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.fields().iter().map(&self.1))
    }
}

fn hole<L: SerializeSeq>(list: &mut L, from: usize, to: usize) -> Result<(), L::Error> {
    match to.checked_sub(from).filter(|size| *size > 0) {
        Some(size) => list.serialize_element(&("", format_args!("|V{size}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arr_io::{ByteOrder, SubArray};

    #[test]
    fn holes_are_nameless_voids() {
        let record = RecordType::builder()
            .titled_field("a", "A", DType::native(Scalar::U8))
            .field("b", DType::scalar(Scalar::F64, ByteOrder::Big))
            .field("c", SubArray::new(DType::Bytes(2), &[3]).unwrap().into())
            .aligned()
            .build()
            .unwrap();
        let text = serde_json::to_string(&dtype(&record.into())).unwrap();
        assert_eq!(text, r#"[[["A","a"],"|u1"],["","|V7"],["b",">f8"],["c","|S2",[3]],["","|V2"]]"#);
    }

    #[test]
    fn bfloat16_has_no_byte_order() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let value = serde_json::to_value(dtype(&DType::scalar(Scalar::BF16, order))).unwrap();
            assert_eq!(value, "bfloat16");
        }
    }

    #[test]
    fn overlapping_fields_have_offsets() {
        let record = RecordType::builder()
            .field_at("a", None, DType::Bytes(4), 0)
            .field_at("b", None, DType::Bytes(2), 2)
            .build()
            .unwrap();
        let value = serde_json::to_value(dtype(&record.into())).unwrap();
        assert_eq!((&value["offsets"], &value["itemsize"]), (&serde_json::json!([0, 2]), &4.into()));
    }
}
