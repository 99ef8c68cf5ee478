//! What the code of a layer must not know: names of formats in the facade and the command, flags of the command in the
//! libraries.

use std::process::Command;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use serde_json::Value;

use crate::run::{Outcome, build_command, captured};

/// The sources that know formats only through the registry.
const NO_FORMATS: &[&str] = &["crates/arr-io/src/", "crates/arr-cli/src/"];

/// The sources that may name formats, a file or a folder: where the registry is filled.
const REGISTRY: &[&str] = &["crates/arr-io/src/registry.rs", "crates/arr-io/src/registry/"];

/// The sources that may name flags.
const COMMAND: &str = "crates/arr-cli/src/";

/// What strings are searched for.
pub(super) struct Words {
    /// The names of all formats.
    formats: Vec<String>,
    /// The flags of all commands, with their dashes.
    flags: Vec<String>,
}

impl Words {
    /// Asks the command, which is built for it.
    pub(super) fn of_the_command() -> Outcome<Self> {
        let command = build_command()?;
        let arr = |words: &[&str]| captured(Command::new(&command).args(words));
        let formats: Value = serde_json::from_slice(&arr(&["formats", "--json"])?)
            .map_err(|error| format!("`arr formats --json` prints no JSON: {error}"))?;
        let names = formats.as_array().into_iter().flatten().filter_map(|format| format["name"].as_str());
        let completions = String::from_utf8_lossy(&arr(&["completions", "bash"])?).into_owned();
        let words = Self { formats: names.map(String::from).collect(), flags: flags(&completions) };
        if words.formats.is_empty() || words.flags.is_empty() {
            return Err("the command names no formats or no flags".into());
        }
        Ok(words)
    }

    /// The faults of one file, whose path begins at the folder of the workspace.
    pub(super) fn faults(&self, path: &str, text: &str) -> Vec<String> {
        let is_code = path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs");
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/fuzz/");
        if !is_code || is_test {
            return Vec::new();
        }
        let no_formats = begins(path, NO_FORMATS) && !begins(path, REGISTRY);
        let no_flags = !path.starts_with(COMMAND);
        if !no_formats && !no_flags {
            return Vec::new();
        }
        let literals = match literals(text) {
            Ok(literals) => literals,
            Err(error) => return vec![format!("{path}: {error}")],
        };
        let mut faults = Vec::new();
        for (line, literal) in literals {
            if let Some(name) = self.formats.iter().find(|name| no_formats && names_format(&literal, name)) {
                faults.push(format!(
                    "{path}:{line}: names the format {name}: ask the registry and the format's own data; formats are \
                     named where the registry is filled ({})",
                    REGISTRY.join(" or ")
                ));
            }
            if let Some(flag) = self.flags.iter().find(|flag| no_flags && has_word(&literal, flag)) {
                faults.push(format!(
                    "{path}:{line}: names the flag {flag}: a library does not know the command; say it as data (a hint \
                     of the error), which the command words as its flag"
                ));
            }
        }
        faults
    }
}

fn begins(path: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| path.starts_with(prefix))
}

/// The flags in what `arr completions bash` prints: every list of options but help and version, which each command has.
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
/// other name only alone or as an extension.
fn names_format(literal: &str, name: &str) -> bool {
    literal.strip_prefix('.').unwrap_or(literal) == name || (name.contains('-') && has_word(literal, name))
}

/// Whether the word stands in the text with nothing around it that would make it longer.
fn has_word(text: &str, word: &str) -> bool {
    let longer = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text.get(..at), text.get(at + word.len()..));
        !before.is_some_and(|text| text.ends_with(longer))
            && !after.is_some_and(|text| text.starts_with(longer))
    })
}

/// The strings of a source file with their lines, but those in comments, in documentation, in tests and in the names of
/// features.
fn literals(text: &str) -> Outcome<Vec<(usize, String)>> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("is no Rust: {error}"))?;
    let mut found = Vec::new();
    collect(tokens, &mut found);
    Ok(found)
}

fn collect(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut before = [None, None];
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Group(group) if is_attribute(group, &before) => match Attribute::of(group) {
                Attribute::Documentation => {}
                Attribute::Test => skip_item(&mut tokens),
                Attribute::Other => collect(group.stream(), found),
            },
            TokenTree::Group(group) => collect(group.stream(), found),
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

/// Passes over the item behind an attribute: to the end of its braces, or to its semicolon.
fn skip_item(tokens: &mut impl Iterator<Item = TokenTree>) {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    tokens.find(ends);
}

/// What stands between the quotes of a string literal of any kind; nothing of another literal.
fn string(literal: &str) -> Option<String> {
    let kind = literal.trim_start_matches(['b', 'c', 'r']).trim_start_matches('#');
    Some(kind.strip_prefix('"')?.trim_end_matches('#').strip_suffix('"')?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Words { formats: list(&["npy", "nd4j-stream"]), flags: list(&["--to", "--dtype"]) }
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
        let found = literals(source).unwrap();
        let expected = [(7, "{} in a macro"), (8, "raw "), (14, "in an attribute"), (15, "bytes")]
            .map(|(line, text)| (line, text.to_owned()));
        assert_eq!(found, expected);
        assert!(literals("fn f( {").unwrap_err().starts_with("is no Rust"));
    }

    #[test]
    fn formats_are_named_in_the_registry_only() {
        let faults =
            |path: &str, literal: &str| words().faults(path, &format!("const A: &str = {literal:?};")).len();
        for literal in ["npy", ".npy", "nd4j-stream", "no 'nd4j-stream' here"] {
            assert_eq!(faults("crates/arr-io/src/write.rs", literal), 1, "{literal}");
            assert_eq!(faults("crates/arr-cli/src/commands/append.rs", literal), 1, "{literal}");
            assert_eq!(faults("crates/arr-io/src/registry.rs", literal), 0, "{literal}");
            assert_eq!(faults("crates/arr-io/src/write/tests.rs", literal), 0, "{literal}");
            assert_eq!(faults("crates/arr-io/tests/texts.rs", literal), 0, "{literal}");
            assert_eq!(faults("crates/arr-npy/src/format.rs", literal), 0, "{literal}");
        }
        for literal in ["npy files", "x.npy", "my-nd4j-stream", "nd4j-streams"] {
            assert_eq!(faults("crates/arr-io/src/write.rs", literal), 0, "{literal}");
        }
    }

    #[test]
    fn flags_are_named_in_the_command_only() {
        let faults =
            |path: &str, literal: &str| words().faults(path, &format!("const A: &str = {literal:?};"));
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
