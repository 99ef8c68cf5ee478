//! `arr completions` and `arr man`.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Cli;
use crate::failure::{Failure, Outcome};
use crate::output::Standard;

/// Prints a completion script.
pub fn completions(shell: Shell) -> Result<Outcome, Failure> {
    // The generator panics when it can't write: it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "arr", &mut script);
    print_as_it_is(&script)
}

/// Prints what is our own: scripts have tabs.
fn print_as_it_is(text: &[u8]) -> Result<Outcome, Failure> {
    let mut out = Standard::new();
    out.write_all(text)?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// Prints one manual page: the command, then each of its commands as a section.
pub fn pages() -> Result<Outcome, Failure> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        writeln!(page, ".SH \"ARR {}\"", sub.get_name().to_uppercase())?;
        page.extend(section(Man::new(sub.clone()))?);
    }
    man.render_extra_section(&mut page)?;
    man.render_version_section(&mut page)?;
    print_as_it_is(&page)
}

/// What a page of its own would say, one level further down.
fn section(man: Man) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    man.render_description_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_extra_section(&mut page)?;
    Ok(String::from_utf8_lossy(&page).replace("\n.SH ", "\n.SS ").into_bytes())
}
