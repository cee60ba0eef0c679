//! `kutta verify`

#[cfg(feature = "plot")]
use super::files::Files;
use super::options::is_file;
use super::{Failure, print, print_json};
use clap::Args;
use kutta::tableau::Method;
use kutta::verify::{verify, verify_up_to};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Tell everything about schemes, and check what is claimed of them
///
/// A scheme is a name (see `kutta schemes`) or a TOML or JSON file with A, b and c; a file may hold many. A multistep method
/// has alpha and beta instead, y_{n+1} = sum alpha_j y_{n+1-j} + h sum beta_j F_{n+1-j}, j from 1 and from 0; a general linear
/// method U, V and terms, each with A, B and c. Verdicts are
/// proofs where all coefficients are written as fractions, square roots ("1/2 - sqrt(3)/6") or decimals of up to six digits.
/// Longer decimals, in which simple fractions may be recognised, are known to half a unit of their last digit, and verdicts
/// hold to a stated tolerance. What a file, or the catalogue, claims of a scheme (order = 5, a_stable = true, ...) is
/// checked: a false claim ends with exit code 1, and is told with the condition that is violated; so does one that is not
/// decided, with what would decide. A claimed decimal of two digits or more may be rounded to the digits it has.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Verify {
    /// Names of schemes, or TOML or JSON files
    #[arg(required = true, value_name = "NAME|FILE")]
    schemes: Vec<OsString>,
    /// Print JSON instead of tables: an object, or an array of them for many schemes
    #[arg(long)]
    json: bool,
    /// Seek orders up to this one by trees; by default as far as is reasonable
    #[arg(long, value_name = "P", value_parser = super::options::count, allow_hyphen_values = true)]
    order_up_to: Option<usize>,
    /// Draw stability regions, order stars and amplification along the axes into this folder, as SVG
    #[cfg(feature = "plot")]
    #[arg(long, value_name = "DIR")]
    plot: Option<std::path::PathBuf>,
}

impl Verify {
    pub fn run(&self) -> Result<(), Failure> {
        // What cannot be read, or verified, does not keep the others from being told; it fails in the end.
        let (mut schemes, mut reports, mut faults) = (Vec::new(), Vec::new(), Vec::<Fault>::new());
        let mut many = self.schemes.len() > 1;
        for text in &self.schemes {
            match find(text) {
                Ok((found, list)) => {
                    many |= list;
                    schemes.extend(found);
                }
                Err(fault) => faults.push(fault),
            }
        }
        schemes.retain(|scheme| {
            let report = match self.order_up_to {
                Some(order) => verify_up_to(scheme, order),
                None => verify(scheme),
            };
            report.map(|report| reports.push(report)).map_err(|error| faults.push(error.into())).is_ok()
        });
        #[cfg(feature = "plot")]
        if let Some(folder) = &self.plot {
            let figures = super::scheme_figure::figures(folder, &schemes)?;
            let files = self.schemes.iter().map(Path::new).filter(|path| is_file(path));
            let files = files.fold(Files::default(), |files, path| files.read("the scheme", path));
            figures.iter().fold(files, |files, path| files.written("a figure of --plot", path.as_path())).check()?;
            super::scheme_figure::draw_all(folder, &schemes)?;
        }
        match (self.json, many, reports.as_slice()) {
            (_, _, []) => {}
            (true, false, [report]) => print_json(report)?,
            (true, ..) => print_json(&reports)?,
            _ => print(reports.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))?,
        }
        // Of each scheme the first false claim; the others can be read in its table.
        faults.extend(reports.iter().filter_map(|report| report.check_claims().err()).map(Fault::from));
        // The gravest last: an argument that means nothing.
        faults.sort_by_key(|fault| fault.is_usage);
        let Some(Fault { is_usage, message }) = faults.pop() else { return Ok(()) };
        faults.iter().for_each(|fault| super::complain(&fault.message));
        Err(if is_usage { Failure::Usage(message) } else { Failure::Failed(message) })
    }
}

/// What is wrong with an argument, or with a scheme that it means.
struct Fault {
    is_usage: bool,
    message: String,
}

impl Fault {
    fn usage(message: String) -> Self {
        Fault { is_usage: true, message }
    }
}

impl From<kutta::Error> for Fault {
    fn from(error: kutta::Error) -> Self {
        Fault { is_usage: false, message: error.to_string() }
    }
}

/// The schemes that an argument means, and whether it is a list.
fn find(argument: &OsStr) -> Result<(Vec<Method>, bool), Fault> {
    let (path, text) = (Path::new(argument), argument.to_string_lossy());
    let unnamed = |scheme: Method, name: String| if scheme.name().is_empty() { scheme.named(name) } else { scheme };
    match Method::by_name(&text) {
        Ok(scheme) => Ok((vec![scheme], false)),
        Err(_) if is_file(path) => match Method::from_file(path) {
            Ok(scheme) => Ok((vec![unnamed(scheme, text.into_owned())], false)),
            // Not a single scheme: a list, or wrong in a way that reading a list tells best.
            Err(_) => {
                let schemes = Method::all_from_file(path)?;
                if schemes.is_empty() {
                    return Err(Fault::usage(format!("`{text}` is an empty list, expected at least one scheme")));
                }
                let schemes = schemes.into_iter().enumerate();
                Ok((schemes.map(|(i, scheme)| unnamed(scheme, format!("{text}[{i}]"))).collect(), true))
            }
        },
        Err(error) => Err(Fault::usage(format!("{error}; `kutta schemes` lists them all"))),
    }
}
