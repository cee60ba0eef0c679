//! Every way in which a CSV file of trajectories can be wrong has its error, with the place and the reason.

use kutta::Error;
use kutta::data::{Trajectories, Trajectory};
use proptest::prelude::*;

/// Line, column and reason of the refusal of a text.
fn refusal(text: &str) -> (usize, usize, String) {
    match Trajectories::from_csv_str(text, "a.csv") {
        Err(Error::Parse { path, line, column, reason }) => {
            assert_eq!(path.to_str(), Some("a.csv"));
            (line, column, reason)
        }
        other => panic!("{text:?} gave {other:?}"),
    }
}

#[track_caller]
fn assert_refused(text: &str, line: usize, column: usize, reason: &str) {
    assert_eq!(refusal(text), (line, column, reason.to_string()), "{text:?}");
}

#[test]
fn ragged_rows() {
    assert_refused("t,x,y\n0,1,2\n1,2\n", 3, 3, "a row of 2 fields, expected 3: t,x,y");
    let commas = "; if its decimals have commas, turn them into points";
    assert_refused("t,x,y\n0,1,2,3\n1,2,3\n", 2, 4, &format!("a row of 4 fields, expected 3: t,x,y{commas}"));
    assert_refused("t,x\n0,1\n\n  \n1\n", 5, 2, "a row of 1 fields, expected 2: t,x");
}

#[test]
fn text_in_a_number() {
    assert_refused("t,x\n0,1\n1,high\n", 3, 2, "`high` in column `x` is not a number, expected a number");
    assert_refused("t,x\nnow,1\n1,2\n", 2, 1, "`now` in column `t` is not a number, expected a number");
    assert_refused(
        "t,x\n0,1\n1,\"1,5\"\n",
        3,
        2,
        "`1,5` in column `x` is not a number, expected a number; write a decimal point instead of a decimal comma, and no \
         comma between thousands",
    );
    let dates = "is not a number, expected a number; dates cannot be read: count days, or seconds, from the first row";
    for date in ["2020-01-01", "2020-01-01T12:00:00Z", "01/02/2020", "2020-01-01 12:00", "12:30:00"] {
        assert_refused(&format!("t,x\n{date},1\n"), 2, 1, &format!("`{date}` in column `t` {dates}"));
    }
    let long = refusal(&format!("t,x\n0,{}\n", "é".repeat(1000))).2;
    assert!(long.len() < 250, "a long value is shortened: {long}");
}

#[test]
fn values_that_are_not_finite() {
    for value in ["inf", "-inf", "infinity", "1e400"] {
        let reason = format!("`{value}` in column `x` is not finite, expected a finite number");
        assert_refused(&format!("t,x\n0,1\n1,{value}\n"), 3, 2, &reason);
    }
}

#[test]
fn missing_values() {
    let gaps = "expected a number; gaps cannot be given yet: leave the row out, or fill it in";
    assert_refused("t,x,y\n0,1,2\n1,,3\n", 3, 2, &format!("no value in column `x`, {gaps}"));
    assert_refused("t,x\n0,1\n , 2\n", 3, 1, &format!("no value in column `t`, {gaps}"));
    for value in ["NaN", "nan", "NA", "n/a", "null", "None", "-", "?"] {
        assert_refused(&format!("t,x\n0,{value}\n"), 2, 2, &format!("no value but `{value}` in column `x`, {gaps}"));
    }
    assert_refused("t,trajectory,x\n0,,2\n", 2, 2, "no value in column `trajectory`, expected an identifier");
}

#[test]
fn times_that_do_not_increase() {
    let several =
        "expected strictly increasing times; if there are several records, tell them apart by a column `trajectory`";
    assert_refused("t,x\n0,1\n2,1\n1,1\n", 4, 1, &format!("time 1 after 2, {several}"));
    assert_refused("t,x\n0,1\n0,1\n", 3, 1, &format!("time 0 after 0, {several}"));
    let text = "trajectory,t,x\na,5,1\nb,0,1\na,4,1\n";
    assert_refused(text, 4, 2, "time 4 after 5 in trajectory `a`, expected strictly increasing times");
}

#[test]
fn a_single_row() {
    assert_refused("t,x\n0,1\n", 2, 0, "the only row, expected at least two observations");
    let text = "t,trajectory,x\n0,a,1\n0,b,1\n1,a,2\n";
    assert_refused(text, 3, 0, "the only row of trajectory `b`, expected at least two observations");
}

#[test]
fn nothing_to_read() {
    for text in ["", "\n\n", "# only a comment\n", "  \n"] {
        assert_refused(text, 0, 0, "no header, expected one that names a time column and state columns");
    }
    for text in ["t,x", "t,x\n", "# c\nt,x\n\n# c\n"] {
        assert_refused(text, 0, 0, "no rows after the header, expected at least two observations");
    }
}

#[test]
fn headers() {
    let no_states = |names: &str| {
        format!(
            "no state columns in the header `{names}`, expected a time column and at least one state column, \
             separated by commas"
        )
    };
    assert_refused("t\n0\n1\n", 1, 0, &no_states("t"));
    assert_refused("t,trajectory\n0,a\n", 1, 0, &no_states("t,trajectory"));
    assert_refused("trajectory\na\n", 1, 0, &no_states("trajectory"));
    for (header, remedy) in [
        ("t;x;y", "; turn semicolons into commas, and decimal commas into points before"),
        ("t\tx", "; turn tabs into commas"),
        ("t x y", "; turn the spaces between columns into commas"),
    ] {
        assert_refused(&format!("{header}\n0;1;2\n"), 1, 0, &(no_states(header) + remedy));
    }
    assert_refused("t,trajectory,Trajectory,x\n", 1, 3, "column name `Trajectory` twice, expected names that differ");
    assert_refused("# c\nt,x,y,x\n0,1,2,3\n", 2, 4, "column name `x` twice, expected names that differ");
    assert_refused("t,x,t\n0,1,2\n", 1, 3, "column name `t` twice, expected names that differ");
    let no_name = "the column has no name, expected one in the header; if it numbers the rows, leave it out";
    assert_refused("t,,y\n0,1,2\n", 1, 2, no_name);
    assert_refused(",t,x\n0,0,1\n1,1,2\n", 1, 1, no_name);
    assert_refused("0,1,2\n1,2,3\n", 1, 1, "the number `0` in the header, expected column names");
}

#[test]
fn lines_are_those_of_the_file() {
    let comments = "# one\n# two\n\nt,x\n# three\n0,1\n\n# four\n\n1,oops\n";
    assert_eq!(refusal(comments).0, 10);
    assert_eq!(refusal(&comments.replace('\n', "\r\n")).0, 10, "lines that end as on Windows");
    assert_eq!(refusal(&format!("\u{feff}{comments}")).0, 10, "a byte order mark");
    assert_eq!(refusal("t,\"a\nb\"\n0,1\n1,oops\n").0, 4, "a quoted name of two lines");
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.csv");
    let error = Trajectories::from_csv(&path).unwrap_err();
    assert!(matches!(&error, Error::Io { path: p, .. } if *p == path), "{error}");
    assert!(matches!(Trajectories::from_csv(folder.path()), Err(Error::Io { .. })), "a folder is no file");

    let path = folder.path().join("binary.csv");
    std::fs::write(&path, b"t,x\n0,\xff\n").unwrap();
    let message = Trajectories::from_csv(&path).unwrap_err().to_string();
    assert!(message.ends_with("binary.csv, line 2: byte 0xff is not UTF-8 text, expected UTF-8"), "{message}");

    let data = Trajectories::from_csv_str("t,x\n0,1\n1,2\n", "a").unwrap();
    assert!(matches!(data.write_csv(folder.path().join("no/a.csv")), Err(Error::Io { .. })));
}

#[test]
fn what_the_format_allows() {
    // Byte order mark, comments, spaces, quotes, interleaved rows, uneven times, identifiers first, no newline at the end.
    let text = "\u{feff}# c\ntrajectory , year,\"x, m\"\r\n b ,0, 1 \n# c\na,-5,2\n\nb,0.5,+3e0\n  \na,7,.5";
    let data = Trajectories::from_csv_str(text, "a.csv").unwrap();
    assert_eq!((data.time_name(), data.components()), ("year", ["x, m".to_string()].as_slice()));
    let ids: Vec<_> = data.iter().map(Trajectory::id).collect();
    assert_eq!(ids, ["b", "a"]);
    assert_eq!(
        (data.trajectory(0).times(), data.trajectory(0).states()),
        ([0.0, 0.5].as_slice(), [1.0, 3.0].as_slice())
    );
    assert_eq!(
        (data.trajectory(1).times(), data.trajectory(1).states()),
        ([-5.0, 7.0].as_slice(), [2.0, 0.5].as_slice())
    );
}

#[test]
fn columns_of_nothing_are_ignored() {
    let plain = Trajectories::from_csv_str("t,x\n0,1\n1,2\n", "a.csv").unwrap();
    for text in ["t,x,\n0,1,\n1,2,\n", "t,x\n0,1,\n1,2, ,\n", "t,,x,\n0,,1,\n1,,2,\n"] {
        assert_eq!(Trajectories::from_csv_str(text, "a.csv").unwrap(), plain, "{text:?}");
    }
}

#[test]
fn names_of_columns_have_the_meaning_that_people_give_them() {
    let data = Trajectories::from_csv_str("time,t\n0,20\n1,21\n", "a.csv").unwrap();
    assert_eq!((data.time_name(), data.components()), ("time", ["t".to_string()].as_slice()));
    let data = Trajectories::from_csv_str("Trajectory,t,x\n1,0,1\n1,1,2\n2,0,1\n2,1,3\n", "a.csv").unwrap();
    assert_eq!((data.len(), data.time_name(), data.trajectory(1).id()), (2, "t", "2"));
}

fn finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite())
}

fn name() -> impl Strategy<Value = String> {
    "[a-zé#\"',; \n\r]{1,8}".prop_map(|name| name.trim().to_string()).prop_filter("a name", |name| !name.is_empty())
}

fn trajectory(id: String, dim: usize) -> impl Strategy<Value = Trajectory> {
    prop::collection::vec(finite(), 2..6).prop_flat_map(move |mut times| {
        times.sort_by(f64::total_cmp);
        times.dedup();
        if times.len() < 2 {
            times = vec![-0.0, f64::MIN_POSITIVE];
        }
        let id = id.clone();
        prop::collection::vec(finite(), times.len() * dim)
            .prop_map(move |states| Trajectory::new(id.clone(), times.clone(), states).unwrap())
    })
}

fn trajectories() -> impl Strategy<Value = Trajectories> {
    (prop::collection::hash_set(name(), 2..5), prop::collection::hash_set(name(), 0..4))
        .prop_filter("no numbers for names", |(names, _)| names.iter().all(|n| n.parse::<f64>().is_err()))
        .prop_flat_map(|(names, ids)| {
            let mut names: Vec<_> = names.into_iter().filter(|n| n != "t").collect();
            let time = if names.len() > 1 { names.pop().unwrap() } else { "t".to_string() };
            let ids = if ids.is_empty() { vec![String::new()] } else { ids.into_iter().collect() };
            let lines: Vec<_> = ids.into_iter().map(|id| trajectory(id, names.len())).collect();
            lines.prop_map(move |lines| {
                Trajectories::new(names.clone(), lines).unwrap().with_time_name(time.clone()).unwrap()
            })
        })
}

fn bits(data: &Trajectories) -> Vec<u64> {
    data.iter().flat_map(|t| t.times().iter().chain(t.states())).map(|x| x.to_bits()).collect()
}

#[test]
fn files_that_are_no_text_say_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let utf16: Vec<u8> = "t,x\n0,1\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe][..], &utf16].concat();
    for (bytes, words) in [
        (&utf16[..], "UTF-16 has: save it as UTF-8"),
        (&marked, "is UTF-16: save it as UTF-8"),
        (&[0x1f, 0x8b, 8, 0, 0], "compressed by gzip: unpack it"),
        (b"PK\x03\x04\x14\0", "save it as CSV"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let message = Trajectories::from_csv(&path).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    let message = Trajectories::from_csv_str("t,x\n0,5,1,2\n1,0,1,3\n", "a.csv").unwrap_err().to_string();
    assert!(message.ends_with("if its decimals have commas, turn them into points"), "{message}");
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_same_bits(data in trajectories()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        data.write_csv(&path).unwrap();
        let back = Trajectories::from_csv(&path).unwrap();
        prop_assert_eq!(&back, &data);
        prop_assert_eq!(bits(&back), bits(&data));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[t,x0-9.e#\"\n\r -]{0,60}") {
        // Either a set that is written and read back, or an error with a reason.
        match Trajectories::from_csv_str(&text, "a.csv") {
            Ok(data) => prop_assert!(data.observations() >= 2),
            Err(Error::Parse { reason, .. }) => prop_assert!(reason.contains("expected")),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
