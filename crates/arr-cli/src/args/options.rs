//! Options of formats as flags: made from the tables of the formats.

use arr_io::format::{OptionInfo, OptionKind, OptionValue, Options, Side};
use std::path::PathBuf;
use std::sync::LazyLock;

use arr_io::{Limits, Registry};
use clap::builder::{PossibleValuesParser, ValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::values::{size, with_unit};

/// Options that count when files are read.
#[derive(Clone, Debug, Default)]
pub struct ReadingOptions(pub Options);

/// Options that count when files are written.
#[derive(Clone, Debug, Default)]
pub struct WritingOptions(pub Options);

/// The limits on what reading may spend.
#[derive(Clone, Debug, Default)]
pub struct LimitFlags(pub Limits);

/// The options of all formats for a side, each once.
fn table(side: Side) -> Vec<&'static OptionInfo> {
    let mut rows: Vec<&'static OptionInfo> = Vec::new();
    for row in Registry::shared().infos().flat_map(|info| info.options) {
        let counts = row.side == side || (row.side == Side::Both && side == Side::Reading);
        if counts && rows.iter().all(|known| known.name != row.name) {
            rows.push(row);
        }
    }
    rows
}

/// The rows of that name, each with the formats that have it so.
fn alike(name: &str) -> Vec<(&'static OptionInfo, Vec<&'static str>)> {
    let mut found: Vec<(&'static OptionInfo, Vec<&'static str>)> = Vec::new();
    for info in Registry::shared().infos() {
        let Some(row) = info.option(name) else { continue };
        match found.iter_mut().find(|(known, _)| *known == row) {
            Some((_, owners)) => owners.push(info.name),
            None => found.push((row, vec![info.name])),
        }
    }
    found
}

/// What an option does, and in which formats.
fn help(row: &OptionInfo) -> String {
    let of_each = |(row, owners): &(&OptionInfo, Vec<&str>)| format!("{} ({})", row.help, owners.join(", "));
    alike(row.name).iter().map(of_each).collect::<Vec<_>>().join("; ")
}

/// What its value is. Where that depends on the format, it is text, which is looked at when the format is known.
fn kind(row: &OptionInfo) -> OptionKind {
    match alike(row.name).iter().all(|(other, _)| other.kind == row.kind) {
        true => row.kind,
        false => OptionKind::Text,
    }
}

fn flag(row: &'static OptionInfo) -> Arg {
    let details = if row.details.is_empty() { String::new() } else { format!("\n\n{}", row.details) };
    let help = help(row);
    let arg = Arg::new(row.name).long(row.name).help(help.clone()).long_help(format!("{help}{details}"));
    let arg = match kind(row) {
        OptionKind::Flag => return arg.action(ArgAction::SetTrue),
        OptionKind::Choice(words) => {
            let words: PossibleValuesParser = words.to_vec().into();
            arg.value_name(row.value).value_parser(words).ignore_case(true)
        }
        OptionKind::Files => {
            let paths = ValueParser::path_buf();
            arg.value_name(row.value)
                .value_parser(paths)
                .action(ArgAction::Append)
                .value_hint(clap::ValueHint::FilePath)
        }
        _ => arg.value_name(row.value).allow_hyphen_values(true),
    };
    match row.bare {
        "" => arg,
        // What follows after a blank is the next argument.
        bare => arg.num_args(0..=1).require_equals(true).default_missing_value(bare),
    }
}

/// The flags that take back those which are set unless told otherwise, by the names of these.
static TAKEN_BACK: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let rows = Registry::shared().infos().flat_map(|info| info.options);
    let is_set = |row: &&OptionInfo| row.kind == OptionKind::Flag && row.default == "true";
    rows.filter(is_set).map(|row| (row.name, format!("no-{}", row.name))).collect()
});

/// The name of the flag that takes an option back.
fn taking_back(row: &OptionInfo) -> Option<&'static str> {
    TAKEN_BACK.iter().find(|(name, _)| *name == row.name).map(|(_, flag)| flag.as_str())
}

/// The options that count on both sides, each with a flag that counts on the side of the output alone.
static OF_OUTPUT: LazyLock<Vec<(&'static OptionInfo, String)>> = LazyLock::new(|| {
    let mut found: Vec<(&OptionInfo, String)> = Vec::new();
    let rows = Registry::shared().infos().flat_map(|info| info.options);
    for row in rows.filter(|row| row.side == Side::Both && row.kind != OptionKind::Flag) {
        if found.iter().all(|(known, _)| known.name != row.name) {
            found.push((row, format!("to-{}", row.name)));
        }
    }
    found
});

/// The flags of the output's side: what counts for files that are written.
fn augmented_for_output(command: Command) -> Command {
    OF_OUTPUT.iter().fold(augmented(command, Side::Writing), |command, (row, name)| {
        let help = format!("As --{}, for what is written alone", row.name);
        command.arg(flag(row).id(name.as_str()).long(name.as_str()).help(help.clone()).long_help(help))
    })
}

/// The options of the output's side that were given.
fn found_for_output(matches: &ArgMatches) -> Result<Options, clap::Error> {
    OF_OUTPUT.iter().try_fold(found(matches, Side::Writing)?, |options, (row, name)| {
        let row = OptionInfo { kind: kind(row), ..**row };
        Ok(match matches.get_one::<String>(name) {
            Some(text) => options.with(row.name, parsed(&row, text)?),
            None => options,
        })
    })
}

/// The value that was typed.
fn parsed(row: &OptionInfo, text: &str) -> Result<OptionValue, clap::Error> {
    row.parse(text).map_err(|error| clap::Error::raw(ErrorKind::ValueValidation, format!("--{error}\n")))
}

fn augmented(command: Command, side: Side) -> Command {
    table(side).into_iter().fold(command, |command, row| match taking_back(row) {
        // The command has such a flag itself, which counts for the format too.
        _ if command.get_arguments().any(|known| known.get_id() == row.name) => command,
        Some(name) => {
            let help = format!("Take --{} back: {}", row.name, help(row));
            let arg = Arg::new(name).long(name).help(help).action(ArgAction::SetTrue);
            command.arg(flag(row).hide(true).overrides_with(name)).arg(arg.overrides_with(row.name))
        }
        None => command.arg(flag(row)),
    })
}

fn found(matches: &ArgMatches, side: Side) -> Result<Options, clap::Error> {
    let mut options = Options::new();
    for row in table(side) {
        let row = OptionInfo { kind: kind(row), ..*row };
        let value = match row.kind {
            OptionKind::Flag => match taking_back(&row).is_some_and(|name| matches.get_flag(name)) {
                true => Some(OptionValue::Flag(false)),
                false => matches.get_flag(row.name).then_some(OptionValue::Flag(true)),
            },
            OptionKind::Files => {
                let paths = matches.get_many::<PathBuf>(row.name);
                paths.map(|paths| OptionValue::Files(paths.cloned().collect()))
            }
            // A flag of the command's own is of another type.
            _ => match matches.try_get_one::<String>(row.name) {
                Ok(Some(text)) => Some(parsed(&row, text)?),
                _ => None,
            },
        };
        if let Some(value) = value {
            options = options.with(row.name, value);
        }
    }
    Ok(options)
}

/// What gives an option a value, as it is typed.
pub fn option_flag(name: &str, value: &str) -> String {
    let rows = alike(name);
    let is = |meets: &dyn Fn(&OptionInfo) -> bool| rows.iter().any(|(row, _)| meets(row));
    let is_flag = is(&|row| row.kind == OptionKind::Flag);
    if is_flag && value == "false" {
        return format!("--no-{name}");
    }
    let is_bare = (is_flag && value == "true") || is(&|row| !row.bare.is_empty() && row.bare == value);
    if is_bare { format!("--{name}") } else { format!("--{name}={value}") }
}

/// The flag that raises a limit.
pub fn limit_flag(name: &str) -> String {
    name.replace('_', "-")
}

/// The flags of all limits, in their order.
static LIMIT_FLAGS: LazyLock<Vec<String>> =
    LazyLock::new(|| Limits::ALL.iter().map(|info| limit_flag(info.name)).collect());

/// A flag for each limit. Their values are numbers with units; the first flag says so.
fn with_limits(command: Command) -> Command {
    Limits::ALL.iter().zip(LIMIT_FLAGS.iter()).enumerate().fold(command, |command, (index, (info, flag))| {
        let help = match info.get(&Limits::default()) {
            u64::MAX => info.help.to_owned(),
            value => format!("{}; {} unless set", info.help, with_unit(value)),
        };
        let units = "N may end in k, M, G or T (powers of 1000) or Ki, Mi, Gi or Ti (powers of 1024).";
        let details = [if index == 0 { units } else { "" }, info.details].join(" ");
        let arg =
            Arg::new(info.name).long(flag.as_str()).value_name("N").value_parser(size).help(help.clone());
        command.arg(match details.trim() {
            "" => arg,
            details => arg.long_help(format!("{help}\n\n{details}")),
        })
    })
}

fn limits(matches: &ArgMatches) -> Limits {
    Limits::ALL.iter().fold(Limits::default(), |limits, info| match matches.get_one::<u64>(info.name) {
        Some(value) => info.set(limits, *value),
        None => limits,
    })
}

macro_rules! dynamic_arguments {
    ($type:ident, $augmented:expr, $found:expr) => {
        impl FromArgMatches for $type {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                $found(matches).map(Self)
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0 = $found(matches)?;
                Ok(())
            }
        }

        impl Args for $type {
            fn augment_args(command: Command) -> Command {
                $augmented(command)
            }

            fn augment_args_for_update(command: Command) -> Command {
                $augmented(command)
            }
        }
    };
}

dynamic_arguments!(ReadingOptions, |command| augmented(command, Side::Reading), |matches| found(
    matches,
    Side::Reading
));
dynamic_arguments!(WritingOptions, augmented_for_output, found_for_output);
dynamic_arguments!(LimitFlags, with_limits, |matches| Ok::<_, clap::Error>(limits(matches)));
