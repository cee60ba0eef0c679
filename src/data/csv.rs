//! Reading and writing trajectories as CSV, the format described in [`crate::data`].

use super::trajectories::{ID_COLUMN, Trajectories, Trajectory, is_id_column};
use crate::Error;
use crate::file::write_whole;
use csv::StringRecord;
use std::collections::{HashMap, HashSet};
use std::path::Path;

impl Trajectories {
    /// Reads a file in the format described in [`crate::data`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be read, [`Error::Parse`] with line, field and reason if it is not in the format.
    pub fn from_csv(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
        if let Some(kind) = no_text(&bytes) {
            return Err(Source { path }.error(0, 0, format!("{kind}, expected UTF-8 text")));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::from_csv_str(text, path),
            Err(e) => {
                let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
                let byte = bytes[e.valid_up_to()];
                Err(Source { path }.error(line, 0, format!("byte {byte:#04x} is not UTF-8 text, expected UTF-8")))
            }
        }
    }

    /// Reads text in the format described in [`crate::data`]; `name` stands for the path in errors.
    ///
    /// ```
    /// use kutta::data::Trajectories;
    ///
    /// let data = Trajectories::from_csv_str("t,x\n0,1.5\n0.5,1.2\n", "example")?;
    /// assert_eq!(data.trajectory(0).states(), [1.5, 1.2]);
    ///
    /// let error = Trajectories::from_csv_str("t,x\n0,1.5\n0.5,oops\n", "example").unwrap_err();
    /// assert_eq!(error.to_string(), "example, line 3, column 2: `oops` in column `x` is not a number, expected a number");
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if the text is not in the format.
    pub fn from_csv_str(text: &str, name: impl AsRef<Path>) -> Result<Self, Error> {
        Source { path: name.as_ref() }.parse(text)
    }

    /// Writes the format that [`Self::from_csv`] reads, which gives the same set back, bit for bit.
    ///
    /// Numbers are written with the fewest digits that identify them. The column `trajectory` is left out if the only
    /// trajectory has no identifier. The file appears whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written.
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let text = self.to_csv().map_err(|e| Error::Io { path: path.to_path_buf(), source: e.into() })?;
        write_whole(path, &text)
    }

    /// The text that [`Self::write_csv`] writes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the text cannot be put together, which does not happen short of memory.
    pub fn to_csv_string(&self) -> Result<String, Error> {
        let failed = |source| Error::Io { path: "CSV text".into(), source };
        let bytes = self.to_csv().map_err(|e| failed(e.into()))?;
        String::from_utf8(bytes).map_err(|e| failed(std::io::Error::other(e)))
    }

    fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        // The comment character makes the writer quote a header that starts with it.
        let mut writer = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(Vec::new());
        let with_id = self.iter().any(|t| !t.id().is_empty());
        writer.write_field(self.time_name())?;
        if with_id {
            writer.write_field(ID_COLUMN)?;
        }
        writer.write_record(self.components())?;
        for trajectory in self {
            for (k, time) in trajectory.times().iter().enumerate() {
                writer.write_field(format!("{time:?}"))?;
                if with_id {
                    writer.write_field(trajectory.id())?;
                }
                writer.write_record(trajectory.state(k).iter().map(|y| format!("{y:?}")))?;
            }
        }
        writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))
    }
}

/// The place a text comes from, for errors.
struct Source<'a> {
    path: &'a Path,
}

/// What to do about values that are missing.
const GAPS: &str = "gaps cannot be given yet: leave the row out, or fill it in";

/// The roles of the columns, by index. A column without a name is there to be empty.
struct Header {
    line: usize,
    names: Vec<String>,
    time: usize,
    id: Option<usize>,
    components: Vec<usize>,
}

/// Rows of one trajectory, as far as they are read.
struct Group {
    id: String,
    /// Line of the first row.
    line: usize,
    times: Vec<f64>,
    states: Vec<f64>,
}

impl Source<'_> {
    fn error(&self, line: usize, column: usize, reason: String) -> Error {
        Error::Parse { path: self.path.to_path_buf(), line, column, reason }
    }

    fn parse(&self, text: &str) -> Result<Trajectories, Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut record = StringRecord::new();
        let mut header = None;
        let mut groups: Vec<Group> = Vec::new();
        let mut index = HashMap::new();
        while reader.read_record(&mut record).map_err(|e| self.error(0, 0, e.to_string()))? {
            let line = line_of(&record, text);
            if record.len() == 1 && record[0].is_empty() {
                continue; // a line of spaces
            }
            let Some(header) = &header else {
                header = Some(self.header(&record, line)?);
                continue;
            };
            self.row(header, &record, line, &mut groups, &mut index)?;
        }
        let Some(header) = header else {
            return Err(self.error(0, 0, "no header, expected one that names a time column and state columns".into()));
        };
        if groups.is_empty() {
            return Err(self.error(0, 0, "no rows after the header, expected at least two observations".into()));
        }
        self.trajectories(&header, groups)
    }

    fn header(&self, record: &StringRecord, line: usize) -> Result<Header, Error> {
        let names: Vec<String> = record.iter().map(str::to_string).collect();
        let mut seen = HashSet::new();
        for (i, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let role = if is_id_column(name) { ID_COLUMN } else { name };
            if !seen.insert(role) {
                let reason = format!("column name `{}` twice, expected names that differ", brief(name));
                return Err(self.error(line, i + 1, reason));
            }
        }
        let id = names.iter().position(|name| is_id_column(name));
        let mut others = (0..names.len()).filter(|&i| Some(i) != id && !names[i].is_empty());
        let time = others.next();
        let components: Vec<usize> = others.collect();
        let Some(time) = time.filter(|_| !components.is_empty()) else {
            let names = names.join(",");
            let reason = format!(
                "no state columns in the header `{}`, expected a time column and at least one state column, separated by \
                 commas{}",
                brief(&names),
                separated_otherwise(&names)
            );
            return Err(self.error(line, 0, reason));
        };
        if names[time].parse::<f64>().is_ok() {
            let reason = format!("the number `{}` in the header, expected column names", brief(&names[time]));
            return Err(self.error(line, time + 1, reason));
        }
        Ok(Header { line, names, time, id, components })
    }

    fn row(
        &self,
        header: &Header,
        record: &StringRecord,
        line: usize,
        groups: &mut Vec<Group>,
        index: &mut HashMap<String, usize>,
    ) -> Result<(), Error> {
        let (found, expected) = (record.len(), header.names.len());
        if found < expected || record.iter().skip(expected).any(|field| !field.is_empty()) {
            let remedy = if found > expected { "; if its decimals have commas, turn them into points" } else { "" };
            let reason = format!("a row of {found} fields, expected {expected}: {}{remedy}", header.names.join(","));
            return Err(self.error(line, found.min(expected) + 1, reason));
        }
        if let Some(i) = (0..expected).find(|&i| header.names[i].is_empty() && !record[i].is_empty()) {
            let reason = "the column has no name, expected one in the header; if it numbers the rows, leave it out";
            return Err(self.error(header.line, i + 1, reason.into()));
        }
        let id = header.id.map_or("", |i| &record[i]);
        if let Some(i) = header.id.filter(|_| id.is_empty()) {
            return Err(self.error(line, i + 1, format!("no value in column `{ID_COLUMN}`, expected an identifier")));
        }
        let group = *index.entry(id.to_string()).or_insert_with(|| {
            groups.push(Group { id: id.to_string(), line, times: Vec::new(), states: Vec::new() });
            groups.len() - 1
        });
        let group = &mut groups[group];
        let time = self.number(header, record, line, header.time)?;
        if let Some(previous) = group.times.last().filter(|previous| time <= **previous) {
            let of = if id.is_empty() { String::new() } else { format!(" in trajectory `{}`", brief(id)) };
            let records = match id.is_empty() {
                true => format!("; if there are several records, tell them apart by a column `{ID_COLUMN}`"),
                false => String::new(),
            };
            let reason = format!("time {time} after {previous}{of}, expected strictly increasing times{records}");
            return Err(self.error(line, header.time + 1, reason));
        }
        group.times.push(time);
        for &i in &header.components {
            group.states.push(self.number(header, record, line, i)?);
        }
        Ok(())
    }

    fn number(&self, header: &Header, record: &StringRecord, line: usize, i: usize) -> Result<f64, Error> {
        let (value, name) = (&record[i], &header.names[i]);
        let reason = match value.parse::<f64>() {
            Ok(x) if x.is_finite() => return Ok(x),
            _ if stands_for_nothing(value) => {
                let value = if value.is_empty() { String::new() } else { format!(" but `{value}`") };
                format!("no value{value} in column `{name}`, expected a number; {GAPS}")
            }
            Ok(_) => format!("`{}` in column `{name}` is not finite, expected a finite number", brief(value)),
            Err(_) => {
                format!("`{}` in column `{name}` is not a number, expected a number{}", brief(value), remedy(value))
            }
        };
        Err(self.error(line, i + 1, reason))
    }

    fn trajectories(&self, header: &Header, groups: Vec<Group>) -> Result<Trajectories, Error> {
        let mut trajectories = Vec::with_capacity(groups.len());
        for Group { id, line, times, states } in groups {
            if times.len() < 2 {
                let of = if id.is_empty() { String::new() } else { format!(" of trajectory `{}`", brief(&id)) };
                return Err(self.error(line, 0, format!("the only row{of}, expected at least two observations")));
            }
            trajectories.push(Trajectory::new(id, times, states)?);
        }
        let components = header.components.iter().map(|&i| header.names[i].as_str());
        Trajectories::new(components, trajectories)?.with_time_name(header.names[header.time].as_str())
    }
}

/// The line on which a record starts. The reader's position may come before comments and blank lines.
fn line_of(record: &StringRecord, text: &str) -> usize {
    let Some(position) = record.position() else { return 0 };
    let rest = text.get(position.byte() as usize..).unwrap_or("");
    let skipped = rest.split_inclusive('\n').take_while(|l| l.starts_with('#') || l.trim().is_empty()).count();
    position.line() as usize + skipped
}

/// A value as it is quoted in an error: not longer than a line.
fn brief(value: &str) -> String {
    match value.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_string(),
    }
}

/// What bytes are that cannot be a CSV file, and what to do about them.
fn no_text(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("the file is compressed by gzip: unpack it"),
        [b'P', b'K', 3, 4, ..] => Some("the file is a ZIP archive, or of a spreadsheet: unpack it, or save it as CSV"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("the file is UTF-16: save it as UTF-8"),
        _ if bytes.contains(&0) => Some("the file has zero bytes, as UTF-16 has: save it as UTF-8"),
        _ => None,
    }
}

/// Whether a field says that there is no value.
fn stands_for_nothing(value: &str) -> bool {
    let words = ["", "nan", "na", "n/a", "null", "none", "missing", "-", "--", ".", "?"];
    words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// What to do about a value that is not written as a number.
fn remedy(value: &str) -> &'static str {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = value.split(['-', '/', ':', 'T', ' ']).collect();
    if value.replacen(',', ".", 1).parse::<f64>().is_ok() {
        "; write a decimal point instead of a decimal comma, and no comma between thousands"
    } else if parts.len() > 2 && digits(parts[0]) && digits(parts[1]) {
        "; dates cannot be read: count days, or seconds, from the first row"
    } else {
        ""
    }
}

/// What to do about a header whose columns are not separated by commas.
fn separated_otherwise(header: &str) -> &'static str {
    if header.contains(';') {
        "; turn semicolons into commas, and decimal commas into points before"
    } else if header.contains('\t') {
        "; turn tabs into commas"
    } else if header.split_whitespace().count() > 1 {
        "; turn the spaces between columns into commas"
    } else {
        ""
    }
}
