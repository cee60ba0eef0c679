//! States of order one, times in units of the mean interval.

use super::spline::{Smoothed, UNEVEN};
use super::trajectories::{Trajectories, Trajectory};
use crate::Error;
use serde::{Deserialize, Serialize};

/// How much smoother the data must be in logarithmic time for that to be taken.
const SMOOTHER: f64 = 2.0;
/// Intervals grow steadily if so many of them are longer than the one before.
const STEADILY: f64 = 0.9;

/// An affine map of states and times to standard units, in which networks train well.
///
/// State `y` and time `t` become
///
/// ```text
/// z_i = (y_i - mean_i) / scale_i        s = (t - time_origin) / time_scale
/// ```
///
/// so that a derivative `dy/dt` becomes `dz_i/ds = (time_scale / scale_i) dy_i/dt`. In
/// [logarithmic time](Standardisation::in_logarithmic_time), `s = ln(1 + (t - time_origin) / τ) / time_scale`.
///
/// ```
/// use kutta::data::{Standardisation, Trajectories};
///
/// let data = Trajectories::from_csv_str("t,x\n0,1\n2,3\n4,5\n", "example")?;
/// let standard = Standardisation::fit(&data)?;
/// assert_eq!((standard.mean(), standard.time_scale()), ([3.0].as_slice(), 2.0));
///
/// let mut state = [3.0];
/// standard.apply_states(&mut state)?;
/// assert_eq!(state, [0.0]);
/// standard.invert_states(&mut state)?;
/// assert_eq!(state, [3.0]);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Units", into = "Units")]
pub struct Standardisation(Units);

/// The saved form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Units {
    mean: Vec<f64>,
    scale: Vec<f64>,
    time_origin: f64,
    time_scale: f64,
    /// `τ`, of logarithmic time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_offset: Option<f64>,
}

impl From<Standardisation> for Units {
    fn from(standard: Standardisation) -> Self {
        standard.0
    }
}

impl TryFrom<Units> for Standardisation {
    type Error = Error;

    fn try_from(units: Units) -> Result<Self, Error> {
        Error::check_len("scale", "entries", units.scale.len(), units.mean.len())?;
        if let Some(mean) = units.mean.iter().chain([&units.time_origin]).find(|x| !x.is_finite()) {
            return Err(Error::invalid("mean or time origin", mean, "a finite number"));
        }
        if let Some(scale) = units
            .scale
            .iter()
            .chain([&units.time_scale])
            .chain(&units.time_offset)
            .find(|x| !(x.is_finite() && **x > 0.0))
        {
            return Err(Error::invalid("scale", scale, "a finite number above zero"));
        }
        Ok(Self(units))
    }
}

impl Standardisation {
    /// The units of a set of trajectories.
    ///
    /// - `mean_i`: the mean of component `i` over all `N` observations.
    /// - `scale_i`: its standard deviation `sqrt(Σ (y_i - mean_i)² / N)`, or 1 if the component is constant.
    /// - `time_origin`: the earliest time.
    /// - `time_scale`: the mean interval between observations, `Σ (last - first time) / Σ (observations - 1)`, the sums
    ///   over trajectories. It is the natural unit: in it a step of one leads from one observation to the next.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the values are so large that their spread is not finite.
    pub fn fit(data: &Trajectories) -> Result<Self, Error> {
        let n = data.observations() as f64;
        let (mut mean, mut scale) = (Vec::new(), Vec::new());
        for (i, name) in data.components().iter().enumerate() {
            let values = || data.iter().flat_map(|t| t.states().iter().skip(i).step_by(data.dim())).copied();
            let first = data.trajectory(0).state(0)[i];
            if values().all(|y| y == first) {
                mean.push(first);
                scale.push(1.0);
                continue;
            }
            // Divided before they are added, and by the largest before they are squared, so that neither overflows.
            let centre: f64 = values().map(|y| y / n).sum();
            let largest = values().map(|y| (y - centre).abs()).fold(0.0, f64::max);
            if largest.is_infinite() {
                let value = format!("too widely spread in component `{name}`");
                return Err(Error::invalid("data", value, "values whose differences are finite"));
            }
            let square: f64 = values().map(|y| ((y - centre) / largest).powi(2)).sum();
            mean.push(centre);
            scale.push(largest * (square / n).sqrt());
        }
        let time_origin = data.iter().map(|t| t.times()[0]).fold(f64::INFINITY, f64::min);
        let span: f64 = data.iter().map(|t| t.times()[t.len() - 1] - t.times()[0]).sum();
        let time_scale = span / (data.observations() - data.len()) as f64;
        Units { mean, scale, time_origin, time_scale, time_offset: None }.try_into()
    }

    /// The same units of states, with times by the logarithm: `s = ln(1 + (t - time_origin) / τ) / time_scale`, where `τ` is
    /// the time to the second observation, and `time_scale` the mean interval of `s`. For observations whose intervals span
    /// orders of magnitude, because what is observed slows down.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the trajectories do not start at the same time.
    pub fn in_logarithmic_time(self, data: &Trajectories) -> Result<Self, Error> {
        let origin = self.time_origin();
        if let Some(late) = data.iter().find(|t| t.times()[0] != origin) {
            return Err(Error::invalid(
                "the first time of a trajectory",
                late.times()[0],
                format!("{origin}, as of the others"),
            ));
        }
        let offset = data.iter().map(|t| t.times()[1] - origin).fold(f64::INFINITY, f64::min);
        let span: f64 = data.iter().map(|t| ((t.times()[t.len() - 1] - origin) / offset).ln_1p()).sum();
        let time_scale = span / (data.observations() - data.len()) as f64;
        Units { time_scale, time_offset: Some(offset), ..self.0 }.try_into()
    }

    /// The units of [`fit`](Standardisation::fit), in the time in which the data are smoother: a smoothing spline through
    /// the data in logarithmic time must miss a measurement by half of what one in plain time misses it by, or less, as
    /// cross-validation tells; where intervals grow steadily, as those of instruments that follow what slows down, by less at all, since
    /// noise is missed in any time. Only single trajectories whose intervals differ a hundredfold are looked at: an equation that does
    /// not change with time changes with its logarithm, so that what is learned from one start holds for no other.
    ///
    /// # Errors
    /// As [`fit`](Standardisation::fit).
    pub fn suited(data: &Trajectories) -> Result<Self, Error> {
        let plain = Self::fit(data)?;
        let intervals = || data.iter().flat_map(|t| t.times().windows(2).map(|ends| ends[1] - ends[0]));
        let (least, most) = intervals().fold((f64::INFINITY, 0.0_f64), |(a, b), h| (a.min(h), b.max(h)));
        if data.len() > 1 || most < UNEVEN * least {
            return Ok(plain);
        }
        let grown = data.iter().flat_map(|t| t.times().windows(3).map(|t| t[2] - t[1] > t[1] - t[0]));
        let (all, growing) = grown.fold((0, 0), |(all, growing), grows| (all + 1, growing + usize::from(grows)));
        let smoother = if growing as f64 >= STEADILY * all as f64 { 1.0 } else { SMOOTHER };
        match plain.clone().in_logarithmic_time(data) {
            Ok(logarithmic) if logarithmic.roughness(data) < plain.roughness(data) - smoother.ln() => Ok(logarithmic),
            _ => Ok(plain),
        }
    }

    /// The mean over the components of the logarithm of the error that cross-validation of a spline tells.
    fn roughness(&self, data: &Trajectories) -> f64 {
        let times: Vec<Vec<f64>> =
            data.iter().map(|t| t.times().iter().map(|&t| self.apply_time(t)).collect()).collect();
        if times.iter().any(|times| times.windows(2).any(|ends| ends[0] >= ends[1])) {
            return f64::INFINITY;
        }
        let of = |i: usize| {
            let values = data.iter().map(|t| {
                let values = t.states().iter().skip(i).step_by(data.dim());
                values.map(|y| (y - self.mean()[i]) / self.scale()[i]).collect()
            });
            let records: Vec<(&[f64], Vec<f64>)> = times.iter().map(|t| &t[..]).zip(values).collect();
            0.5 * Smoothed::new(&records).missed.max(f64::MIN_POSITIVE).ln()
        };
        (0..data.dim()).map(of).sum::<f64>() / data.dim() as f64
    }

    /// The map that changes nothing, for `dim` components.
    pub fn identity(dim: usize) -> Self {
        Self(Units {
            mean: vec![0.0; dim],
            scale: vec![1.0; dim],
            time_origin: 0.0,
            time_scale: 1.0,
            time_offset: None,
        })
    }

    /// Number of components `d`.
    pub fn dim(&self) -> usize {
        self.0.mean.len()
    }

    /// `mean_i`, in the units of the data.
    pub fn mean(&self) -> &[f64] {
        &self.0.mean
    }

    /// `scale_i`, in the units of the data.
    pub fn scale(&self) -> &[f64] {
        &self.0.scale
    }

    /// The time that becomes 0.
    pub fn time_origin(&self) -> f64 {
        self.0.time_origin
    }

    /// `τ`, if times are taken by the logarithm.
    pub fn time_offset(&self) -> Option<f64> {
        self.0.time_offset
    }

    /// The duration at time `t` that becomes 1: `dt/ds`.
    pub fn time_scale_at(&self, t: f64) -> f64 {
        match self.time_offset() {
            None => self.time_scale(),
            Some(offset) => (offset + (t - self.time_origin())) * self.time_scale(),
        }
    }

    /// The duration that becomes 1; of logarithms of time in logarithmic time.
    pub fn time_scale(&self) -> f64 {
        self.0.time_scale
    }

    /// `(dt/ds) / scale_i`: what a derivative `dy_i/dt` at time `t` is multiplied by.
    pub fn derivative_scale(&self, t: f64) -> Vec<f64> {
        self.scale().iter().map(|scale| self.time_scale_at(t) / scale).collect()
    }

    /// The standard time `s` of `t`.
    pub fn apply_time(&self, t: f64) -> f64 {
        let since = t - self.time_origin();
        let passed = self.time_offset().map_or(since, |offset| (since / offset).ln_1p());
        passed / self.time_scale()
    }

    /// The time `t` whose standard time is `s`.
    pub fn invert_time(&self, s: f64) -> f64 {
        let passed = s * self.time_scale();
        self.time_offset().map_or(passed, |offset| offset * passed.exp_m1()) + self.time_origin()
    }

    /// Replaces states `y`, row-major `n × d`, by `z`.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeMismatch`] if the last row is not full.
    pub fn apply_states(&self, states: &mut [f64]) -> Result<(), Error> {
        self.each(states, |y, mean, scale| (y - mean) / scale)
    }

    /// Replaces standard states `z`, row-major `n × d`, by `y`.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeMismatch`] if the last row is not full.
    pub fn invert_states(&self, states: &mut [f64]) -> Result<(), Error> {
        self.each(states, |z, mean, scale| z * scale + mean)
    }

    fn each(&self, states: &mut [f64], map: impl Fn(f64, f64, f64) -> f64) -> Result<(), Error> {
        let rows = states.len() / self.dim().max(1);
        Error::check_len("states", "entries", states.len(), rows.max(1) * self.dim())?;
        for row in states.chunks_exact_mut(self.dim().max(1)) {
            for (x, (mean, scale)) in row.iter_mut().zip(self.mean().iter().zip(self.scale())) {
                *x = map(*x, *mean, *scale);
            }
        }
        Ok(())
    }

    /// The trajectories in standard units.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeMismatch`] for another dimension; [`Error::InvalidArgument`] if values overflow, or times differ by
    /// so little that they coincide.
    pub fn apply(&self, data: &Trajectories) -> Result<Trajectories, Error> {
        self.map(data, Self::apply_time, Self::apply_states)
    }

    /// The trajectories whose standard form is `data`.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`].
    pub fn invert(&self, data: &Trajectories) -> Result<Trajectories, Error> {
        self.map(data, Self::invert_time, Self::invert_states)
    }

    fn map(
        &self,
        data: &Trajectories,
        time: impl Fn(&Self, f64) -> f64,
        map_states: impl Fn(&Self, &mut [f64]) -> Result<(), Error>,
    ) -> Result<Trajectories, Error> {
        Error::check_len("data", "components", data.dim(), self.dim())?;
        let map = |t: &Trajectory| {
            let mut states = t.states().to_vec();
            map_states(self, &mut states)?;
            Trajectory::new(t.id(), t.times().iter().map(|x| time(self, *x)).collect(), states)
        };
        Ok(data.with(data.iter().map(map).collect::<Result<_, Error>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(text: &str) -> Trajectories {
        Trajectories::from_csv_str(text, "test").unwrap()
    }

    #[test]
    fn fits_the_formulas() {
        let data = set("t,trajectory,x,c\n10,a,1,0.1\n11,a,2,0.1\n14,a,6,0.1\n8,b,3,0.1\n10,b,3,0.1\n");
        let standard = Standardisation::fit(&data).unwrap();
        // Mean 15/5, variance (4 + 1 + 9 + 0 + 0)/5; intervals 1, 3 and 2.
        assert_eq!(standard.mean(), [3.0, 0.1]);
        assert!((standard.scale()[0] - 2.8_f64.sqrt()).abs() < 1e-15);
        assert_eq!(standard.scale()[1], 1.0, "a constant component keeps its scale");
        assert_eq!((standard.time_origin(), standard.time_scale()), (8.0, 2.0));
        assert_eq!(standard.derivative_scale(11.0)[1], 2.0);
        let applied = standard.apply(&data).unwrap();
        assert_eq!(applied.trajectory(0).times(), [1.0, 1.5, 3.0]);
        assert!(applied.iter().all(|t| (0..t.len()).all(|k| t.state(k)[1] == 0.0)));
        assert_eq!((applied.components(), applied.trajectory(1).id()), (data.components(), "b"));
    }

    #[test]
    fn noise_hides_no_logarithm_from_intervals_that_grow() {
        let decays = |t: f64| (-t).exp() + (-0.01 * t).exp();
        // Errors of 3 % that repeat after 7 observations.
        let noisy = |(k, t): (usize, f64)| format!("{t},{}\n", decays(t) + 0.02 * ((k * k % 7) as f64 - 2.0) / 1.5);
        let is_warped = |times: &mut dyn Iterator<Item = f64>| {
            let data = set(&format!("t,x\n{}", times.enumerate().map(noisy).collect::<String>()));
            Standardisation::suited(&data).unwrap().time_offset().is_some()
        };
        assert!(is_warped(&mut (0..50).map(|k| 10f64.powf(-2.0 + 0.1 * f64::from(k)))));
        assert!(!is_warped(&mut (0..50).map(f64::from)));
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let standard = Standardisation::fit(&set("t,x,y\n0,1e300,1e-200\n1,-1e300,-1e-200\n")).unwrap();
        assert_eq!(standard.scale(), [1e300, 1e-200]);
        let message = Standardisation::fit(&set("t,x\n0,1.7e308\n1,1.7e308\n2,-1.7e308\n")).unwrap_err().to_string();
        assert_eq!(message, "data is too widely spread in component `x`, expected values whose differences are finite");
    }

    #[test]
    fn refuses_other_shapes() {
        let standard = Standardisation::identity(2);
        assert_eq!(standard.apply_states(&mut [1.0]).unwrap_err().to_string(), "states has 1 entries, expected 2");
        assert_eq!(standard.invert_states(&mut [1.0; 5]).unwrap_err().to_string(), "states has 5 entries, expected 4");
        let message = standard.apply(&set("t,x\n0,1\n1,2\n")).unwrap_err().to_string();
        assert_eq!(message, "data has 1 components, expected 2");
        assert!(standard.apply_states(&mut [1.0; 4]).is_ok());
    }

    #[test]
    fn a_saved_one_is_checked() {
        let read = |text: &str| serde_json::from_str::<Standardisation>(text).map_err(|e| e.to_string());
        assert!(read(r#"{"mean":[1.0],"scale":[2.0],"time_origin":0.0,"time_scale":1.0}"#).is_ok());
        let no_scale = read(r#"{"mean":[1.0],"scale":[],"time_origin":0.0,"time_scale":1.0}"#);
        assert!(no_scale.unwrap_err().contains("scale has 0 entries, expected 1"));
        let zero = read(r#"{"mean":[1.0],"scale":[0.0],"time_origin":0.0,"time_scale":1.0}"#);
        assert!(zero.unwrap_err().contains("scale is 0, expected a finite number above zero"));
    }

    proptest! {
        #[test]
        fn round_trips(
            (states, offset, unit) in (2_usize..20).prop_flat_map(|n| {
                (prop::collection::vec(-1e3..1e3, 3 * n), -1e3..1e3, 1e-3..1e3)
            })
        ) {
            let times: Vec<f64> = (0..states.len() / 3).map(|k| offset + unit * k as f64).collect();
            let trajectory = Trajectory::new("", times, states).unwrap();
            let data = Trajectories::new(["x", "y", "z"], vec![trajectory]).unwrap();
            let standard = Standardisation::fit(&data).unwrap();
            let saved: Standardisation = serde_json::from_str(&serde_json::to_string(&standard).unwrap()).unwrap();
            prop_assert_eq!(&saved, &standard);
            let applied = standard.apply(&data).unwrap();
            let back = standard.invert(&applied).unwrap();
            let (old, new) = (data.trajectory(0), back.trajectory(0));
            for (a, b) in old.states().iter().zip(new.states()).chain(old.times().iter().zip(new.times())) {
                prop_assert!((a - b).abs() <= 1e-11, "{} became {}", a, b);
            }
            // Mean zero, mean square one.
            for i in 0..3 {
                let z: Vec<f64> = applied.trajectory(0).states().iter().skip(i).step_by(3).copied().collect();
                let n = z.len() as f64;
                prop_assert!((z.iter().sum::<f64>() / n).abs() < 1e-9);
                prop_assert!((z.iter().map(|z| z * z).sum::<f64>() / n - 1.0).abs() < 1e-9);
            }
        }
    }
}
