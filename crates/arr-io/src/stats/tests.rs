use arr_core::{Buffer, ByteOrder, ErrorKind};

use super::*;

fn of(dtype: &str, bytes: &[u8]) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let items = bytes.len() / dtype.itemsize();
    Array::contiguous(dtype, &[items], Order::C, Buffer::from_vec(bytes.to_vec())).unwrap()
}

#[test]
fn means_are_exact_for_integers_and_infinite_where_sums_are() {
    let mean = |array: Array| stats(&array).unwrap().mean.unwrap();
    let hundred: Vec<i64> = (0..100).map(|at| if at < 47 { -1 } else { 0 }).collect();
    assert_eq!(mean(Array::from_vec(hundred, &[100]).unwrap()), -0.47);
    let far = vec![i64::MAX, i64::MAX, i64::MIN, 9, 9];
    assert_eq!(mean(Array::from_vec(far, &[5]).unwrap()), 9_223_372_036_854_775_824.0 / 5.0);
    assert_eq!(mean(Array::from_vec(vec![1e308, 1e308], &[2]).unwrap()), f64::INFINITY);
    assert_eq!(mean(Array::from_vec(vec![u64::MAX; 3], &[3]).unwrap()), 18_446_744_073_709_551_615.0);
}

#[test]
fn special_values_are_counted_apart() {
    let values = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, -0.0, 0.0, 3.0, -1.0];
    let array = Array::from_vec(values, &[2, 4]).unwrap();
    let found = stats(&array).unwrap();
    assert_eq!((found.count, found.nan, found.positive_infinities, found.negative_infinities), (8, 1, 2, 1));
    assert_eq!((found.zeros, found.finite()), (2, 4));
    assert_eq!((found.min, found.max), (Some(Number::Float(-1.0)), Some(Number::Float(3.0))));
    assert_eq!((found.mean, found.std), (Some(0.5), Some(1.5)));
    assert_eq!(found.histogram.unwrap().counts, [1, 0, 2, 0, 0, 0, 0, 0, 0, 1]);
    let none = stats(&Array::from_vec(vec![f32::NAN], &[1]).unwrap()).unwrap();
    assert_eq!((none.mean, none.std, none.min, none.histogram), (None, None, None, None));
    assert_eq!(stats(&Array::from_vec(Vec::<i16>::new(), &[0]).unwrap()).unwrap().mean, None);
}

#[test]
fn integers_are_exact() {
    let array = Array::from_vec(vec![u64::MAX, u64::MAX - 1, u64::MAX - 2], &[3]).unwrap();
    let found = stats(&array).unwrap();
    assert_eq!(found.min, Some(Number::Integer((u64::MAX - 2).into())));
    assert_eq!(found.max, Some(Number::Integer(u64::MAX.into())));
    assert_eq!(found.std, Some((2.0f64 / 3.0).sqrt()));
    let ends = stats(&Array::from_vec(vec![i64::MIN, i64::MAX], &[2]).unwrap()).unwrap();
    assert_eq!(ends.min, Some(Number::Integer(i64::MIN.into())));
    assert_eq!(ends.histogram.unwrap().counts, [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn offsets_do_not_hurt() {
    // Ten million around 1e9: the textbook formula would give nonsense.
    let values: Vec<f64> = (0..100_000u32).map(|n| 1e9 + f64::from(n % 2)).collect();
    let array = Array::from_vec(values, &[100, 1000]).unwrap();
    let found = stats(&array.transpose()).unwrap();
    assert_eq!((found.mean, found.std), (Some(1e9 + 0.5), Some(0.5)));
}

#[test]
fn every_kind_of_numbers() {
    let order = ByteOrder::Big;
    let source = Array::from_vec(vec![0i8, 1, 5, 2], &[4]).unwrap();
    for kind in Scalar::ALL {
        let array = source.cast(&DType::scalar(kind, order), Casting::Unsafe).unwrap();
        let found = stats(&array).unwrap();
        let (greatest, mean) = if kind == Scalar::Bool { (1.0, 0.75) } else { (5.0, 2.0) };
        assert_eq!(found.max.map(Number::to_f64), Some(greatest), "{kind}");
        assert_eq!((found.mean, found.zeros), (Some(mean), 1), "{kind}");
        assert_eq!(found.quantity == Quantity::Magnitudes, kind.is_complex());
    }
    let parts = [3.0f64, -4.0, f64::NAN, 1.0, 0.0, f64::NEG_INFINITY];
    let found = stats(&of("<c16", &parts.map(f64::to_le_bytes).concat())).unwrap();
    assert_eq!((found.mean, found.nan, found.positive_infinities), (Some(5.0), 1, 1));
}

#[test]
fn times_count_ticks() {
    let bytes: Vec<u8> = [5i64, NOT_A_TIME, -3].iter().flat_map(|ticks| ticks.to_be_bytes()).collect();
    let found = stats(&of(">M8[ms]", &bytes)).unwrap();
    assert_eq!((found.nan, found.min, found.mean), (1, Some(Number::Integer(-3)), Some(1.0)));
    assert!(matches!(found.quantity, Quantity::Ticks(TimeUnit::Of(..))));
}

#[test]
fn what_has_no_statistics_says_so() {
    let error = stats(&of("[('x', '<f4'), ('y', '<f4')]", &[0; 16])).unwrap_err();
    assert_eq!(error.to_string(), "records have no statistics: name one of the fields x, y");
    let error = stats(&of("|S2", b"abcd")).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Unsupported, "|S2 has no statistics: its items are not numbers".into())
    );
    assert_eq!(stats(&of("|b1", &[0, 2])).unwrap_err().kind(), ErrorKind::Mismatch);
    let points = of("[('x', '|u1'), ('y', '|u1')]", &[1, 2, 3, 4]);
    assert_eq!(stats(&points.field("y").unwrap()).unwrap().mean, Some(3.0));
}

#[test]
fn histograms_close_their_last_bin() {
    let found = stats(&Array::from_vec((0..=10u8).collect(), &[11]).unwrap()).unwrap().histogram.unwrap();
    assert_eq!(found.counts, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    assert_eq!(found.edges, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
    let one = stats(&Array::from_vec(vec![7u8, 7], &[2]).unwrap()).unwrap().histogram.unwrap();
    assert_eq!((one.edges[0], one.edges[10], one.counts[5]), (6.5, 7.5, 2));
    let wide =
        stats(&Array::from_vec(vec![f64::MIN, 0.0, f64::MAX], &[3]).unwrap()).unwrap().histogram.unwrap();
    assert_eq!(wide.counts, [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
}
