//! Dtypes as JSON.

use arr_io::{DType, Field, RecordType, Scalar};
use serde_json::Value;

/// The type string, or for records the list that NumPy's `dtype.descr` gives, tuples as lists and holes as nameless
/// voids. For fields that overlap or are out of order, where NumPy has no such list, it is the dictionary from which
/// `numpy.dtype` would make it.
pub fn dtype(dtype: &DType) -> Value {
    match dtype {
        DType::Record(record) if is_in_order(record) => fields(record),
        DType::Record(record) => fields_with_offsets(record),
        DType::SubArray(sub) => Value::Array(vec![self::dtype(sub.base()), sub.shape().into()]),
        // Its numbers are printed as numbers, which have no byte order.
        DType::Scalar(Scalar::BF16, _) => "bfloat16".into(),
        other => Value::String(other.to_string()),
    }
}

fn fields(record: &RecordType) -> Value {
    let (mut entries, mut end) = (Vec::new(), 0);
    for field in record.fields() {
        entries.extend(hole(end, field.offset()));
        let name = match field.title() {
            Some(title) => Value::Array(vec![title.into(), field.name().into()]),
            None => field.name().into(),
        };
        entries.push(Value::Array(match field.dtype() {
            DType::SubArray(sub) => vec![name, dtype(sub.base()), sub.shape().into()],
            other => vec![name, dtype(other)],
        }));
        end = field.end();
    }
    entries.extend(hole(end, record.itemsize()));
    Value::Array(entries)
}

fn is_in_order(record: &RecordType) -> bool {
    let ends = std::iter::once(0).chain(record.fields().iter().map(Field::end));
    record.fields().iter().zip(ends).all(|(field, end)| field.offset() >= end)
}

fn fields_with_offsets(record: &RecordType) -> Value {
    let list = |value: fn(&Field) -> Value| Value::Array(record.fields().iter().map(value).collect());
    serde_json::json!({
        "names": list(|field| field.name().into()),
        "formats": list(|field| dtype(field.dtype())),
        "offsets": list(|field| field.offset().into()),
        "titles": list(|field| field.title().into()),
        "itemsize": record.itemsize(),
    })
}

fn hole(from: usize, to: usize) -> Option<Value> {
    let size = to.checked_sub(from).filter(|size| *size > 0)?;
    Some(Value::Array(vec!["".into(), format!("|V{size}").into()]))
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
        let text = dtype(&record.into()).to_string();
        assert_eq!(text, r#"[[["A","a"],"|u1"],["","|V7"],["b",">f8"],["c","|S2",[3]],["","|V2"]]"#);
    }

    #[test]
    fn bfloat16_has_no_byte_order() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            assert_eq!(dtype(&DType::scalar(Scalar::BF16, order)), "bfloat16");
        }
    }

    #[test]
    fn overlapping_fields_have_offsets() {
        let record = RecordType::builder()
            .field_at("a", None, DType::Bytes(4), 0)
            .field_at("b", None, DType::Bytes(2), 2)
            .build()
            .unwrap();
        let value = dtype(&record.into());
        assert_eq!((&value["offsets"], &value["itemsize"]), (&serde_json::json!([0, 2]), &4.into()));
    }
}
