//! The options of the formats, as data.

use arr_core::format::{OptionInfo, OptionKind, Options, Side};
use arr_core::{ByteOrder, Error, Result};

/// Bytes of a C `long`.
pub(super) const LONG_SIZE: OptionInfo = OptionInfo {
    value: "4|8",
    default: "8",
    details: "A binary file that is read is looked at: 4 is what Windows and systems of 32 bits write. Numbers that do not fit \
              are refused on writing.",
    reference: "torch.load(file, 'b32')",
    ..OptionInfo::new(
        "long-size",
        OptionKind::Choice(&["4", "8"]),
        Side::Both,
        "Bytes of a C long, which the sizes of tensors are: 4 or 8",
    )
};

/// The byte order of a binary file.
pub(super) const ENDIAN: OptionInfo = OptionInfo {
    value: "ORDER",
    default: "little",
    details: "A binary file that is read is looked at. Torch itself writes the order of its machine.",
    reference: "File:bigEndianEncoding()",
    ..OptionInfo::new(
        "endian",
        OptionKind::Choice(&["little", "big"]),
        Side::Both,
        "Byte order of a binary file: little or big",
    )
};

/// Whether objects that are there several times are written once.
pub(super) const REFERENCED: OptionInfo = OptionInfo {
    default: "true",
    details: "Without it every occurrence is written in full, and what contains itself is refused.",
    reference: "torch.save(referenced=)",
    ..OptionInfo::new(
        "referenced",
        OptionKind::Flag,
        Side::Writing,
        "Write an object that is there several times once, and refer to it",
    )
};

/// Whether a tensor is written with no more of its storage than it has.
pub(super) const COMPACT: OptionInfo = OptionInfo {
    default: "false",
    details: "Otherwise a part of a tensor brings its whole storage along, which tensors share.",
    ..OptionInfo::new(
        "compact",
        OptionKind::Flag,
        Side::Writing,
        "Write each tensor with a storage of its own that holds nothing but its elements",
    )
};

/// The byte order that was asked for.
pub(super) fn endian(options: &Options) -> Option<ByteOrder> {
    options.text(ENDIAN.name).map(|order| if order == "big" { ByteOrder::Big } else { ByteOrder::Little })
}

/// The bytes of a C `long` that were asked for.
pub(super) fn long_size(options: &Options) -> Option<u8> {
    options.text(LONG_SIZE.name).map(|size| if size == "4" { 4 } else { 8 })
}

/// Refuses sizes that no C `long` has.
pub(super) fn check_long(size: Option<u8>) -> Result<()> {
    match size {
        None | Some(4 | 8) => Ok(()),
        Some(other) => Err(Error::invalid(format!("a C long has 4 or 8 bytes, not {other}"))),
    }
}
