//! What a fit is worth.

use super::{Rmse, Seen, Summary};
use crate::Error;
use crate::data::{Standardisation, Trajectories};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How large errors are, compared with the deviation of the data: that is the error of whoever always says the mean.
///
/// With `e` the ratio of the two, `1 - e²` is the share of the variance that is explained. Ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Worth {
    /// The component never changes: there is nothing to predict.
    Constant,
    /// `e ≤ 0.1`: 99 % of the variance or more.
    Good,
    /// `e ≤ 0.5`: 75 % or more.
    Fair,
    /// `e < 0.95`.
    Poor,
    /// `e ≥ 0.95`: less than a tenth of the variance, no better than the mean of the data or hardly.
    Worthless,
    /// The data could not be predicted.
    Unknown,
}

impl Worth {
    fn of(error: Option<f64>) -> Self {
        match error {
            Some(..=0.1) => Worth::Good,
            Some(..=0.5) => Worth::Fair,
            Some(..0.95) => Worth::Poor,
            Some(_) => Worth::Worthless,
            None => Worth::Unknown,
        }
    }
}

impl fmt::Display for Worth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Worth::Constant => "constant",
            Worth::Good => "good",
            Worth::Fair => "fair",
            Worth::Poor => "poor",
            Worth::Worthless => "worthless",
            Worth::Unknown => "unknown",
        })
    }
}

/// Errors of one component.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judgement {
    /// By the larger of the errors below.
    pub worth: Worth,
    /// Root mean square error on the training data, divided by the deviation of all data. `None` if they could not be
    /// predicted, or never change.
    pub error: Option<f64>,
    /// `R² = 1 - e²` of that error `e`: the share of the variance of all data that is explained; negative where the mean
    /// would do better.
    pub r2: Option<f64>,
    /// The error on the held-out data, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out_error: Option<f64>,
    /// `R²` of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out_r2: Option<f64>,
}

/// What a fit is worth, see [`Summary::verdict`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assessment {
    /// That of the worst component, or of the [refinement](Summary::refinement), if predictions change by more than they err.
    pub overall: Worth,
    /// By name of the component.
    pub components: BTreeMap<String, Judgement>,
    /// Parameters that were learned. More of them than numbers can follow the numbers without a law behind them, unless few
    /// are [determined](Summary::determined) by the data.
    pub parameters: usize,
    /// How many unknowns the data determine, as in the [`Summary`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determined: Option<f64>,
    /// Numbers that they were learned from, as in the [`Summary`].
    pub numbers: usize,
}

impl Summary {
    /// What the fit to `data`, held-out ones included, is worth, but for [outliers](Summary::outliers).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for data whose deviation is not finite.
    pub fn verdict(&self, data: &Trajectories) -> Result<Assessment, Error> {
        let mended = (!self.outliers.is_empty()).then(|| data.without_outliers());
        let data = mended.as_ref().unwrap_or(data);
        let (seen, deviation) = (Seen::of(data), Standardisation::fit(data)?);
        let relative = |rmse: &Option<Rmse>, name: &String, i: usize| {
            let error = rmse.as_ref()?.by_component.get(name)? / deviation.scale()[i];
            (!seen.is_constant(i)).then_some(error)
        };
        let judge = |(i, name): (usize, &String)| {
            let error = relative(&self.train_rmse, name, i);
            let held_out_error = relative(&self.validation_rmse, name, i);
            let worth = match seen.is_constant(i) {
                true => Worth::Constant,
                false => Worth::of(error).max(held_out_error.map_or(Worth::Constant, |e| Worth::of(Some(e)))),
            };
            let r2 = |error: Option<f64>| error.map(|e| 1.0 - e * e);
            (name.clone(), Judgement { worth, error, r2: r2(error), held_out_error, held_out_r2: r2(held_out_error) })
        };
        let components: BTreeMap<_, _> = data.components().iter().enumerate().map(judge).collect();
        Ok(Assessment {
            // Errors that another accuracy would change are no errors of what was learned.
            overall: components
                .values()
                .map(|judgement| judgement.worth)
                .chain(self.refinement.map(|change| Worth::of(Some(change))))
                .max()
                .unwrap_or(Worth::Constant),
            components,
            parameters: self.parameters,
            determined: self.determined,
            numbers: self.numbers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_judged_against_the_deviation() {
        let data = Trajectories::from_csv_str("t,x,y,c\n0,1,10,5\n1,3,30,5\n", "data").unwrap(); // deviations 1, 10 and 0
        let rmse = |x: f64, y: f64| {
            let by_component = [("x", x), ("y", y), ("c", 0.0)].map(|(name, error)| (name.to_string(), error));
            Some(Rmse { overall: x.max(y), by_component: by_component.into() })
        };
        let verdict = |train_rmse, validation_rmse| {
            let summary = Summary {
                scheme: String::new(),
                parameters: 9,
                determined: None,
                numbers: 6,
                starts: 1,
                outliers: Vec::new(),
                optimizer: String::new(),
                epochs: 1,
                stopped_early: false,
                seconds: 0.0,
                penalties: None,
                train_rmse,
                refinement: None,
                validation_rmse,
                unpredicted: Vec::new(),
                failed_solves: 0,
                steps: 40,
                mean_iterations: 0.0,
            };
            summary.verdict(&data).unwrap()
        };
        let found = verdict(rmse(0.1, 4.0), None);
        let worth = |name: &str| found.components[name].worth;
        assert_eq!([worth("x"), worth("y"), worth("c")], [Worth::Good, Worth::Fair, Worth::Constant]);
        assert_eq!((found.overall, found.parameters, found.numbers), (Worth::Fair, 9, 6));
        assert_eq!((found.components["y"].error, found.components["c"].error), (Some(0.4), None));
        let y = &found.components["y"];
        assert!((y.r2.unwrap() - 0.84).abs() < 1e-12 && y.held_out_r2.is_none() && found.components["c"].r2.is_none());
        let y = verdict(rmse(0.1, 1.0), rmse(0.1, 20.0)).components["y"];
        assert!(y.r2.is_some_and(|r2| r2 > 0.9) && (y.held_out_r2.unwrap() + 3.0).abs() < 1e-12, "{y:?}");
        assert_eq!(verdict(rmse(0.9, 1.0), None).overall, Worth::Poor);
        assert_eq!(verdict(rmse(0.94, 1.0), None).overall, Worth::Poor);
        assert_eq!(verdict(rmse(0.96, 1.0), None).overall, Worth::Worthless, "hardly better than the mean");
        assert_eq!(verdict(rmse(1.0, 1.0), None).overall, Worth::Worthless);
        assert_eq!(verdict(rmse(0.1, 1.0), rmse(0.1, 20.0)).overall, Worth::Worthless, "on data held out");
        assert_eq!(verdict(None, None).overall, Worth::Unknown);
    }
}
