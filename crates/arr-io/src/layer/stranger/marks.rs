//! Files that have a mark.

use std::borrow::Cow;

/// The name of a file that has a mark.
pub(super) fn name(head: &[u8]) -> Option<Cow<'static, str>> {
    let has = |(at, mark): &(usize, &[u8])| head.get(*at..).is_some_and(|rest| rest.starts_with(mark));
    let (_, sentence) = MARKS.iter().find(|(marks, _)| marks.iter().any(has))?;
    Some(Cow::Borrowed(sentence))
}

/// Places with the bytes that are there, any of which is enough, and what the file is then.
type Mark = (&'static [(usize, &'static [u8])], &'static str);

/// How files of the format AppleDouble begin.
pub(super) const APPLE_DOUBLE: &[u8] = b"\x00\x05\x16\x07";

const MARKS: &[Mark] = &[
    // Arrays.
    (
        &[(0, b"\x93NUMPY")],
        "this is an array file of NumPy: this build of arr-io is without the feature that reads it",
    ),
    (&[(0, b"MATLAB 7.3 MAT-file")], "this is a MATLAB 7.3 file, which is HDF5: h5py reads it"),
    (&[(0, b"MATLAB 5.0 MAT-file")], "this is a MATLAB file: scipy.io.loadmat reads it"),
    (
        &[(0, HDF5), (512, HDF5), (1024, HDF5), (2048, HDF5)],
        "this is an HDF5 file, as are those of Keras (.h5) and NetCDF-4: h5py reads it",
    ),
    (&[(0, b"\x0E\x03\x13\x01")], "this is an HDF4 file: pyhdf reads it"),
    (&[(0, b"CDF\x01"), (0, b"CDF\x02"), (0, b"CDF\x05")], "this is a NetCDF file: netCDF4 reads it"),
    (&[(0, b"SIMPLE  =")], "this is a FITS file: astropy.io.fits reads it"),
    (&[(344, b"n+1\0"), (344, b"ni1\0")], "this is a NIfTI image: nibabel reads it"),
    (&[(128, b"DICM")], "this is a DICOM image: pydicom reads it"),
    (&[(0, b"NRRD000")], "this is an NRRD image: pynrrd reads it"),
    (&[(0, b"GRIB")], "this is a GRIB file: cfgrib reads it"),
    (&[(0, b"root\0")], "this is a ROOT file: uproot reads it"),
    (
        &[
            (0, b"RDX2\n"),
            (0, b"RDX3\n"),
            (0, b"RDA2\n"),
            (0, b"RDA3\n"),
            (0, b"X\n\0\0\0\x02"),
            (0, b"X\n\0\0\0\x03"),
        ],
        "this is R data: pyreadr reads it",
    ),
    // Tables.
    (&[(0, b"PAR1"), (0, b"PARE")], "this is a Parquet file: pandas.read_parquet reads it"),
    (&[(0, b"ARROW1"), (0, b"FEA1")], "this is an Arrow (Feather) file: pandas.read_feather reads it"),
    (&[(0, b"ORC")], "this is an ORC file: pandas.read_orc reads it"),
    (&[(0, b"Obj\x01")], "this is an Avro file: fastavro reads it"),
    (&[(0, b"SQLite format 3\0")], "this is an SQLite database: pandas.read_sql reads its tables"),
    // Models.
    (
        &[(0, b"\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19\x2E")],
        "this is a PyTorch file of a version before 1.6: save its arrays with numpy.savez(path, **{k: v.numpy() for k, \
         v in torch.load(file).items()})",
    ),
    (&[(0, b"GGUF")], "this is a GGUF model: the Python package gguf reads it"),
    (&[(4, b"TFL3")], "this is a TensorFlow Lite model: tensorflow.lite.Interpreter reads it"),
    // Images and sounds.
    (&[(0, b"\x89PNG\r\n\x1A\n")], "this is a PNG image: numpy.asarray(PIL.Image.open(file)) is its array"),
    (&[(0, b"\xFF\xD8\xFF")], "this is a JPEG image: numpy.asarray(PIL.Image.open(file)) is its array"),
    (
        &[(0, b"GIF87a"), (0, b"GIF89a")],
        "this is a GIF image: numpy.asarray(PIL.Image.open(file)) is its array",
    ),
    (
        &[(0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")],
        "this is a TIFF image: tifffile.imread reads it",
    ),
    (&[(8, b"WEBPVP8")], "this is a WebP image: numpy.asarray(PIL.Image.open(file)) is its array"),
    (&[(8, b"WAVEfmt ")], "this is a WAV sound: scipy.io.wavfile.read reads it"),
    // Documents and programs.
    (&[(0, b"%PDF-")], "this is a PDF document, not an array file"),
    (&[(0, b"%!PS")], "this is a PostScript document, not an array file"),
    (
        &[(0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")],
        "this is an old Office document (.xls, .doc or .ppt): pandas.read_excel reads the tables of a workbook",
    ),
    (
        &[(0, b"\xCF\xFA\xED\xFE"), (0, b"\xCE\xFA\xED\xFE"), (0, b"\xCA\xFE\xBA\xBE")],
        "this is a program of macOS or a Java class, not an array file",
    ),
    (&[(0, b"\0asm")], "this is a WebAssembly program, not an array file"),
    // Archives, and compression that is not unpacked.
    (&[(257, b"ustar")], "this is a tar archive: unpack it first (tar -xf)"),
    (&[(0, b"7z\xBC\xAF\x27\x1C")], "this is a 7z archive: unpack it first (7z x)"),
    (&[(0, b"Rar!\x1A\x07")], "this is a rar archive: unpack it first (unrar x)"),
    (&[(0, b"PK\x05\x06")], "this is an empty zip archive"),
    (&[(0, b"PK\x07\x08")], "this is a zip archive in several parts: join them first (zip -s 0)"),
    (&[(0, b"\x04\x22\x4D\x18")], "this is data compressed by lz4: unpack it first (unlz4)"),
    (&[(0, b"LZIP\x01")], "this is data compressed by lzip: unpack it first (lzip -d)"),
    (&[(0, b"\x1F\x9D")], "this is data compressed by compress: unpack it first (uncompress)"),
    (&[(0, b"\xFF\x06\0\0sNaPpY")], "this is data compressed by snappy: unpack it first"),
    (
        &[(0, APPLE_DOUBLE)],
        "these are attributes that macOS keeps beside a file (AppleDouble), not an array file: the file itself is called \
         so without ._",
    ),
];

const HDF5: &[u8] = b"\x89HDF\r\n\x1A\n";
