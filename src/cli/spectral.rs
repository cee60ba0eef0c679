//! Options that bound the learned field, its slope or its spectrum.

use super::options::{finite, positive};
use clap::Args;
use kutta::field::Spectrum;

/// Bounds on the learned equation.
#[derive(Args)]
pub struct Spectral {
    /// Keep the rates of the equation, the eigenvalues of its Jacobian, in the disc of the complex plane that reaches
    /// from ALPHA to BETA, in one over the data's unit of time: -25,-15 for one that is stiff and stable
    #[arg(long, value_parser = spectrum, value_name = "ALPHA,BETA", conflicts_with = "lipschitz", help_heading = "Network",
          allow_hyphen_values = true)]
    spectrum: Option<Spectrum>,
    /// Keep the rates of the equation below this size, in one over the data's unit of time, by a bound on its slope
    #[arg(long, value_parser = positive, value_name = "BOUND", help_heading = "Network", allow_hyphen_values = true)]
    lipschitz: Option<f64>,
}

/// What is bounded.
pub enum Bound {
    Nothing,
    Lipschitz(f64),
    Spectrum(Spectrum),
}

impl Spectral {
    pub fn bound(&self) -> Bound {
        match (self.spectrum, self.lipschitz) {
            (Some(spectrum), _) => Bound::Spectrum(spectrum),
            (None, Some(lipschitz)) => Bound::Lipschitz(lipschitz),
            (None, None) => Bound::Nothing,
        }
    }
}

fn spectrum(text: &str) -> Result<Spectrum, String> {
    let expected = || "expected two numbers, the first less than the second".to_string();
    let (alpha, beta) = text.split_once(',').ok_or_else(expected)?;
    Spectrum::new(finite(alpha)?, finite(beta)?).map_err(|_| expected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spectrum_is_two_numbers_in_order() {
        let read = spectrum("-25, -15").unwrap();
        assert_eq!((read.alpha(), read.beta()), (-25.0, -15.0));
        for text in ["-15,-25", "1", "1,1", "1,2,3", "nan,1", "", ",", "-inf,0"] {
            assert!(spectrum(text).is_err(), "{text}");
        }
    }
}
