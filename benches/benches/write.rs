//! Saving 40 MB, over a file that exists and under a new name.

use std::cell::LazyCell;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arr_benches::{ITEMS, SHAPE, c_file, check_written, folder, large, npy_start, values};
use criterion::{Criterion, criterion_group, criterion_main};
use ferray_core::dimension::Ix2;
use ndarray::Array2;
use npyz::WriterBuilder;
use safetensors::tensor::TensorView;

fn over_existing(criterion: &mut Criterion) {
    let array = LazyCell::new(large_array);
    let items = || array.as_slice().unwrap();
    let bytes = || bytemuck::cast_slice::<f32, u8>(items());
    let start = npy_start("<f4", false, &SHAPE);
    let path = folder().join("written");

    let mut group = large(criterion, "write/40MB_f32_over_existing");
    group.row_elsewhere("numpy", c_file);
    let check = |(): &()| check_written(&path);
    group.row("arr", || arr_npy::save(&path, &*array).unwrap(), check);
    group.row("ndarray-npy", || ndarray_npy::write_npy(&path, &*array).unwrap(), check);
    group.row("npyz", || npyz_save(&path, items()).unwrap(), check);
    let ferray = LazyCell::new(|| of_ferray(items()));
    group.row("ferray-io", || ferray_io::npy::save(&path, &*ferray).unwrap(), check);
    let tensor = LazyCell::new(|| TensorView::new(safetensors::Dtype::F32, SHAPE.to_vec(), bytes()).unwrap());
    let save_tensor = || safetensors::serialize_to_file([("x", &*tensor)], None, &path).unwrap();
    group.row("safetensors", save_tensor, check);
    // Another row may have left a file of another length, or none.
    let ours = LazyCell::new(|| std::fs::write(&path, [&start, bytes()].concat()).unwrap());
    let overwrite = || {
        LazyCell::force(&ours);
        let mut file = File::options().write(true).open(&path).unwrap();
        file.write_all(&start).unwrap();
        file.write_all(bytes()).unwrap();
    };
    group.row("limit_overwrite_in_place", overwrite, check);
    let truncate = || {
        let mut file = File::create(&path).unwrap();
        file.write_all(&start).unwrap();
        file.write_all(bytes()).unwrap();
    };
    group.row("limit_truncate_and_write", truncate, check);
}

fn new_file(criterion: &mut Criterion) {
    let array = LazyCell::new(large_array);
    let items = || array.as_slice().unwrap();
    let bytes = || bytemuck::cast_slice::<f32, u8>(items());
    let start = npy_start("<f4", false, &SHAPE);
    let path = folder().join("new");
    let remove = || {
        std::fs::remove_file(&path).ok();
    };
    remove();
    let mut group = large(criterion, "write/40MB_f32_new_file");
    group.row_elsewhere("numpy", c_file);
    let check = |(): &()| {
        check_written(&path);
        remove();
    };
    group.row("arr", || arr_npy::save(&path, &*array).unwrap(), check);
    group.row("ndarray-npy", || ndarray_npy::write_npy(&path, &*array).unwrap(), check);
    group.row("npyz", || npyz_save(&path, items()).unwrap(), check);
    let ferray = LazyCell::new(|| of_ferray(items()));
    group.row("ferray-io", || ferray_io::npy::save(&path, &*ferray).unwrap(), check);
    let tensor = LazyCell::new(|| TensorView::new(safetensors::Dtype::F32, SHAPE.to_vec(), bytes()).unwrap());
    let save_tensor = || safetensors::serialize_to_file([("x", &*tensor)], None, &path).unwrap();
    group.row("safetensors", save_tensor, check);
    let create = || {
        let mut file = File::create_new(&path).unwrap();
        file.write_all(&start).unwrap();
        file.write_all(bytes()).unwrap();
    };
    group.row("limit_create_and_write", create, check);
}

fn large_array() -> Array2<f32> {
    Array2::from_shape_vec(SHAPE, values(ITEMS)).unwrap()
}

fn of_ferray(items: &[f32]) -> ferray_core::Array<f32, Ix2> {
    ferray_core::Array::from_vec(Ix2::new(SHAPE), items.to_vec()).unwrap()
}

fn npyz_save(path: &Path, items: &[f32]) -> std::io::Result<()> {
    let file = BufWriter::new(File::create(path)?);
    let shape = SHAPE.map(|dim| dim as u64);
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(file).begin_nd()?;
    writer.extend(items)?;
    writer.finish()
}

criterion_group!(benches, over_existing, new_file);
criterion_main!(benches);
