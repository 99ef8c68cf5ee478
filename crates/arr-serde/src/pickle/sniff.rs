//! Whether bytes are a pickle.

use arr_core::format::Match;
use arr_core::format::literal::names_class;

use super::opcodes as op;

/// How many bytes are looked at.
pub(super) const HEAD: usize = 4096;

/// How sure it is that bytes are the beginning of a pickle. Protocols from 2 on begin with a mark, 0 and 1 with any opcode:
/// of those, all opcodes that are seen have to be some.
pub(super) fn look(head: &[u8]) -> Match {
    match head {
        [op::PROTO, 2..=op::HIGHEST, op::FRAME, ..] => Match::Yes,
        [op::PROTO, 2..=op::HIGHEST, next, ..] if op::name(*next).is_some() => match walk(head) {
            Walk::Broken => Match::Maybe,
            _ => Match::Yes,
        },
        // Cut off behind the mark, or one of a version that is newer than any that is known.
        [op::PROTO, 2..=op::HIGHEST] => Match::Likely,
        _ => match walk(head) {
            // One letter and a full stop is any text, and what goes on behind it may be anything.
            Walk::Ended(count, 0) if count >= 3 => Match::Likely,
            Walk::Cut(count) if count >= 8 && head.len() >= 64 => Match::Likely,
            Walk::Ended(..) => Match::Maybe,
            _ if begins_as_one(head) => Match::Maybe,
            _ => Match::No,
        },
    }
}

/// True where bytes begin as Python writes protocols 0 and 1, whatever follows: a container that is memorised, or a class or
/// function by its name. Then they are a pickle that is broken.
fn begins_as_one(head: &[u8]) -> bool {
    match head {
        [b'}' | b']', b'q', 0, ..] => true,
        [b'(', b'd' | b'l', b'p', b'0' | b'1', b'\n', ..] => true,
        [op::GLOBAL, rest @ ..] => is_taken(rest),
        _ => false,
    }
}

/// True for a module and a name in it, each on its line, and an opcode that takes what they name.
fn is_taken(text: &[u8]) -> bool {
    matches!(names_class(text), Some([op::MARK, ..] | [b'q', 0 | 1, ..] | [b'p', b'0' | b'1', b'\n', ..]))
}

/// True when another pickle begins behind one.
pub(super) fn is_pickle(head: &[u8]) -> bool {
    look(head) >= Match::Likely || matches!(walk(head), Walk::Ended(count, _) if count >= 3)
}

/// What a walk over opcodes finds, and how many there are.
enum Walk {
    /// A pickle that ends, and how many bytes are behind it.
    Ended(usize, usize),
    /// Opcodes up to the end of what is seen.
    Cut(usize),
    Broken,
}

/// What joblib has in place of an array, whose items follow its state as they are: they may look like any opcodes.
const WRAPPER: &[u8] = b"joblib.numpy_pickle\nNumpyArrayWrapper\n";

fn walk(head: &[u8]) -> Walk {
    let (mut rest, mut count, mut has_wrapper) = (head, 0, false);
    loop {
        let broken = if has_wrapper { Walk::Cut(count) } else { Walk::Broken };
        let Some((opcode, behind)) = rest.split_first() else { return Walk::Cut(count) };
        if op::name(*opcode).is_none() {
            return broken;
        }
        count += 1;
        match *opcode {
            op::STOP if has_wrapper && !behind.is_empty() => return Walk::Cut(count),
            op::STOP => return Walk::Ended(count, behind.len()),
            op::GLOBAL => has_wrapper |= behind.starts_with(WRAPPER),
            _ => {}
        }
        match step(*opcode, behind) {
            Step::To(next) => rest = next,
            Step::Cut => return Walk::Cut(count),
            Step::Broken => return broken,
        }
    }
}

enum Step<'h> {
    To(&'h [u8]),
    Cut,
    Broken,
}

/// Steps over what belongs to an opcode.
fn step(opcode: u8, rest: &[u8]) -> Step<'_> {
    let (width, is_length) = match opcode {
        op::BININT | op::LONG_BINGET | op::LONG_BINPUT | op::EXT4 => (4, false),
        op::BININT1 | op::BINGET | op::BINPUT | op::EXT1 | op::PROTO => (1, false),
        op::BININT2 | op::EXT2 => (2, false),
        op::BINFLOAT | op::FRAME => (8, false),
        op::SHORT_BINSTRING | op::SHORT_BINBYTES | op::SHORT_BINUNICODE | op::LONG1 => (1, true),
        op::BINSTRING | op::BINBYTES | op::BINUNICODE | op::LONG4 => (4, true),
        op::BINUNICODE8 | op::BINBYTES8 | op::BYTEARRAY8 => (8, true),
        op::GLOBAL | op::INST => return lines(rest, 2, MOST_NAME),
        op::INT | op::LONG | op::FLOAT | op::STRING | op::UNICODE | op::GET | op::PUT | op::PERSID => {
            return match lines(rest, 1, usize::MAX) {
                Step::To(next) => match is_line_of(opcode, rest) {
                    true => Step::To(next),
                    false => Step::Broken,
                },
                other => other,
            };
        }
        _ => (0, false),
    };
    let Some((field, behind)) = rest.split_at_checked(width) else { return Step::Cut };
    if !is_length {
        return Step::To(behind);
    }
    let mut len = [0; 8];
    if let Some(low) = len.get_mut(..width) {
        low.copy_from_slice(field);
    }
    match usize::try_from(u64::from_le_bytes(len)).ok().and_then(|len| behind.get(len..)) {
        Some(next) => Step::To(next),
        None => Step::Cut,
    }
}

/// True when the line that belongs to an opcode is one that it may have.
fn is_line_of(opcode: u8, rest: &[u8]) -> bool {
    let (line, _) = rest.split_at(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    let is_number =
        || !line.is_empty() && line.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'L' | b'\r'));
    match opcode {
        op::INT | op::LONG | op::GET | op::PUT => is_number(),
        op::FLOAT => std::str::from_utf8(line).is_ok_and(|line| line.trim().parse::<f64>().is_ok()),
        op::STRING => matches!(line.trim_ascii(), [b'\'', .., b'\''] | [b'"', .., b'"']),
        _ => true,
    }
}

/// No name of a module or class is longer.
const MOST_NAME: usize = 1024;

/// Steps over lines, of which none is longer than `most`.
fn lines(mut rest: &[u8], count: usize, most: usize) -> Step<'_> {
    for _ in 0..count {
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => (_, rest) = rest.split_at(end + 1),
            None if rest.len() > most => return Step::Broken,
            None => return Step::Cut,
        }
    }
    Step::To(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What joblib 1.6.0 writes in protocols 0 and 1 of `numpy.arange(6, dtype="f4")`.
    #[test]
    fn files_of_joblib_are_recognised_by_what_stands_before_the_items() {
        let zero = b"ccopy_reg\n_reconstructor\np0\n(cjoblib.numpy_pickl\
              e\nNumpyArrayWrapper\np1\nc__builtin__\nobject\np2\nNt\
              p3\nRp4\n(dp5\nVsubclass\np6\ncnumpy\nndarray\np7\nsVsha\
              pe\np8\n(I6\ntp9\nsVorder\np10\nVC\np11\nsVdtype\np12\ncnu\
              mpy\ndtype\np13\n(Vf4\np14\nI00\nI01\ntp15\nRp16\n(I3\nV<\n\
              p17\nNNNI-1\nI-1\nI0\ntp18\nbsVallow_mmap\np19\nI01\nsVn\
              umpy_array_alignment_bytes\np20\nI16\nsb\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
              \0\0\0\0\0\0\x80?\0\0\0@\0\0@@\0\0\x80@\0\0\xa0@.";
        let one = b"ccopy_reg\n_reconstructor\nq\0(cjoblib.numpy_pickle\
              \nNumpyArrayWrapper\nq\x01c__builtin__\nobject\nq\x02Ntq\x03R\
              q\x04}q\x05(X\x08\0\0\0subclassq\x06cnumpy\nndarray\nq\x07X\x05\0\0\0shape\
              q\x08(K\x06tq\x09X\x05\0\0\0orderq\nX\x01\0\0\0Cq\x0bX\x05\0\0\0dtypeq\x0ccnumpy\nd\
              type\nq\x0d(X\x02\0\0\0f4q\x0eI00\nI01\ntq\x0fRq\x10(K\x03X\x01\0\0\0<q\x11NNNJ\xff\xff\
              \xff\xffJ\xff\xff\xff\xffK\0tq\x12bX\n\0\0\0allow_mmapq\x13I01\nX\x1b\0\0\0numpy_arr\
              ay_alignment_bytesq\x14K\x10ub\x07\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\x80?\0\0\0@\0\0@@\
              \0\0\x80@\0\0\xa0@.";
        for bytes in [&zero[..], one] {
            assert_eq!(look(bytes), Match::Likely, "{}", bytes.escape_ascii());
            let graph = crate::pickle::loads(bytes).unwrap();
            let array = graph.array(graph.root().unwrap().as_node().unwrap()).unwrap();
            assert_eq!(array.to_vec::<f32>().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        }
    }

    #[test]
    fn pickles_of_all_protocols_are_recognised_and_text_is_not() {
        for sure in [&b"\x80\x04\x95\x00"[..], b"\x80\x02}q\x00.", b"\x80\x02]q\x00(K\x01e.", b"\x80\x05N."] {
            assert_eq!(look(sure), Match::Yes, "{sure:?}");
        }
        for likely in [
            &b"(lp0\nI1\na."[..],
            b"}q\x00.",
            b"cos\nsystem\n(S'ls'\ntR.",
            b"(dp0\nS'a'\np1\nI1\ns.",
            b"\x80\x09N.",
        ] {
            assert!(look(likely) >= Match::Likely, "{likely:?}");
        }
        // Those that are broken are still no other file.
        let begun = b"cos\nsystem\n(S'id'\ntR";
        for broken in [
            &b"\xfe."[..],
            b"",
            b"000.",
            b"0]}b.",
            b"0Pxx\n.",
            b"\x8e\0\0\0\0\0\0\0\x40",
            &[b"0L", &b"9".repeat(4096)[..]].concat(),
        ] {
            let broken = [&begun[..], broken].concat();
            assert!(look(&broken) > Match::No, "{}", broken.escape_ascii());
            assert!(look(&[&b"\x80\x02"[..], &broken].concat()) > Match::No, "{}", broken.escape_ascii());
        }
        for other in
            [&b"1,2,3\n4,5,6\n"[..], b"", b"{\"a\": 1}", b"# comment\n", b"I am text.\n", b"0.5 1.5\n"]
        {
            assert!(look(other) < Match::Likely, "{other:?}");
        }
    }
}
