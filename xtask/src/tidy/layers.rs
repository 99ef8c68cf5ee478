//! What the strings of a layer must not name: formats and their options outside of the crate that has them, flags of
//! the command in the libraries.

use std::process::Command;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use serde_json::Value;

use crate::run::{Outcome, build_command, captured, root};

/// The sources that may name every format and option, a file or a folder: where the registry is filled.
const REGISTRY: &[&str] = &["crates/arr-io/src/registry.rs", "crates/arr-io/src/registry/"];

/// The sources that are the functions of a reference program, which are those of one format each, with its parameters.
const FUNCTIONS: &[&str] = &["crates/arr-python/src/npy.rs", "crates/arr-python/src/genfromtxt.rs"];

/// The sources that may name flags.
const COMMAND: &str = "crates/arr-cli/src/";

/// The sources whose documentation is printed as help.
const HELP: &str = "crates/arr-cli/src/args";

/// The table of formats, which says in which crate each is.
const TABLE: &str = "crates/arr-io/FORMATS.md";

/// Options that are called as what every array or record has.
const VOCABULARY: &[&str] = &["buffer", "dtype", "names", "offset", "order", "shape"];

/// The name of a format, or of an option of formats, and the crates that may say it.
struct Name {
    name: String,
    owners: Vec<String>,
}

/// What strings are searched for.
pub(super) struct Words {
    formats: Vec<Name>,
    options: Vec<Name>,
    /// The flags of all commands, with their dashes.
    flags: Vec<String>,
}

impl Words {
    /// Asks the command, which is built for it, and the table of formats.
    pub(super) fn of_the_command() -> Outcome<Self> {
        let command = build_command()?;
        let arr = |words: &[&str]| captured(Command::new(&command).args(words));
        let formats: Value = serde_json::from_slice(&arr(&["formats", "--json"])?)
            .map_err(|error| format!("`arr formats --json` does not print JSON: {error}"))?;
        let table =
            std::fs::read_to_string(root().join(TABLE)).map_err(|error| format!("{TABLE}: {error}"))?;
        let completions = String::from_utf8_lossy(&arr(&["completions", "bash"])?).into_owned();
        let (formats, options) = names(&formats, &table)?;
        let words = Self { formats, options, flags: flags(&completions) };
        if words.formats.is_empty() || words.flags.is_empty() {
            return Err("the command names no formats or no flags".into());
        }
        Ok(words)
    }

    /// The faults of one file, whose path begins at the folder of the workspace.
    pub(super) fn faults(&self, path: &str, text: &str) -> Vec<String> {
        let Some((package, file)) = path.strip_prefix("crates/").and_then(|path| path.split_once("/src/"))
        else {
            return Vec::new();
        };
        let is_test =
            path.ends_with("/tests.rs") || ["/tests/", "/fuzz/"].iter().any(|test| path.contains(test));
        if !file.ends_with(".rs") || is_test {
            return Vec::new();
        }
        let literals = match literals(text, path.starts_with(HELP)) {
            Ok(literals) => literals,
            Err(error) => return vec![format!("{path}: {error}")],
        };
        let may_name = begins(path, REGISTRY) || begins(path, FUNCTIONS);
        let foreign = |name: &&Name| !may_name && name.owners.iter().all(|owner| owner != package);
        let mut faults = Vec::new();
        for (line, literal) in literals {
            let format =
                self.formats.iter().filter(foreign).find(|format| names_format(&literal, &format.name));
            if let Some(Name { name, owners }) = format {
                faults.push(format!(
                    "{path}:{line}: names the format {name} of {}: ask the registry and the format's own data; all \
                     formats are named where the registry is filled ({})",
                    owners.join(", "),
                    REGISTRY.join(" or ")
                ));
            }
            let option =
                self.options.iter().filter(foreign).find(|option| names_option(&literal, &option.name));
            let option = option.filter(|option| !VOCABULARY.contains(&option.name.as_str()));
            if let Some(Name { name, owners }) = option {
                faults.push(format!(
                    "{path}:{line}: names the option {name} of {}: ask the tables of options of the formats",
                    owners.join(", ")
                ));
            }
            let flag = self.flags.iter().find(|flag| !path.starts_with(COMMAND) && has_word(&literal, flag));
            if let Some(flag) = flag {
                faults.push(format!(
                    "{path}:{line}: names the flag {flag}: a library does not know the command; say it as data (a hint \
                     of the error), which the command words as its flag"
                ));
            }
        }
        faults
    }
}

/// The names of the formats, and those of their options, with the crates that have them: those of a row of the table,
/// where the crate is the last column but one.
fn names(formats: &Value, table: &str) -> Outcome<(Vec<Name>, Vec<Name>)> {
    let (mut names, mut options) = (Vec::new(), Vec::<Name>::new());
    for format in formats.as_array().into_iter().flatten() {
        let name = format["name"].as_str().ok_or("`arr formats --json` has a format without a name")?;
        let row = table.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let owner = row.and_then(|row| row.trim_end_matches(['|', ' ']).rsplit('|').nth(1));
        let owner =
            owner.ok_or_else(|| format!("{TABLE} has no row of {name}: run `cargo xtask snapshots`"))?;
        let owner = owner.trim_matches([' ', '`']).to_owned();
        for option in format["options"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            match options.iter_mut().find(|known| known.name == option) {
                Some(known) => known.owners.push(owner.clone()),
                None => options.push(Name { name: option.to_owned(), owners: vec![owner.clone()] }),
            }
        }
        names.push(Name { name: name.to_owned(), owners: vec![owner] });
    }
    for option in &mut options {
        option.owners.sort();
        option.owners.dedup();
    }
    Ok((names, options))
}

fn begins(path: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| path.starts_with(prefix))
}

/// The flags in what `arr completions bash` prints: every list of options except help and version, which each command
/// has.
fn flags(completions: &str) -> Vec<String> {
    let lists = completions.lines().filter_map(|line| line.trim().strip_prefix("opts=\"")?.strip_suffix('"'));
    let words = lists.flat_map(str::split_whitespace);
    let mut flags: Vec<String> =
        words.filter(|word| word.starts_with("--") && word.len() > 2).map(String::from).collect();
    flags.retain(|flag| !matches!(flag.as_str(), "--help" | "--version"));
    flags.sort();
    flags.dedup();
    flags
}

/// Whether a string names a format: a name with a hyphen as a word anywhere, since no other word looks like it; any
/// other name only alone, or as an extension.
fn names_format(literal: &str, name: &str) -> bool {
    literal == name
        || has_word(literal, &format!(".{name}"))
        || (name.contains('-') && has_word(literal, name))
}

/// Whether a string names an option of a format: alone, as a flag, or, if it has a hyphen, as a word anywhere.
fn names_option(literal: &str, name: &str) -> bool {
    literal == name
        || has_word(literal, &format!("--{name}"))
        || (name.contains('-') && has_word(literal, name))
}

/// Whether the text has the word with nothing around it that would make it longer.
fn has_word(text: &str, word: &str) -> bool {
    let longer = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '*');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text.get(..at), text.get(at + word.len()..));
        !before.is_some_and(|text| text.ends_with(longer))
            && !after.is_some_and(|text| text.starts_with(longer))
    })
}

/// The strings of a source file with their lines, except those in comments, in tests and in the names of features;
/// those of documentation only if it is `help`.
fn literals(text: &str, help: bool) -> Outcome<Vec<(usize, String)>> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("is not Rust: {error}"))?;
    let mut found = Vec::new();
    collect(tokens, help, &mut found);
    Ok(found)
}

fn collect(tokens: TokenStream, help: bool, found: &mut Vec<(usize, String)>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut before = [None, None];
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Group(group) if is_attribute(group, &before) => match Attribute::of(group) {
                Attribute::Documentation if !help => {}
                Attribute::Test => skip_item(&mut tokens),
                _ => collect(group.stream(), help, found),
            },
            TokenTree::Group(group) => collect(group.stream(), help, found),
            TokenTree::Literal(literal) if !is_feature(&before) => {
                found.extend(string(&literal.to_string()).map(|text| (literal.span().start().line, text)));
            }
            _ => {}
        }
        let [_, last] = before;
        before = [last, Some(token)];
    }
}

/// What an attribute says of what follows it.
enum Attribute {
    Documentation,
    /// It is there in tests only.
    Test,
    Other,
}

impl Attribute {
    fn of(group: &Group) -> Self {
        let mut words = Vec::new();
        idents(group.stream(), &mut words);
        match words.split_first() {
            Some((first, _)) if first == "doc" => Self::Documentation,
            Some((first, rest)) if first == "cfg" && rest.iter().any(|word| word == "test") => Self::Test,
            _ => Self::Other,
        }
    }
}

fn idents(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Group(group) => idents(group.stream(), found),
            _ => {}
        }
    }
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// Whether the group is that of `#[..]` or `#![..]`.
fn is_attribute(group: &Group, [before, last]: &[Option<TokenTree>; 2]) -> bool {
    let inner = is_punct(before.as_ref(), '#') && is_punct(last.as_ref(), '!');
    group.delimiter() == Delimiter::Bracket && (is_punct(last.as_ref(), '#') || inner)
}

/// Whether the literal is that of `feature = ".."`.
fn is_feature([before, last]: &[Option<TokenTree>; 2]) -> bool {
    matches!(before, Some(TokenTree::Ident(ident)) if ident == "feature") && is_punct(last.as_ref(), '=')
}

/// Skips the item after an attribute: to the end of its braces, or to its semicolon.
fn skip_item(tokens: &mut impl Iterator<Item = TokenTree>) {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    tokens.find(ends);
}

/// The text between the quotes of a string literal of any kind; `None` for another literal.
fn string(literal: &str) -> Option<String> {
    let kind = literal.trim_start_matches(['b', 'c', 'r']).trim_start_matches('#');
    Some(kind.strip_prefix('"')?.trim_end_matches('#').strip_suffix('"')?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let formats = serde_json::json!([
            {"name": "npy", "options": []},
            {"name": "nd4j-stream", "options": ["encoding"]},
            {"name": "nd4j-aeron-chunk", "options": ["encoding", "chunk-size"]},
        ]);
        let row = |name: &str, owner: &str| format!("| `{name}` | text | yes | `{owner}` | `feature` |\n");
        let rows =
            [row("npy", "arr-npy"), row("nd4j-stream", "arr-binary"), row("nd4j-aeron-chunk", "arr-binary")];
        let (formats, options) = names(&formats, &rows.concat()).unwrap();
        Words { formats, options, flags: ["--to", "--dtype"].map(String::from).into() }
    }

    fn faults(path: &str, literal: &str) -> Vec<String> {
        words().faults(path, &format!("const A: &str = {literal:?};"))
    }

    #[test]
    fn strings_of_code_are_found_with_their_lines() {
        let source = r####"
            //! "in documentation"
            /// "too"
            #[cfg(feature = "npy")]
            fn f() -> &'static str {
                // "in a comment"
                println!("{} in a macro", 'x');
                r#"raw "#
            }
            #[cfg(all(test, unix))]
            mod tests { const A: &str = "in a test"; }
            #[cfg(test)]
            mod other;
            #[command(about = "in an attribute")]
            const B: &[u8] = b"bytes";
        "####;
        let found = literals(source, false).unwrap();
        let expected = [(7, "{} in a macro"), (8, "raw "), (14, "in an attribute"), (15, "bytes")]
            .map(|(line, text)| (line, text.to_owned()));
        assert_eq!(found, expected);
        assert!(literals("fn f( {", false).unwrap_err().starts_with("is not Rust"));
        let help = literals(source, true).unwrap();
        assert_eq!(help.len(), found.len() + 2);
        assert_eq!(help[1], (3, r#" \"too\""#.to_owned()));
    }

    #[test]
    fn formats_are_named_in_the_registry_and_in_their_crate_only() {
        for literal in ["npy", ".npy", "a .npy file", "nd4j-stream", "no 'nd4j-stream' here"] {
            for path in [
                "arr-io/src/write.rs",
                "arr-cli/src/commands/append.rs",
                "arr-core/src/x.rs",
                "arr-text/src/x.rs",
            ] {
                assert_eq!(faults(&format!("crates/{path}"), literal).len(), 1, "{path}: {literal}");
            }
            for path in ["arr-io/src/registry.rs", "arr-io/src/write/tests.rs", "arr-io/tests/texts.rs"] {
                assert_eq!(faults(&format!("crates/{path}"), literal).len(), 0, "{path}: {literal}");
            }
        }
        assert_eq!(faults("crates/arr-npy/src/format.rs", ".npy").len(), 0);
        assert_eq!(faults("crates/arr-binary/src/nd4j/stream.rs", "nd4j-stream").len(), 0);
        assert_eq!(
            faults("crates/arr-npy/src/format.rs", "not nd4j-stream"),
            [
                "crates/arr-npy/src/format.rs:1: names the format nd4j-stream of arr-binary: ask the registry and the \
              format's own data; all formats are named where the registry is filled (crates/arr-io/src/registry.rs or \
              crates/arr-io/src/registry/)"
            ]
        );
        for literal in ["npy files", "x.npy", "my-nd4j-stream", "nd4j-streams", "*.npy"] {
            assert_eq!(faults("crates/arr-io/src/write.rs", literal).len(), 0, "{literal}");
        }
    }

    #[test]
    fn help_names_no_format() {
        let source = "/// A `.npy` holds bfloat16 as two bytes\npub struct A;";
        assert_eq!(words().faults("crates/arr-cli/src/args.rs", source).len(), 1);
        assert_eq!(words().faults("crates/arr-cli/src/args/values.rs", source).len(), 1);
        assert_eq!(words().faults("crates/arr-cli/src/files.rs", source).len(), 0);
        assert_eq!(words().faults("crates/arr-io/src/open.rs", source).len(), 0);
    }

    #[test]
    fn options_are_named_in_the_registry_and_in_their_crate_only() {
        for literal in [
            "encoding",
            "chunk-size",
            "arr convert x chunks/ --chunk-size 64",
            "give --encoding",
            "a chunk-size",
        ] {
            for path in ["arr-cli/src/args.rs", "arr-io/src/open.rs", "arr-core/src/x.rs", "arr-npy/src/x.rs"]
            {
                assert_eq!(faults(&format!("crates/{path}"), literal).len(), 1, "{path}: {literal}");
            }
            assert_eq!(faults("crates/arr-binary/src/x.rs", literal).len(), 0, "{literal}");
            assert_eq!(faults("crates/arr-io/src/registry.rs", literal).len(), 0, "{literal}");
        }
        for literal in ["the encoding of text", "chunk-sizes", "--encodings"] {
            assert_eq!(faults("crates/arr-io/src/open.rs", literal).len(), 0, "{literal}");
        }
    }

    #[test]
    fn every_format_has_a_row_in_the_table() {
        let error =
            names(&serde_json::json!([{"name": "npy"}]), "| `npz` | `arr-npy` | `npz` |").err().unwrap();
        assert_eq!(error, "crates/arr-io/FORMATS.md has no row of npy: run `cargo xtask snapshots`");
        let words = words();
        assert_eq!(words.options[0].owners, ["arr-binary"]);
    }

    #[test]
    fn flags_are_named_in_the_command_only() {
        let found = faults("crates/arr-core/src/model/error.rs", "name the format (--to)");
        assert!(
            found[0].starts_with("crates/arr-core/src/model/error.rs:1: names the flag --to: "),
            "{found:?}"
        );
        assert!(faults("crates/arr-cli/src/files.rs", "name the format (--to)").is_empty());
        assert!(faults("crates/arr-core/src/model/error.rs", "--to-everything, --top and a--to").is_empty());
    }

    #[test]
    fn flags_are_those_of_the_completions() {
        let script =
            "  opts=\"-h --help --to --dtype info\"\n  opts=\"--to -- --version\"\n  COMPREPLY=\"--x\"\n";
        assert_eq!(flags(script), ["--dtype", "--to"]);
    }
}
