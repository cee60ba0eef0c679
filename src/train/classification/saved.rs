//! Classifiers in files.

use super::Classifier;
use crate::network::Layer;
use crate::train::document;
use crate::train::model::precision;
use crate::{Error, Real};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "kutta classifier";
const FORMAT_VERSION: u64 = 1;

/// The parameters, and what tells whether a network is theirs.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Real"))]
struct Saved<T> {
    /// The name that the network was given.
    network: String,
    precision: String,
    /// Names and shapes of the parameters.
    arrays: Vec<(String, Vec<usize>)>,
    params: Vec<T>,
}

fn arrays<T: Real>(network: &dyn Layer<T>) -> Vec<(String, Vec<usize>)> {
    network.parameters().into_iter().map(|array| (array.name, array.shape)).collect()
}

impl<'a, T: Real> Classifier<'a, T> {
    /// Saves the parameters, with a name for the network that they belong to: what it is made of is not in the file. The file
    /// appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>, name: &str) -> Result<(), Error> {
        let (network, precision, params) = (name.to_string(), precision::<T>(), self.params().to_vec());
        let saved = Saved { network, precision, arrays: arrays(self.network()), params };
        document::save(path.as_ref(), FORMAT, FORMAT_VERSION, &saved)
    }

    /// The network of that name with parameters that were saved.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Parse`] if it is no saved classifier, or one of another name, another
    /// precision or other arrays of parameters; [`Error::IncompatibleVersion`].
    pub fn load(path: impl AsRef<Path>, name: &str, network: &'a dyn Layer<T>) -> Result<Self, Error> {
        let path = path.as_ref();
        let saved: Saved<T> = document::load(path, FORMAT, FORMAT_VERSION..=FORMAT_VERSION)?;
        let differs = |what: &str, found: &str, expected: &str| {
            Err(document::invalid(path, format!("the parameters are of {what} {found}, expected {expected}")))
        };
        if saved.network != name {
            return differs("the network", &format!("`{}`", saved.network), &format!("`{name}`"));
        }
        if saved.precision != precision::<T>() {
            return differs("the precision", &saved.precision, &precision::<T>());
        }
        let expected = arrays(network);
        if saved.arrays != expected {
            let pairs = saved.arrays.iter().map(Some).chain([None]).zip(expected.iter().map(Some).chain([None]));
            let told = |array: Option<&(String, Vec<usize>)>| match array {
                Some((name, shape)) => format!("`{name}` {shape:?}"),
                None => "none more".into(),
            };
            let first = pairs.into_iter().find(|(found, expected)| found != expected);
            let (found, expected) = first.unwrap_or_default();
            return differs("the array", &told(found), &told(expected));
        }
        Classifier::new(network, saved.params).map_err(|error| document::inconsistent(path, &error))
    }
}
