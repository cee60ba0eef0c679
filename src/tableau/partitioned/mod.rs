//! Two tableaux for a system in two parts.

use std::fmt;

use super::display::heading;
use super::entry::Entry;
use super::listed::{Family, Listed, whole};
use super::{Claims, Tableau, check_weights, invalid};
use crate::Error;

pub(super) mod splitting;

/// A pair of tableaux of `s` stages for `ẏ = Φ1(t, y, z)`, `ż = Φ2(t, y, z)`: the stages of `y` use `(A, b, c)`, those of
/// `z` use `(Â, b̂, ĉ)`,
///
/// ```text
/// k_i = Φ1(t_n + c_i h, y_n + h Σ_j a_ij k_j, z_n + h Σ_j â_ij l_j),    y_{n+1} = y_n + h Σ_i b_i k_i,
/// l_i = Φ2(t_n + ĉ_i h, y_n + h Σ_j a_ij k_j, z_n + h Σ_j â_ij l_j),    z_{n+1} = z_n + h Σ_i b̂_i l_i .
/// ```
///
/// In mechanics `y` are positions and `z` momenta. Serde reads and writes a table with the key `partitioned` in place of
/// `A`, `b`, `c`: a list of the two tableaux.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(try_from = "super::document::Document")]
pub struct PartitionedTableau {
    name: String,
    source: String,
    claims: Claims,
    /// For `y`, for `z`.
    parts: Box<[Tableau; 2]>,
}

impl PartitionedTableau {
    /// The pair of `first` for `y` and `second` for `z`.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] if their numbers of stages differ.
    pub fn new(first: Tableau, second: Tableau) -> Result<Self, Error> {
        let (s, found) = (first.stages(), second.stages());
        if found != s {
            return Err(invalid(
                "",
                format!("the second tableau has {found} stages, expected {s}, those of the first"),
            ));
        }
        Ok(Self::trusted(first, second))
    }

    fn trusted(first: Tableau, second: Tableau) -> Self {
        PartitionedTableau {
            name: String::new(),
            source: String::new(),
            claims: Claims::default(),
            parts: Box::new([first, second]),
        }
    }

    /// The splitting method that kicks, then drifts, `s` times: `z ← z + h κ_i Φ2(y)`, then `y ← y + h δ_i Φ1(z)`. So
    /// `b = δ` and `b̂ = κ`, `a_ij = δ_j` for `j < i` and `â_ij = κ_j` for `j ≤ i`.
    ///
    /// It is explicit, and symplectic, where `Φ1` depends on `z` alone and `Φ2` on `y` alone. The last drift may be 0.
    ///
    /// ```
    /// use kutta::tableau::PartitionedTableau;
    /// let verlet = PartitionedTableau::kick_drift([0.5, 0.5], [1.0, 0.0])?;
    /// assert_eq!(verlet.second().row(1), [0.5, 0.5]);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] if the numbers of kicks and drifts differ, if one is not finite, or if kicks or drifts do
    /// not sum to one.
    pub fn kick_drift(kicks: impl AsRef<[f64]>, drifts: impl AsRef<[f64]>) -> Result<Self, Error> {
        let (kicks, drifts) = (kicks.as_ref(), drifts.as_ref());
        if kicks.len() != drifts.len() {
            return Err(invalid("", format!("there are {} kicks and {} drifts", kicks.len(), drifts.len())));
        }
        let check = check_weights("kicks", kicks).and_then(|()| check_weights("drifts", drifts));
        check.map_err(|reason| invalid("", reason))?;
        let entries = |moves: &[f64]| moves.iter().copied().map(Entry::double).collect::<Vec<_>>();
        Ok(Self::trusted(splitting::sequence(&entries(drifts), false), splitting::sequence(&entries(kicks), true)))
    }

    /// The splitting method that drifts, then kicks, `s` times; see [`kick_drift`](PartitionedTableau::kick_drift). The
    /// last kick may be 0.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] as [`kick_drift`](PartitionedTableau::kick_drift).
    pub fn drift_kick(drifts: impl AsRef<[f64]>, kicks: impl AsRef<[f64]>) -> Result<Self, Error> {
        Self::kick_drift(drifts, kicks).map(|mut pair| {
            pair.parts.reverse();
            pair
        })
    }

    /// The pair of Lobatto IIIA for `y` and Lobatto IIIB for `z`, of `stages` stages. Order `2s − 2`, symplectic, symmetric.
    /// Two stages are the method of Störmer and Verlet, in the form of half a kick, a drift, half a kick.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiia_iiib(stages: usize) -> Result<Self, Error> {
        let pair = Self::new(Tableau::lobatto_iiia(stages)?, Tableau::lobatto_iiib(stages)?)?;
        Ok(pair.named(format!("lobatto_iiia_iiib_{stages}")).from_source(JAY).claiming(lobatto(stages)))
    }

    /// The pair of Lobatto IIIB for `y` and Lobatto IIIA for `z`; see
    /// [`lobatto_iiia_iiib`](PartitionedTableau::lobatto_iiia_iiib). Two stages are the method of Störmer and Verlet, in the
    /// form of half a drift, a kick, half a drift.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiib_iiia(stages: usize) -> Result<Self, Error> {
        let pair = Self::new(Tableau::lobatto_iiib(stages)?, Tableau::lobatto_iiia(stages)?)?;
        Ok(pair.named(format!("lobatto_iiib_iiia_{stages}")).from_source(JAY).claiming(lobatto(stages)))
    }

    /// The same pair under another name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same pair with the reference its coefficients are from.
    pub fn from_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The same pair, declared to be what `claims` say, as by [`Tableau::claiming`].
    pub fn claiming(mut self, claims: Claims) -> Self {
        self.claims = claims.cleaned();
        self
    }

    /// The name, empty if it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The reference the coefficients are from, empty if none is given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the pair is declared to be.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The number of stages `s`, at least 1.
    pub fn stages(&self) -> usize {
        self.first().stages()
    }

    /// The tableau `(A, b, c)` of `y`.
    pub fn first(&self) -> &Tableau {
        &self.parts[0]
    }

    /// The tableau `(Â, b̂, ĉ)` of `z`.
    pub fn second(&self) -> &Tableau {
        &self.parts[1]
    }
}

const JAY: &str = "L. O. Jay, SIAM J. Numer. Anal. 33 (1996) 368–387";

/// Symplectic and symmetric.
fn conservative() -> Claims {
    Claims { symplectic: Some(true), separably_symplectic: Some(true), symmetric: Some(true), ..Claims::default() }
}

fn lobatto(stages: usize) -> Claims {
    let order = Some(2 * stages - 2);
    Claims { order, separable_order: order, ..conservative() }
}

/// A pair without parameters.
pub(super) struct Pair {
    name: &'static str,
    aliases: &'static [&'static str],
    source: &'static str,
    make: fn() -> PartitionedTableau,
}

impl Listed for Pair {
    type Made = PartitionedTableau;

    fn names(&self) -> (&'static str, &'static [&'static str]) {
        (self.name, self.aliases)
    }

    fn make(&self) -> PartitionedTableau {
        (self.make)().named(self.name).from_source(self.source)
    }
}

pub(super) static FAMILIES: &[Family<PartitionedTableau>] = &[
    Family {
        name: "lobatto_iiia_iiib",
        suffix: "",
        aliases: &["lobattoiiiaiiib"],
        listed: &["2", "3", "4"],
        nicknames: &[],
        member: |p| PartitionedTableau::lobatto_iiia_iiib(whole("stages", p)?),
    },
    Family {
        name: "lobatto_iiib_iiia",
        suffix: "",
        aliases: &["lobattoiiibiiia"],
        listed: &["2", "3", "4"],
        nicknames: &[],
        member: |p| PartitionedTableau::lobatto_iiib_iiia(whole("stages", p)?),
    },
];

impl fmt::Display for PartitionedTableau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = heading(&self.name);
        let s = self.stages();
        write!(f, "{name}: partitioned, {s} stage{}", if s == 1 { "" } else { "s" })?;
        if let Some(order) = self.claims.order {
            write!(f, ", order {order}")?;
        }
        if let Some(order) = self.claims.separable_order {
            write!(f, " ({order} where separable)")?;
        }
        write!(f, "\nfor y\n{}\nfor z\n{}", self.first().array(), self.second().array())
    }
}
