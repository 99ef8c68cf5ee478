//! Options of formats as flags: made from the tables of the formats.

use arr_io::Registry;
use arr_io::format::{OptionInfo, OptionKind, OptionValue, Options, Side};
use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// Options that count when files are read.
#[derive(Clone, Debug, Default)]
pub struct ReadingOptions(pub Options);

/// Options that count when files are written.
#[derive(Clone, Debug, Default)]
pub struct WritingOptions(pub Options);

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

/// Which formats have an option, for its help.
fn owners(row: &OptionInfo) -> String {
    let infos = Registry::shared().infos().filter(|info| info.option(row.name).is_some());
    infos.map(|info| info.name).collect::<Vec<_>>().join(", ")
}

fn flag(row: &'static OptionInfo) -> Arg {
    let details = if row.details.is_empty() { String::new() } else { format!("\n\n{}", row.details) };
    let help = format!("{} ({})", row.help, owners(row));
    let arg = Arg::new(row.name).long(row.name).help(help.clone()).long_help(format!("{help}{details}"));
    match row.kind {
        OptionKind::Flag => arg.action(ArgAction::SetTrue),
        OptionKind::Choice(words) => {
            let words: PossibleValuesParser = words.to_vec().into();
            arg.value_name(row.value).value_parser(words).ignore_case(true)
        }
        _ => arg.value_name(row.value).allow_hyphen_values(true),
    }
}

fn augmented(command: Command, side: Side) -> Command {
    table(side).into_iter().fold(command, |command, row| command.arg(flag(row)))
}

fn found(matches: &ArgMatches, side: Side) -> Result<Options, clap::Error> {
    let mut options = Options::new();
    for row in table(side) {
        let value =
            match row.kind {
                OptionKind::Flag => matches.get_flag(row.name).then_some(OptionValue::Flag(true)),
                _ => match matches.get_one::<String>(row.name) {
                    Some(text) => Some(row.parse(text).map_err(|error| {
                        clap::Error::raw(ErrorKind::ValueValidation, format!("--{error}\n"))
                    })?),
                    None => None,
                },
            };
        if let Some(value) = value {
            options = options.with(row.name, value);
        }
    }
    Ok(options)
}

macro_rules! dynamic_arguments {
    ($type:ident, $side:expr) => {
        impl FromArgMatches for $type {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                found(matches, $side).map(Self)
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0 = found(matches, $side)?;
                Ok(())
            }
        }

        impl Args for $type {
            fn augment_args(command: Command) -> Command {
                augmented(command, $side)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augmented(command, $side)
            }
        }
    };
}

dynamic_arguments!(ReadingOptions, Side::Reading);
dynamic_arguments!(WritingOptions, Side::Writing);
