//! Schemes as they are written by serde.

use serde::{Serialize, Serializer};

use crate::tableau::{AdditiveTableau, Claims, Multistep, PartitionedTableau, Tableau};

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source: &'a str,
    #[serde(flatten)]
    claims: &'a Claims,
    #[serde(flatten)]
    coefficients: Coefficients<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Coefficients<'a> {
    Single {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        free_nodes: bool,
        #[serde(rename = "A")]
        a: Vec<&'a [f64]>,
        b: &'a [f64],
        c: &'a [f64],
        #[serde(skip_serializing_if = "Option::is_none")]
        embedded: Option<&'a [f64]>,
    },
    Partitioned {
        partitioned: [&'a Tableau; 2],
    },
    Additive {
        additive: &'a [Tableau],
    },
    Multistep {
        alpha: &'a [f64],
        beta: &'a [f64],
    },
}

impl Serialize for Tableau {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coefficients = Coefficients::Single {
            free_nodes: self.has_free_nodes(),
            a: (0..self.stages()).map(|i| self.row(i)).collect(),
            b: self.b(),
            c: self.c(),
            embedded: self.embedded(),
        };
        Written { name: self.name(), source: self.source(), claims: self.claims(), coefficients }.serialize(serializer)
    }
}

impl Serialize for PartitionedTableau {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coefficients = Coefficients::Partitioned { partitioned: [self.first(), self.second()] };
        Written { name: self.name(), source: self.source(), claims: self.claims(), coefficients }.serialize(serializer)
    }
}

impl Serialize for AdditiveTableau {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coefficients = Coefficients::Additive { additive: self.parts() };
        Written { name: self.name(), source: self.source(), claims: self.claims(), coefficients }.serialize(serializer)
    }
}

impl Serialize for Multistep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coefficients = Coefficients::Multistep { alpha: self.alpha(), beta: self.beta() };
        Written { name: self.name(), source: self.source(), claims: self.claims(), coefficients }.serialize(serializer)
    }
}
