//! A table of figures: printed line by line, kept as JSON in `target/bench/`, set beside an earlier one.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::options::Run;

/// A kind of figure.
pub(crate) struct Column {
    /// With its unit.
    pub(crate) name: &'static str,
    /// Digits behind the point.
    pub(crate) decimals: usize,
    /// Whether its ratio to an earlier run is printed.
    pub(crate) compared: bool,
}

/// A column whose ratio to an earlier run is printed.
pub(crate) const fn compared(name: &'static str, decimals: usize) -> Column {
    Column { name, decimals, compared: true }
}

/// A column that stands for itself.
pub(crate) const fn plain(name: &'static str, decimals: usize) -> Column {
    Column { name, decimals, compared: false }
}

const NAME_WIDTH: usize = 26;
const WIDTH: usize = 13;
const RATIO_WIDTH: usize = 8;

/// The figures of a run.
pub(crate) struct Report {
    program: &'static str,
    columns: &'static [Column],
    earlier: Option<Value>,
    save: Option<String>,
    /// Rows by name, each with its columns by name; and what else is worth keeping.
    kept: Map<String, Value>,
}

impl Report {
    /// Prints the head of the table. An earlier run that is asked for must be there.
    pub(crate) fn start(program: &'static str, columns: &'static [Column], run: &Run) -> Report {
        let earlier = run.against.as_ref().map(|name| {
            let file = file(program, name);
            let text = std::fs::read_to_string(&file)
                .unwrap_or_else(|e| panic!("{}: {e}; keep a run by --save {name}", file.display()));
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
        });
        let report = Report { program, columns, earlier, save: run.save.clone(), kept: Map::new() };
        if let Some(name) = &run.against {
            println!("beside each figure: how many times that of {name:?} it is");
        }
        report.head();
        report
    }

    fn head(&self) {
        let mut line = format!("{:NAME_WIDTH$}", "");
        for column in self.columns {
            line += &format!("{:>WIDTH$}", column.name);
            if column.compared && self.earlier.is_some() {
                line += &" ".repeat(RATIO_WIDTH);
            }
        }
        println!("{line}");
    }

    /// Adds and prints a line; a figure that is `None` was not measured.
    pub(crate) fn row(&mut self, name: &str, figures: &[Option<f64>]) {
        let mut line = format!("{name:NAME_WIDTH$}");
        let mut row = Map::new();
        for (column, figure) in self.columns.iter().zip(figures) {
            line += &match figure {
                Some(figure) => format!("{figure:>WIDTH$.0$}", column.decimals),
                None => format!("{:>WIDTH$}", "-"),
            };
            if column.compared && self.earlier.is_some() {
                let ratio = figure.zip(self.earlier(name, column)).map(|(now, then)| now / then);
                let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("x{ratio:.2}"));
                line += &format!("{ratio:>RATIO_WIDTH$}");
            }
            row.insert(column.name.to_owned(), json!(figure));
        }
        println!("{line}");
        self.kept.insert(name.to_owned(), Value::Object(row));
    }

    fn earlier(&self, row: &str, column: &Column) -> Option<f64> {
        self.earlier
            .as_ref()?
            .get("figures")?
            .get(row)?
            .get(column.name)?
            .as_f64()
            .filter(|then| *then != 0.0)
    }

    /// Keeps the figures, always as `last` and under the name that was asked for. `about` tells of the machine.
    pub(crate) fn finish(self, about: Value) {
        let text = json!({ "program": self.program, "about": about, "figures": self.kept });
        let text = serde_json::to_string_pretty(&text).unwrap() + "\n";
        for name in ["last"].into_iter().chain(self.save.as_deref()) {
            let file = file(self.program, name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &text).unwrap();
            println!("kept in {}", file.display());
        }
    }
}

/// `target/bench/PROGRAM-NAME.json`, beside the folder that cargo gives for scratch.
fn file(program: &str, name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("bench").join(format!("{program}-{name}.json"))
}
