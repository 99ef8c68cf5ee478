//! Saving 40 MB, over a file that exists and under a new name.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arr_benches::{ITEMS, SHAPE, check_written, folder, large, npy_start, row, values};
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;
use npyz::WriterBuilder;
use safetensors::tensor::TensorView;

fn over_existing(criterion: &mut Criterion) {
    let array = Array2::from_shape_vec(SHAPE, values(ITEMS)).unwrap();
    let items = array.as_slice().unwrap();
    let bytes: &[u8] = bytemuck::cast_slice(items);
    let start = npy_start("<f4", false, &SHAPE);
    let path = folder().join("written");
    std::fs::write(&path, [&start, bytes].concat()).unwrap();
    check_written(&path);

    let mut group = large(criterion, "write/40MB_f32_over_existing");
    let check = |(): &()| check_written(&path);
    row(&mut group, "arr", || arr_npy::save(&path, &array).unwrap(), check);
    row(&mut group, "ndarray-npy", || ndarray_npy::write_npy(&path, &array).unwrap(), check);
    row(&mut group, "npyz", || npyz_save(&path, items).unwrap(), check);
    let shape = ferray_core::dimension::Ix2::new(SHAPE);
    let ferray = ferray_core::Array::from_vec(shape, items.to_vec()).unwrap();
    row(&mut group, "ferray-io", || ferray_io::npy::save(&path, &ferray).unwrap(), check);
    let tensor = TensorView::new(safetensors::Dtype::F32, SHAPE.to_vec(), bytes).unwrap();
    let save_tensor = || safetensors::serialize_to_file([("x", &tensor)], None, &path).unwrap();
    row(&mut group, "safetensors", save_tensor, check);
    let overwrite = || {
        let mut file = File::options().write(true).open(&path).unwrap();
        file.write_all(&start).unwrap();
        file.write_all(bytes).unwrap();
    };
    // Behind safetensors' row the file is of another length; a first call that is not timed makes it ours again.
    std::fs::write(&path, [&start, bytes].concat()).unwrap();
    check_written(&path);
    row(&mut group, "limit_overwrite_in_place", overwrite, check);
    let truncate = || {
        let mut file = File::create(&path).unwrap();
        file.write_all(&start).unwrap();
        file.write_all(bytes).unwrap();
    };
    row(&mut group, "limit_truncate_and_write", truncate, check);
}

fn new_file(criterion: &mut Criterion) {
    let array = Array2::from_shape_vec(SHAPE, values(ITEMS)).unwrap();
    let items = array.as_slice().unwrap();
    let bytes: &[u8] = bytemuck::cast_slice(items);
    let start = npy_start("<f4", false, &SHAPE);
    let path = folder().join("new");
    let remove = || {
        std::fs::remove_file(&path).ok();
    };
    remove();
    let mut group = large(criterion, "write/40MB_f32_new_file");
    let check = |(): &()| {
        check_written(&path);
        remove();
    };
    row(&mut group, "arr", || arr_npy::save(&path, &array).unwrap(), check);
    row(&mut group, "ndarray-npy", || ndarray_npy::write_npy(&path, &array).unwrap(), check);
    row(&mut group, "npyz", || npyz_save(&path, items).unwrap(), check);
    let shape = ferray_core::dimension::Ix2::new(SHAPE);
    let ferray = ferray_core::Array::from_vec(shape, items.to_vec()).unwrap();
    row(&mut group, "ferray-io", || ferray_io::npy::save(&path, &ferray).unwrap(), check);
    let tensor = TensorView::new(safetensors::Dtype::F32, SHAPE.to_vec(), bytes).unwrap();
    let save_tensor = || safetensors::serialize_to_file([("x", &tensor)], None, &path).unwrap();
    row(&mut group, "safetensors", save_tensor, check);
    let create = || {
        let mut file = File::create_new(&path).unwrap();
        file.write_all(&start).unwrap();
        file.write_all(bytes).unwrap();
    };
    row(&mut group, "limit_create_and_write", create, check);
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
