//! Smoothing splines.

/// How many times the shortest interval the longest must be before logarithms of time are thought of.
pub(super) const UNEVEN: f64 = 100.0;
/// Candidates for the smoothing parameter, a decade.
const A_DECADE: f64 = 2.0;
/// The median of the size of what is normal, in standard deviations.
const MEDIAN: f64 = 0.6745;

/// Measurements of one quantity in several records, smoothed: the states and slopes of natural cubic splines `g` that
/// minimise
///
/// ```text
/// Σ (y_k - g(t_k))² + α ∫ g''(t)² dt
/// ```
///
/// with one `α` for all records, chosen by generalised cross-validation. Measurements without noise come back as they are.
///
/// *References*: Reinsch, "Smoothing by spline functions", 1967; Hutchinson and de Hoog, "Smoothing noisy data with spline
/// functions", 1985.
#[derive(Debug, Clone)]
pub(crate) struct Smoothed {
    /// By record: the smoothed values.
    pub values: Vec<Vec<f64>>,
    /// By record: the slopes of the spline.
    pub slopes: Vec<Vec<f64>>,
    /// Estimated standard deviation of the noise.
    pub noise: f64,
    /// The same by the median of what measurements are off by: little, where a few jumps are all that is not smooth.
    pub typical: f64,
    /// The mean square of what the spline through the others misses a measurement by, over those inside.
    pub missed: f64,
}

impl Smoothed {
    /// In plain time, or, if intervals differ a hundredfold, in its logarithm from the beginning of each record, where the
    /// spline misses less in that.
    pub fn in_suited_time(records: &[(&[f64], Vec<f64>)]) -> Self {
        let plain = Smoothed::new(records);
        let intervals = || records.iter().flat_map(|(t, _)| t.windows(2).map(|ends| ends[1] - ends[0]));
        let (least, most) = intervals().fold((f64::INFINITY, 0.0_f64), |(a, b), h| (a.min(h), b.max(h)));
        if most < UNEVEN * least {
            return plain;
        }
        let offset = records.iter().filter_map(|(t, _)| Some(t.get(1)? - t[0])).fold(f64::INFINITY, f64::min);
        let warped = records.iter().map(|(t, _)| t.iter().map(|t_k| ((t_k - t[0]) / offset).ln_1p()).collect());
        let times: Vec<Vec<f64>> = warped.collect();
        if times.iter().any(|times| times.windows(2).any(|ends| ends[0] >= ends[1])) {
            return plain;
        }
        let warped: Vec<_> = times.iter().zip(records).map(|(t, (_, y))| (&t[..], y.clone())).collect();
        let mut logarithmic = Smoothed::new(&warped);
        if logarithmic.missed >= plain.missed {
            return plain;
        }
        for (slopes, (t, _)) in logarithmic.slopes.iter_mut().zip(records) {
            slopes.iter_mut().zip(*t).for_each(|(slope, t_k)| *slope /= offset + (t_k - t[0]));
        }
        logarithmic
    }

    /// Of records with ascending times and as many values.
    pub fn new(records: &[(&[f64], Vec<f64>)]) -> Self {
        let systems: Vec<_> = records.iter().map(|(t, y)| System::new(t, y)).collect();
        let intervals = || records.iter().flat_map(|(t, _)| t.windows(2).map(|ends| ends[1] - ends[0]));
        let (shortest, longest) =
            intervals().fold((f64::INFINITY, 0.0_f64), |(least, most), h| (least.min(h), most.max(h)));
        let mut best =
            Smoothed { values: Vec::new(), slopes: Vec::new(), noise: 0.0, typical: 0.0, missed: f64::INFINITY };
        let (mut alpha, mut least) = (0.0, f64::INFINITY);
        if systems.iter().any(|system| !system.is_straight()) && longest > 0.0 {
            let [from, to] = [1e-9 * shortest.powi(3), 1e4 * longest.powi(3)].map(|alpha| alpha.log10() * A_DECADE);
            for k in (from.floor() as i64)..=(to.ceil() as i64) {
                let candidate = 10f64.powf(k as f64 / A_DECADE);
                let (mut missed, mut residuals, mut freedoms, mut inside) = (0.0, 0.0, 0.0, 0.0);
                for [residual, freedom] in systems.iter().flat_map(|system| system.residuals(candidate)) {
                    missed += (residual / freedom).powi(2);
                    residuals += residual * residual;
                    freedoms += freedom;
                    inside += 1.0;
                }
                let score = residuals * inside / (freedoms * freedoms);
                if score < least {
                    (alpha, least) = (candidate, score);
                    (best.missed, best.noise) = (missed / inside, (residuals / freedoms).sqrt());
                }
            }
        }
        let off = |[residual, freedom]: [f64; 2]| residual.abs() / freedom.sqrt();
        let mut off: Vec<f64> = systems.iter().flat_map(|system| system.residuals(alpha)).map(off).collect();
        off.sort_unstable_by(f64::total_cmp);
        best.typical = off.get(off.len() / 2).map_or(0.0, |median| median / MEDIAN);
        for system in &systems {
            let (values, slopes) = system.spline(alpha);
            best.values.push(values);
            best.slopes.push(slopes);
        }
        best
    }
}

/// The equations of one record: `(R + α QᵀQ) γ = Qᵀy`, with the second derivatives `γ` at inner knots, and `g = y - α Q γ`.
struct System<'d> {
    y: &'d [f64],
    /// Intervals.
    h: Vec<f64>,
    /// `R` and `QᵀQ` by diagonals.
    r: [Vec<f64>; 3],
    g: [Vec<f64>; 3],
}

impl<'d> System<'d> {
    fn new(t: &[f64], y: &'d [f64]) -> Self {
        let h: Vec<f64> = t.windows(2).map(|ends| ends[1] - ends[0]).collect();
        let inner = t.len().saturating_sub(2);
        let q = |j: usize| [1.0 / h[j], -1.0 / h[j] - 1.0 / h[j + 1], 1.0 / h[j + 1]];
        let (mut r, mut g) = ([(); 3].map(|()| vec![0.0; inner]), [(); 3].map(|()| vec![0.0; inner]));
        for j in 0..inner {
            let here = q(j);
            r[0][j] = (h[j] + h[j + 1]) / 3.0;
            g[0][j] = here.iter().map(|x| x * x).sum();
            if j + 1 < inner {
                let next = q(j + 1);
                r[1][j] = h[j + 1] / 6.0;
                g[1][j] = here[1] * next[0] + here[2] * next[1];
            }
            if j + 2 < inner {
                g[2][j] = here[2] * q(j + 2)[0];
            }
        }
        System { y, h, r, g }
    }

    /// Whether nothing can be smoothed.
    fn is_straight(&self) -> bool {
        self.r[0].is_empty()
    }

    /// `Qᵀ y`
    fn curvatures(&self) -> Vec<f64> {
        let slope = |j: usize| (self.y[j + 1] - self.y[j]) / self.h[j];
        (0..self.r[0].len()).map(|j| slope(j + 1) - slope(j)).collect()
    }

    /// `Q γ`
    fn spread(&self, gamma: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.y.len()];
        for (j, gamma) in gamma.iter().enumerate() {
            out[j] += gamma / self.h[j];
            out[j + 1] -= gamma / self.h[j] + gamma / self.h[j + 1];
            out[j + 2] += gamma / self.h[j + 1];
        }
        out
    }

    /// The factors `L D Lᵀ` of `R + α QᵀQ`: `D`, and the two diagonals below that of `L`.
    fn factors(&self, alpha: f64) -> [Vec<f64>; 3] {
        let n = self.r[0].len();
        let [mut d, mut l1, mut l2] = [0, 1, 2]
            .map(|band| -> Vec<f64> { self.r[band].iter().zip(&self.g[band]).map(|(r, g)| r + alpha * g).collect() });
        for i in 0..n {
            let (below, further) = (l1[i], l2[i]);
            let (first, second) = (below / d[i], further / d[i]);
            if i + 1 < n {
                d[i + 1] -= first * below;
                l1[i + 1] -= first * further;
            }
            if i + 2 < n {
                d[i + 2] -= second * further;
            }
            (l1[i], l2[i]) = (first, second);
        }
        [d, l1, l2]
    }

    fn gamma(&self, [d, l1, l2]: &[Vec<f64>; 3]) -> Vec<f64> {
        let mut x = self.curvatures();
        let n = x.len();
        for i in 0..n {
            if i + 1 < n {
                x[i + 1] -= l1[i] * x[i];
            }
            if i + 2 < n {
                x[i + 2] -= l2[i] * x[i];
            }
        }
        x.iter_mut().zip(d).for_each(|(x, d)| *x /= d);
        for i in (0..n).rev() {
            let next = if i + 1 < n { l1[i] * x[i + 1] } else { 0.0 };
            let after = if i + 2 < n { l2[i] * x[i + 2] } else { 0.0 };
            x[i] -= next + after;
        }
        x
    }

    /// For every measurement inside: the residual `y - g`, and by how much it changes when the measurement does.
    fn residuals(&self, alpha: f64) -> Vec<[f64; 2]> {
        if self.is_straight() {
            return Vec::new();
        }
        let factors = self.factors(alpha);
        let bent = self.spread(&self.gamma(&factors));
        // The central diagonals of the inverse, from the last row up.
        let ([d, l1, l2], n) = (&factors, self.r[0].len());
        let mut inverse = vec![[0.0; 3]; n + 2];
        for i in (0..n).rev() {
            let (next, after) = (inverse[i + 1], inverse[i + 2]);
            let second = -l1[i] * next[1] - l2[i] * after[0];
            let first = -l1[i] * next[0] - l2[i] * next[1];
            inverse[i] = [1.0 / d[i] - l1[i] * first - l2[i] * second, first, second];
        }
        let of = |k: usize| {
            // The row of Q has its entries at the knots before, here and after, counted from the second.
            let (left, right) = (1.0 / self.h[k - 1], 1.0 / self.h[k]);
            let row = [left, -left - right, right];
            let mut freedom = 0.0;
            for (a, x) in row.iter().enumerate() {
                for (b, y) in row.iter().enumerate() {
                    let (j, apart) = ((k + a.min(b)).checked_sub(2), a.abs_diff(b));
                    if let Some(j) = j.filter(|&j| j + apart < n) {
                        freedom += x * y * inverse[j][apart];
                    }
                }
            }
            [alpha * bent[k], alpha * freedom]
        };
        (1..self.y.len() - 1).map(of).collect()
    }

    /// Values and slopes at the knots.
    fn spline(&self, alpha: f64) -> (Vec<f64>, Vec<f64>) {
        let n = self.y.len();
        if self.is_straight() {
            let slope = if n == 2 { (self.y[1] - self.y[0]) / self.h[0] } else { 0.0 };
            return (self.y.to_vec(), vec![slope; n]);
        }
        let gamma = self.gamma(&self.factors(alpha));
        let bent = self.spread(&gamma);
        let values: Vec<f64> = self.y.iter().zip(&bent).map(|(y, bent)| y - alpha * bent).collect();
        let second = |k: usize| if k == 0 || k == n - 1 { 0.0 } else { gamma[k - 1] };
        let chord = |k: usize| (values[k + 1] - values[k]) / self.h[k];
        let slope = |k: usize| match k + 1 < n {
            true => chord(k) - self.h[k] / 6.0 * (2.0 * second(k) + second(k + 1)),
            false => chord(k - 1) + self.h[k - 1] / 6.0 * (second(k - 1) + 2.0 * second(k)),
        };
        let slopes = (0..n).map(slope).collect();
        (values, slopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    fn wave(noise: f64, seed: u64) -> (Vec<f64>, Vec<f64>) {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let t: Vec<f64> = (0..120).map(|k| 0.1 * f64::from(k) + 0.001 * f64::from(k * k % 7)).collect();
        let y = t.iter().map(|t| t.sin() + noise * normal()).collect();
        (t, y)
    }

    #[test]
    fn exact_values_stay_and_their_slopes_are_found() {
        let (t, y) = wave(0.0, 0);
        let smoothed = Smoothed::new(&[(&t, y.clone())]);
        assert!(smoothed.noise < 1e-5, "{}", smoothed.noise);
        let slopes = t.iter().zip(&smoothed.slopes[0]).skip(8).take(104);
        let worst = slopes.map(|(t, slope)| (slope - t.cos()).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-4, "{worst}");
        let moved = y.iter().zip(&smoothed.values[0]).map(|(y, g)| (y - g).abs()).fold(0.0, f64::max);
        assert!(moved < 1e-4, "{moved}");
    }

    #[test]
    fn noise_is_told_from_what_is_smooth() {
        for seed in 0..4 {
            let (t, y) = wave(0.1, seed);
            let smoothed = Smoothed::new(&[(&t, y)]);
            assert!((0.08..0.125).contains(&smoothed.noise), "{}", smoothed.noise);
            assert!((0.07..0.135).contains(&smoothed.typical), "{}", smoothed.typical);
            let errors = t.iter().zip(&smoothed.values[0]).map(|(t, g)| (g - t.sin()).powi(2));
            let error = (errors.sum::<f64>() / t.len() as f64).sqrt();
            assert!(error < 0.06, "{error}");
        }
    }

    #[test]
    fn what_slows_down_is_smoothed_by_the_logarithm_of_time() {
        let t: Vec<f64> = std::iter::once(0.0).chain((0..39).map(|k| 10f64.powf(-2.0 + 0.13 * f64::from(k)))).collect();
        let y: Vec<f64> = t.iter().map(|t| 1.0 / (1.0 + t)).collect();
        let smoothed = Smoothed::in_suited_time(&[(&t, y.clone())]);
        let plain = Smoothed::new(&[(&t, y)]);
        assert!(smoothed.missed < 0.5 * plain.missed, "{} and {}", smoothed.missed, plain.missed);
        for (t, slope) in t.iter().zip(&smoothed.slopes[0]).skip(1).take(34) {
            let expected = -(1.0 + t).powi(-2);
            assert!((slope - expected).abs() < 0.05 * expected.abs(), "{slope} at {t}, {expected}");
        }
    }

    #[test]
    fn a_jump_is_not_typical() {
        let (t, mut y) = wave(0.0, 0);
        y.iter_mut().skip(60).for_each(|y| *y += 1.0);
        let smoothed = Smoothed::new(&[(&t, y)]);
        assert!(smoothed.typical < 0.1 * smoothed.noise, "{} of {}", smoothed.typical, smoothed.noise);
    }

    #[test]
    fn what_a_measurement_is_missed_by_is_what_the_others_tell() {
        let (t, y) = wave(0.1, 1);
        let (t, y, alpha) = (&t[..9], &y[..9], 0.01);
        let found = System::new(t, y).residuals(alpha);
        for k in 1..8 {
            // The change of its own residual with a measurement.
            let unit: Vec<f64> = (0..9).map(|i| f64::from(u8::from(i == k))).collect();
            let of = System::new(t, &unit);
            let freedom = alpha * of.spread(&of.gamma(&of.factors(alpha)))[k];
            assert!((found[k - 1][1] - freedom).abs() < 1e-10 * freedom, "{} and {freedom}", found[k - 1][1]);
            // Replaced by what the others tell, it is met.
            let mut told = y.to_vec();
            told[k] -= found[k - 1][0] / freedom;
            let residual = System::new(t, &told).residuals(alpha)[k - 1][0];
            assert!(residual.abs() < 1e-12, "{residual}");
        }
    }

    #[test]
    fn short_records_are_straight() {
        let smoothed = Smoothed::new(&[(&[0.0, 2.0], vec![1.0, 5.0]), (&[3.0], vec![4.0])]);
        assert_eq!(smoothed.values, [vec![1.0, 5.0], vec![4.0]]);
        assert_eq!(smoothed.slopes, [vec![2.0, 2.0], vec![0.0]]);
        assert_eq!(smoothed.noise, 0.0);
    }
}
