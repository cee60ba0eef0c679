//! The history of a training.

use crate::Error;
use crate::file::write_whole;
use crate::regularisation::Penalties;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::Write;
use std::path::Path;

/// One epoch of a training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Mean training objective over the epoch's batches, taken before each update: the loss with all that is added to it;
    /// NaN if all of them failed. With norms as training has them, see [`Trainer`](super::Trainer).
    #[serde(deserialize_with = "null_is_nan")]
    pub loss: f64,
    /// Validation loss after the epoch, where it was computed; NaN if the prediction failed.
    #[serde(deserialize_with = "some_null_is_nan", skip_serializing_if = "Option::is_none", default)]
    pub validation_loss: Option<f64>,
    /// Learning rate of the last update.
    pub learning_rate: f64,
    /// Mean Euclidean norm of the gradients, before clipping; NaN if all batches failed.
    #[serde(deserialize_with = "null_is_nan")]
    pub gradient_norm: f64,
    /// Root mean square of the gaps between segments, during multiple shooting, in the units that are trained in.
    #[serde(deserialize_with = "some_null_is_nan", skip_serializing_if = "Option::is_none", default)]
    pub gap: Option<f64>,
    /// What the regulariser added to the loss, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub penalties: Option<Penalties>,
    /// How many unknowns the data determine, rather than a [prior](super::Settings::weight_decay) on weights.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub determined: Option<f64>,
    /// Steps forward that the gradients of the epoch took, over all records or windows.
    #[serde(default)]
    pub steps: usize,
    /// Nonlinear iterations a stage system; zero for explicit schemes.
    pub mean_iterations: f64,
    /// Attempts at a batch that failed, see [`OnFailure`](super::OnFailure): updates taken back, or batches left out.
    pub failed_solves: usize,
    /// Stretches on which steps back drifted too far, and were taken again from a checkpoint: see
    /// [`Memory`](crate::network::Memory).
    #[serde(default)]
    pub fallbacks: usize,
    /// Seconds of training so far.
    pub seconds: f64,
}

// JSON has no NaN: it is written as null.
fn null_is_nan<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or(f64::NAN))
}

fn some_null_is_nan<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    null_is_nan(input).map(Some)
}

/// All epochs of a training, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct History {
    /// One after another.
    pub epochs: Vec<Epoch>,
}

impl History {
    /// Writes the history as CSV, one line an epoch under a header. The file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        write_whole(path.as_ref(), self.to_csv().as_bytes())
    }

    fn to_csv(&self) -> String {
        let mut text = String::from(
            "epoch,loss,validation_loss,learning_rate,gradient_norm,gap,divergence,jacobian,kinetic,variation,\
             determined,steps,mean_iterations,failed_solves,fallbacks,seconds\n",
        );
        // Zeros without a sign.
        let number = |x: f64| (x + 0.0).to_string();
        let optional = |x: Option<f64>| x.map_or_else(String::new, number);
        for row in &self.epochs {
            let Epoch { epoch, loss, learning_rate, gradient_norm, steps, mean_iterations, .. } = row;
            let Epoch { failed_solves, fallbacks, seconds, .. } = row;
            let (validation, gap) = (optional(row.validation_loss), optional(row.gap));
            let penalties = row.penalties.map(|p| [p.divergence, p.jacobian, p.kinetic, p.variation].map(number));
            let (penalties, determined) = (penalties.unwrap_or_default().join(","), optional(row.determined));
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{epoch},{loss},{validation},{learning_rate},{gradient_norm},{gap},{penalties},{determined},\
                 {steps},{mean_iterations},{failed_solves},{fallbacks},{seconds:.6}"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(epoch: usize, loss: f64, validation_loss: Option<f64>) -> Epoch {
        let (learning_rate, gradient_norm, mean_iterations) = (0.1, 2.5, 3.25);
        let (penalties, gap, determined, failed_solves, seconds) = (None, None, Some(1.5), 1, 0.5);
        Epoch {
            epoch,
            loss,
            validation_loss,
            learning_rate,
            gradient_norm,
            gap,
            penalties,
            determined,
            steps: 40,
            mean_iterations,
            failed_solves,
            fallbacks: 0,
            seconds,
        }
    }

    #[test]
    fn csv_has_a_line_an_epoch() {
        let mut history = History { epochs: vec![row(1, 0.25, None), row(2, f64::NAN, Some(0.125))] };
        history.epochs[1].penalties =
            Some(Penalties { divergence: -0.5, jacobian: 0.25, kinetic: -0.0, variation: 2.0, further: 0.0 });
        let text = history.to_csv();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], "1,0.25,,0.1,2.5,,,,,,1.5,40,3.25,1,0,0.500000");
        assert_eq!(lines[2], "2,NaN,0.125,0.1,2.5,,-0.5,0.25,0,2,1.5,40,3.25,1,0,0.500000");
        assert!(lines.iter().all(|line| line.split(',').count() == 16));
    }

    #[test]
    fn json_keeps_what_is_not_a_number() {
        let mut history = History { epochs: vec![row(1, f64::NAN, Some(f64::NAN)), row(2, 0.1, None)] };
        history.epochs[1].penalties = Some(Penalties { divergence: -0.5, ..Penalties::default() });
        let back: History = serde_json::from_str(&serde_json::to_string(&history).unwrap()).unwrap();
        assert!(back.epochs[0].loss.is_nan() && back.epochs[0].validation_loss.unwrap().is_nan());
        assert_eq!(back.epochs[1], history.epochs[1]);
    }
}
