//! Any field that is saved by its kind.

use super::kernel::Kernels;
use super::{
    Antisymmetric, Bounded, ConvResidual, Damped, Dimensions, EnergyGradient, Field, GradientFlow, Hamiltonian,
    JvpBars, Mlp, Normalised, Parameter, Point, PortHamiltonian, Potential, Reparameterisation, Ridge, Scratch,
    SecondOrder, Separable, StateUnits, Term, WithInputs,
};
use crate::number::Rounded;
use crate::{Error, Real};
use rand::RngCore;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The kinds of fields; those that there were before files told theirs, each with the entry that only its files have.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident($field:ty) $(by $entry:literal)?),* $(,)?) => {
        /// A field of any kind, for programs that learn of it when they run: the command line, and whoever loads its models.
        ///
        /// In files it is told by its `kind`. Those written before there were kinds are read too.
        ///
        /// ```
        /// use kutta::field::{Activation, AnyField, Damped, Dimensions, Mlp, WithInputs};
        /// let network = WithInputs::new(Mlp::new([2, 8, 2], Activation::Tanh)?, [])?;
        /// let field = AnyField::from(Damped::new(network, 3.0)?);
        /// let text = serde_json::to_string(&field).unwrap();
        /// assert!(text.starts_with(r#"{"kind":"damped""#));
        /// assert_eq!(serde_json::from_str::<AnyField>(&text).unwrap(), field);
        /// # Ok::<(), kutta::Error>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum AnyField {
            $($(#[$doc])* $kind($field)),*
        }

        #[derive(Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum OfKind {
            $($kind($field)),*
        }

        impl<'de> Deserialize<'de> for AnyField {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = Value::deserialize(deserializer)?;
                if value.get("kind").is_none() {
                    $($(if value.get($entry).is_some() {
                        return serde_json::from_value(value).map(AnyField::$kind).map_err(D::Error::custom);
                    })?)*
                }
                Ok(match serde_json::from_value(value).map_err(D::Error::custom)? {
                    $(OfKind::$kind(field) => AnyField::$kind(field)),*
                })
            }
        }

        $(impl From<$field> for AnyField {
            fn from(field: $field) -> Self {
                AnyField::$kind(field)
            }
        })*

        impl AnyField {
            /// The field as it is.
            fn inner<T: Real + Kernels>(&self) -> &dyn Field<T> {
                match self {
                    $(AnyField::$kind(field) => field),*
                }
            }

            fn measured_in(self, unit: f64) -> Self {
                match self {
                    $(AnyField::$kind(field) => AnyField::$kind(field.in_time_units(unit))),*
                }
            }

            fn of_states_in(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error> {
                Ok(match self {
                    $(AnyField::$kind(field) => AnyField::$kind(field.in_state_units(reads, gives)?)),*
                })
            }
        }
    };
}

kinds! {
    /// A network.
    Mlp(Mlp) by "widths",
    /// One that sees time, or constants.
    WithInputs(WithInputs<Mlp>) by "map",
    /// A network and known damping.
    Damped(Damped<WithInputs<Mlp>>) by "rate",
    /// A bound on its slope.
    Normalised(Normalised<WithInputs<Mlp>>) by "lipschitz",
    /// A disc for the eigenvalues of its Jacobian.
    Bounded(Bounded<Normalised<WithInputs<Mlp>>>) by "spectrum",
    /// That of an energy, which it keeps.
    Hamiltonian(Hamiltonian<EnergyGradient<Mlp>>),
    /// That of a kinetic and a potential energy.
    Separable(Separable<EnergyGradient<Mlp>, EnergyGradient<Mlp>>),
    /// An antisymmetric perceptron of two layers.
    TwoLayer(Separable<Ridge, Ridge>),
    /// That of an energy, which it loses.
    PortHamiltonian(PortHamiltonian<EnergyGradient<Mlp>>),
    /// The way down an energy.
    GradientFlow(GradientFlow<EnergyGradient<Mlp>>),
    /// `-Kᵀ σ(K y + b)`
    Parabolic(GradientFlow<Ridge>),
    /// That of an antisymmetric matrix.
    Antisymmetric(Antisymmetric),
    /// An equation of second order.
    SecondOrder(SecondOrder<WithInputs<Mlp>>),
    /// That of a residual layer of images.
    ConvResidual(ConvResidual),
    /// The same with a disc for the eigenvalues of its Jacobian.
    BoundedConvResidual(Bounded<Normalised<ConvResidual>>),
}

impl AnyField {
    /// The field as one that tells an energy, if it is made of its gradient.
    pub fn potential<T: Real + Kernels>(&self) -> Option<&dyn Potential<T>> {
        match self {
            AnyField::Hamiltonian(field) => Some(field),
            AnyField::Separable(field) => Some(field),
            AnyField::TwoLayer(field) => Some(field),
            AnyField::PortHamiltonian(field) => Some(field),
            AnyField::GradientFlow(field) => Some(field),
            AnyField::Parabolic(field) => Some(field),
            _ => None,
        }
    }
}

impl Dimensions for AnyField {
    dimensions_of!(self => self.inner::<f64>());

    fn has_known_rates(&self) -> bool {
        self.inner::<f64>().has_known_rates()
    }

    fn is_free_of_units(&self) -> bool {
        self.inner::<f64>().is_free_of_units()
    }

    fn in_time_units(self, unit: f64) -> Self {
        self.measured_in(unit)
    }

    fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error> {
        self.of_states_in(reads, gives)
    }
}

impl<T: Real + Kernels> Field<T> for AnyField {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.inner().init(rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        self.inner().reparameterisation()
    }

    fn terms(&self) -> Vec<Term<'_, T>> {
        self.inner().terms()
    }

    evaluated_by!(self => self.inner());
}
