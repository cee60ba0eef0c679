//! Methods of every kind by name.

use super::catalogue::{self, PAIRS, SUMS, TABLEAUX};
use super::multistep::MULTISTEP;
use super::{Claims, Method, Multistep, Scheme, Tableau};
use crate::Error;

/// Before the name of the scheme that a reversible method is made of.
const REVERSIBLE: &str = "mccallum_foster_";
const REVERSIBLE_HEUN: &str = "reversible_heun";
/// Those which the catalogue lists.
const LISTED: [&str; 2] = ["heun", "rk4"];

/// Methods by name.
impl Method {
    /// The method of that name, of whatever kind: a [`Scheme`], a [`Multistep`] method, [`reversible_heun`](Method::reversible_heun), or
    /// `mccallum_foster_` and the name of a tableau for the [reversible](Method::reversible) method around it.
    ///
    /// ```
    /// use kutta::tableau::{Method, Multistep};
    /// assert_eq!(Method::by_name("BDF3")?, Multistep::bdf(3)?.into());
    /// assert_eq!(Method::by_name("mccallum_foster_rk4")?.carried(), 2);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Tableau::by_name`].
    pub fn by_name(name: &str) -> Result<Self, Error> {
        let plain = catalogue::plain(name);
        if plain == REVERSIBLE_HEUN {
            return Ok(Method::reversible_heun());
        }
        if let Some(inner) = plain.strip_prefix(REVERSIBLE) {
            return Ok(Method::around(&Tableau::by_name(inner)?));
        }
        let found = TABLEAUX.find(name).map(|t| t.map(Method::from));
        let found = found.or_else(|| PAIRS.find(name).map(|p| p.map(Method::from)));
        let found = found.or_else(|| SUMS.find(name).map(|a| a.map(Method::from)));
        let found = found.or_else(|| MULTISTEP.find(name).map(|m| m.map(Method::from)));
        let names = || {
            let reversible = LISTED.iter().map(|inner| format!("{REVERSIBLE}{inner}"));
            let others = reversible.chain([REVERSIBLE_HEUN.to_string()]).collect();
            [TABLEAUX.names(), PAIRS.names(), SUMS.names(), MULTISTEP.names(), others].concat()
        };
        found.unwrap_or_else(|| Err(catalogue::unknown(name, names())))
    }

    /// Every method of the catalogue: schemes, multistep methods, and some that are reversible.
    pub fn catalogue() -> Vec<Self> {
        let schemes = Scheme::catalogue().into_iter().map(Method::from);
        let multistep = Multistep::catalogue().into_iter().map(Method::from);
        // They exist: a test counts them.
        let reversible = LISTED.iter().filter_map(|inner| Tableau::by_name(inner).ok());
        let reversible = reversible.map(|inner| Method::around(&inner)).chain([Method::reversible_heun()]);
        schemes.chain(multistep).chain(reversible).collect()
    }

    fn around(inner: &Tableau) -> Self {
        Method::reversible(inner).named(format!("{REVERSIBLE}{}", inner.name()))
    }

    /// The reference the coefficients are from, empty if none is given.
    pub fn source(&self) -> &str {
        match (self.scheme(), self.multistep()) {
            (Some(scheme), _) => scheme.source(),
            (_, Some(multistep)) => multistep.source(),
            _ if self.name() == REVERSIBLE_HEUN => "P. Kidger, J. Foster, X. Li, T. Lyons, arXiv:2105.13493 (2021)",
            _ if self.name().starts_with(REVERSIBLE) => "S. McCallum, J. Foster, arXiv:2410.11648 (2024)",
            _ => "",
        }
    }

    /// What the method is declared to be, if it is of a kind that has declarations: a [`Scheme`], or a [`Multistep`] method.
    pub fn claims(&self) -> Option<&Claims> {
        self.scheme().map(Scheme::claims).or_else(|| self.multistep().map(Multistep::claims))
    }

    /// The kind in words: that of a [`Scheme`](Scheme::kind), "multistep" or "general linear".
    pub fn kind(&self) -> String {
        match (self.scheme(), self.multistep()) {
            (Some(scheme), _) => scheme.kind(),
            (_, Some(_)) => "multistep".to_string(),
            _ => "general linear".to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_found_by_name() {
        let all = Method::catalogue();
        assert_eq!(all.len(), Scheme::catalogue().len() + Multistep::catalogue().len() + 3);
        for method in all {
            assert_eq!(Method::by_name(method.name()).unwrap(), method);
            assert!(!method.source().is_empty(), "{}", method.name());
        }
        let error = Method::by_name("bdf_33").unwrap_err().to_string();
        assert!(error.contains("steps is 33, expected a number from 1 to 6"), "{error}");
        assert!(Method::by_name("leap_frog").unwrap_err().to_string().contains("did you mean `leapfrog`?"));
    }
}
