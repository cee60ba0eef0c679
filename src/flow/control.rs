//! The choice of the next step size.

/// Aims below the tolerance, so that few steps are rejected.
const SAFETY: f64 = 0.9;
/// Limits of what one step may change.
const SHRINK: f64 = 0.2;
const GROW: f64 = 8.0;
/// What a step shrinks by when it has no error estimate: its stages were not solved, or were not finite.
const FAILED: f64 = 0.25;
/// Errors of accepted steps below this say no more.
const SMALLEST_MEMORY: f64 = 1e-4;

/// The PI controller of K. Gustafsson (ACM Trans. Math. Software 17 (1991) 533–554), with the exponents of E. Hairer,
/// S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), II.4 and (1996) II, IV.2.
///
/// Errors are relative to the tolerance. With an estimate `e = O(h^q)`, an accepted step is followed by one of size
///
/// ```text
/// h · min(8, max(0.2, 0.9 e^{-0.85/q} e_last^{0.2/q})) ,
/// ```
///
/// a rejected one by `h · max(0.2, 0.9 e^{-1/q})`. After a rejection the next step does not grow.
#[derive(Debug, Clone)]
pub(super) struct Controller {
    order: f64,
    last: f64,
    rejected: bool,
}

impl Controller {
    /// For an error estimate `O(h^order)`.
    pub fn new(order: usize) -> Self {
        Controller { order: order as f64, last: 1.0, rejected: false }
    }

    /// By how much the step changes after one with the error `error ≤ 1`.
    ///
    /// The error of a `brief` step, cut short to end at a time asked for, is not remembered.
    pub fn accept(&mut self, error: f64, brief: bool) -> f64 {
        let error = error.max(1e-10);
        let change = SAFETY * error.powf(-0.85 / self.order) * self.last.powf(0.2 / self.order);
        let limit = if self.rejected { 1.0 } else { GROW };
        self.rejected = false;
        if !brief {
            self.last = error.max(SMALLEST_MEMORY);
        }
        change.clamp(SHRINK, limit)
    }

    /// By how much a step with the error `error > 1` changes.
    pub fn reject(&mut self, error: f64) -> f64 {
        self.rejected = true;
        (SAFETY * error.powf(-1.0 / self.order)).clamp(SHRINK, SAFETY)
    }

    /// By how much a step without an error estimate changes.
    pub fn fail(&mut self) -> f64 {
        self.rejected = true;
        FAILED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settles_where_errors_follow_the_power_law() {
        for order in [2, 3, 5, 6, 9] {
            let (mut controller, mut h) = (Controller::new(order), 1e-3f64);
            for _ in 0..200 {
                let error = (h / 0.1).powi(order as i32);
                h *= if error <= 1.0 { controller.accept(error, false) } else { controller.reject(error) };
            }
            assert!((0.08..0.1).contains(&h), "{order}: {h}");
        }
    }

    #[test]
    fn does_not_grow_right_after_a_rejection() {
        let mut controller = Controller::new(5);
        assert_eq!(controller.reject(1e9), SHRINK);
        assert_eq!(controller.accept(1e-9, false), 1.0);
        assert_eq!(controller.accept(1e-9, false), GROW);
        assert!(controller.reject(1.0 + 1e-12) < 1.0);
    }

    #[test]
    fn a_brief_step_leaves_no_memory() {
        let (mut brief, mut plain) = (Controller::new(5), Controller::new(5));
        brief.accept(1e-8, true);
        assert_eq!(brief.accept(0.5, false), plain.accept(0.5, false));
    }
}
