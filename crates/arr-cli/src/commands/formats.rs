//! `arr formats`: what can be done with which format.

use std::io::Write;

use arr_io::Registry;
use arr_io::format::FormatInfo;
use serde_json::{Value, json};

use super::print;
use crate::args::FormatsArgs;
use crate::failure::{Failure, Outcome};
use crate::text::table;

/// Prints the table.
pub fn run(args: &FormatsArgs) -> Result<Outcome, Failure> {
    let mut infos: Vec<&FormatInfo> = Registry::shared().infos().collect();
    infos.sort_by_key(|info| info.name);
    let text = if args.json { as_json(&infos) } else { as_table(&infos) };
    print(|out| Ok(out.write_all(text.as_bytes())?))
}

fn as_json(infos: &[&FormatInfo]) -> String {
    let objects: Vec<String> = infos.iter().map(|info| object(info).to_string()).collect();
    format!("[\n{}\n]\n", objects.join(",\n"))
}

fn object(info: &FormatInfo) -> Value {
    let can = info.capabilities;
    json!({
        "name": info.name,
        "description": info.description,
        "extensions": info.extensions,
        "read": can.read,
        "write": can.write,
        "map": can.map,
        "stream": can.stream,
        "append": can.append,
        "options": info.options.iter().map(|option| option.name).collect::<Vec<_>>(),
    })
}

fn as_table(infos: &[&FormatInfo]) -> String {
    let title = ["format", "read", "write", "map", "stream", "append", "extensions", "description"];
    let mut rows = vec![title.map(str::to_owned).to_vec()];
    for info in infos {
        let can = info.capabilities;
        let extensions: Vec<String> =
            info.extensions.iter().map(|extension| format!(".{extension}")).collect();
        let answers = [can.read, can.write, can.map, can.stream, can.append];
        let mut row = vec![info.name.to_owned()];
        row.extend(answers.map(|yes| if yes { "yes" } else { "-" }.to_owned()));
        row.extend([extensions.join(" "), info.description.to_owned()]);
        rows.push(row);
    }
    table(&rows, &[])
}
