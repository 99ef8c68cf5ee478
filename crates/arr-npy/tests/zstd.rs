//! Members packed by Zstandard, written and read again.
#![cfg(all(feature = "libzstd", feature = "zstd"))]
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

use arr_core::format::Outline;
use arr_core::{Buffer, DType, Limits, Order};
use arr_npy::npz::Method;
use arr_npy::{Npz, NpzEditor, NpzOptions};

fn values(count: u32) -> Vec<u32> {
    (0..count).map(|number| number % 1000).collect()
}

#[test]
fn members_of_every_size_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    for level in [1, 3, 9] {
        let options = NpzOptions::new().level(level).zstd();
        let mut writer = options.create(&path).unwrap();
        for count in [0, 3, 1000, 600_000] {
            writer.add(&format!("whole{count}"), &values(count)).unwrap();
            let (dtype, shape) = (DType::of::<u32>(), [count as usize]);
            let outline = Outline { dtype: &dtype, shape: &shape, order: Order::C };
            writer.begin(&format!("pieces{count}.npy"), &outline).unwrap();
            for piece in values(count).chunks(77_777) {
                writer
                    .items(&piece.iter().flat_map(|value| value.to_ne_bytes()).collect::<Vec<_>>())
                    .unwrap();
            }
        }
        writer.set_level(0).unwrap();
        writer.add("stored", &values(10)).unwrap();
        writer.finish().unwrap();
        let npz = Npz::open(&path).unwrap();
        assert!(npz.check().unwrap().is_empty());
        for member in npz.members() {
            let method = if member.key() == "stored" { Method::Stored } else { Method::Zstd };
            assert_eq!(member.method(), method);
            let found = member.read().unwrap().to_vec::<u32>().unwrap();
            assert!(found == values(u32::try_from(found.len()).unwrap()), "{member:?}");
        }
        assert!(npz.member("pieces600000").unwrap().compressed_size() < 10_000);
    }
    // Added in place, and to what can't go back.
    let mut editor = NpzEditor::open_with(&path, NpzOptions::new().level(3).zstd()).unwrap();
    let array = arr_core::Array::from_vec(values(50), &[50]).unwrap();
    editor.put("added", array.view());
    editor.commit().unwrap();
    assert_eq!(Npz::open(&path).unwrap().member("added").unwrap().method(), Method::Zstd);
    let mut bytes = Vec::new();
    let mut writer = NpzOptions::new().level(3).zstd().write_to(&mut bytes);
    writer.add("x", &values(5000)).unwrap();
    writer.finish().unwrap();
    let npz = Npz::from_buffer(Buffer::from_vec(bytes), &Limits::default()).unwrap();
    assert!(npz.check().unwrap().is_empty());
    assert!(npz.get("x").unwrap().to_vec::<u32>().unwrap() == values(5000));
}
