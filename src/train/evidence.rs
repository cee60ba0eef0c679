//! How strong weights may be, as the data decide.

use super::NormalEquations;
use crate::Real;
use crate::field::{Field, Parameter};

/// Errors, in deviations, before anything is known of them.
const ERRORS: f64 = 0.1;
/// The most that the variance of errors may be of that of weights. More of it would take what has not been learned yet for noise,
/// and hold weights at zero, from where nothing is learned.
const MOST_RATIO: f64 = ERRORS * ERRORS;
/// The least part of the residuals that is left for errors: a matrix is known by probes only.
const LEAST_LEFT: f64 = 0.02;

/// A normal prior on the weights of a network. With errors of variance `σ²`, and weights of variance `s²`, the likeliest
/// parameters are those of least
///
/// ```text
/// 1/N Σ r² + λ Σ γ_i² ,   λ = (σ/s)² / N .
/// ```
///
/// Both variances are those that make the data likeliest: as many weights as the data determine are taken for known,
///
/// ```text
/// g = tr(H (H + λ)⁻¹) ,   σ² = Σ r² / (N - g) ,   s² = Σ γ_i² / g ,
/// ```
///
/// with `H = JᵀJ/N` where the training has come to, and `σ/s` at most a tenth. So noise is not followed, however many parameters there are, and where
/// data are exact `λ` falls to nothing with the errors.
///
/// *References*: MacKay, "Bayesian interpolation", 1992; Foresee and Hagan, "Gauss–Newton approximation to Bayesian
/// learning", 1997.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    /// How many of the unknowns are weights, the first.
    weights: usize,
    /// `λ`, if it is given.
    given: Option<f64>,
    /// `(σ/s)²`
    ratio: f64,
    /// `g`, with the unknowns that have no prior.
    pub determined: Option<f64>,
}

impl Evidence {
    /// On the parameters of a field, if these are weights: where some of them are a matrix. Parameters that mean something
    /// are not drawn to zero. Where equations have no matrix, and no `λ` is given, it is zero.
    pub fn new<T: Real>(field: &dyn Field<T>, params: usize, given: Option<f64>) -> Self {
        let is_matrix = |array: &Parameter| array.shape.len() == 2;
        let weights = if field.parameters().iter().any(is_matrix) { params } else { 0 };
        let given = given.or((!NormalEquations::have_matrix(params)).then_some(0.0));
        // Weights are of order one, as far as anything is known of them.
        Evidence { weights, given, ratio: ERRORS * ERRORS, determined: None }
    }

    /// Without any prior.
    pub fn none() -> Self {
        Evidence { weights: 0, given: None, ratio: 0.0, determined: None }
    }

    /// `λ`, beside the mean square of so many residuals.
    fn decay(&self, residuals: usize) -> f64 {
        self.given.unwrap_or(self.ratio / residuals.max(1) as f64)
    }

    /// `λ Σ γ_i²`
    pub fn penalty<T: Real>(&self, unknowns: &[T], residuals: usize) -> f64 {
        self.decay(residuals) * self.square(unknowns)
    }

    fn square<T: Real>(&self, unknowns: &[T]) -> f64 {
        unknowns[..self.weights].iter().map(|x| x.to_f64().powi(2)).sum()
    }

    /// Hears the data by the equations of the mean square of so many residuals, and adds to these what weights count.
    pub fn hear<T: Real>(&mut self, equations: &mut NormalEquations, unknowns: &[T], residuals: usize) {
        if self.weights == 0 {
            return;
        }
        let undetermined = equations.undetermined(self.decay(residuals), self.weights);
        if let Some(undetermined) = undetermined {
            let [all, weights, square] = [residuals as f64, self.weights as f64, self.square(unknowns)];
            let determined = unknowns.len() as f64 - undetermined;
            let variance = equations.sum_of_squares() * all / (all - determined).max(LEAST_LEFT * all);
            let ratio = (weights - undetermined).max(1.0) * variance / square;
            if ratio.is_finite() {
                // As checkpoints keep it.
                self.ratio = T::constant(ratio.min(MOST_RATIO)).to_f64();
            }
            self.determined = Some(determined);
        }
        equations.add_squares(self.decay(residuals), &unknowns[..self.weights]);
    }

    /// What is kept in checkpoints, and taken from them; with nothing to take, as before any data were heard.
    pub fn memory(&self) -> f64 {
        self.ratio
    }

    pub fn recall(&mut self, ratio: Option<f64>) {
        self.ratio = ratio.unwrap_or(ERRORS * ERRORS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Activation, Mlp};
    use crate::{Number, VectorField};
    use rand::{Rng, SeedableRng};

    /// Lines of best fit of a polynomial of so many powers to a cubic with errors of a deviation, until the evidence has
    /// settled: the estimated `σ²`, and how many powers are determined.
    fn settled(powers: usize, deviation: f64) -> (f64, f64) {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        let points: Vec<[f64; 2]> = (0..400)
            .map(|k| {
                let x = k as f64 / 200.0 - 1.0;
                // A sum of twelve even numbers is near enough to a normal one.
                let error: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
                [x, 1.0 - x + 2.0 * x.powi(3) + deviation * error]
            })
            .collect();
        let mut evidence = Evidence { weights: powers, given: None, ratio: ERRORS * ERRORS, determined: None };
        let mut weights = vec![0.1; powers];
        for _ in 0..60 {
            let mut equations = NormalEquations::new(powers);
            for [x, y] in &points {
                let value: f64 = weights.iter().enumerate().map(|(i, w)| w * x.powi(i as i32)).sum();
                let row = equations.row(value - y);
                row.iter_mut().enumerate().for_each(|(i, slope)| *slope = x.powi(i as i32));
            }
            equations.finish();
            equations.scale(1.0 / points.len() as f64);
            evidence.hear(&mut equations, &weights, points.len());
            let step = equations.step(0.0, &[]).unwrap();
            weights.iter_mut().zip(step).for_each(|(w, change)| *w += change);
        }
        let determined = evidence.determined.unwrap();
        let variance = evidence.ratio * evidence.square(&weights) / determined;
        (variance, determined)
    }

    #[test]
    fn the_evidence_finds_the_noise_and_what_is_determined() {
        for deviation in [0.03, 0.01, 0.003] {
            let (variance, determined) = settled(12, deviation);
            assert!((variance.sqrt() / deviation - 1.0).abs() < 0.1, "{} for {deviation}", variance.sqrt());
            assert!((3.0..12.0).contains(&determined), "{determined}");
        }
        // What is exact is followed to its last digits.
        assert!(settled(12, 0.0).0 < 1e-20);
    }

    #[derive(Clone)]
    struct Decay;

    impl VectorField for Decay {
        fn dim(&self) -> usize {
            1
        }
        fn param_count(&self) -> usize {
            1
        }
        fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
            dy[0] = -params[0] * y[0];
        }
    }

    #[test]
    fn what_has_a_meaning_is_not_drawn_to_zero() {
        let network = Mlp::new([2, 5, 2], Activation::Tanh).unwrap();
        let of = |field: &dyn Field<f64>, params, given| Evidence::new(field, params, given).penalty(&[1.0; 27], 10);
        assert!((of(&network, 27, None) - 27.0 * 1e-3).abs() < 1e-12);
        assert_eq!([of(&network, 27, Some(2.0)), of(&network, 27, Some(0.0))], [54.0, 0.0]);
        assert_eq!(of(&Decay, 1, Some(2.0)), 0.0);
    }
}
