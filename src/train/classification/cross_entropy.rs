//! The softmax of a network's outputs, and its cross-entropy with a class.

use crate::Real;

/// `p_i = exp(z_i) / Σ_j exp(z_j)`, without overflow.
pub(super) fn softmax<T: Real>(outputs: &[T]) -> Vec<f64> {
    let (_, most) = greatest(outputs);
    let powers: Vec<f64> = outputs.iter().map(|z| (z.to_f64() - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// `-ln p_label`, whose derivative by the outputs, times `share`, overwrites `bar`. Neither overflows, nor is lost to rounding
/// where it is small.
pub(super) fn cross_entropy<T: Real>(outputs: &[T], label: usize, share: f64, bar: &mut [T]) -> f64 {
    let (first, most) = greatest(outputs);
    let power = |z: T| (z.to_f64() - most).exp();
    let others =
        |but: usize| outputs.iter().enumerate().filter(move |&(i, _)| i != but).map(|(_, &z)| power(z)).sum::<f64>();
    // The greatest has the power 1.
    let beside = others(first);
    let sum = 1.0 + beside;
    bar.iter_mut().zip(outputs).for_each(|(bar, &z)| *bar = T::constant(share * power(z) / sum));
    // p - 1 is what the other classes have.
    bar[label] = T::constant(-share * others(label) / sum);
    beside.ln_1p() + (most - outputs[label].to_f64())
}

/// The first of the greatest outputs, and its value.
fn greatest<T: Real>(outputs: &[T]) -> (usize, f64) {
    let numbers = outputs.iter().map(|z| z.to_f64()).enumerate();
    numbers.fold((0, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best })
}

/// The place of a class among all, by its output, from 0: of equal outputs, the class that comes first is before the others.
pub(super) fn rank<T: Real>(outputs: &[T], label: usize) -> usize {
    let own = outputs[label];
    outputs.iter().enumerate().filter(|&(i, &z)| z > own || (z == own && i < label)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn its_derivative_is_that_of_its_values(
            outputs in prop::collection::vec(-5.0..5.0f64, 2..6), label in 0usize..2, i in 0usize..2,
        ) {
            let at = |shift: f64| {
                let mut moved = outputs.clone();
                moved[i] += shift;
                cross_entropy(&moved, label, 1.0, &mut vec![0.0; moved.len()])
            };
            let mut bar = vec![0.0; outputs.len()];
            let value = cross_entropy(&outputs, label, 3.0, &mut bar);
            prop_assert!((bar[i] - 3.0 * (at(1e-5) - at(-1e-5)) / 2e-5).abs() < 1e-8);
            prop_assert!((value + softmax(&outputs)[label].ln()).abs() < 1e-12);
            prop_assert!(bar.iter().sum::<f64>().abs() < 1e-14);
        }

        #[test]
        fn ranks_are_a_permutation(outputs in prop::collection::vec((-2i32..3).prop_map(f64::from), 1..8)) {
            let mut ranks: Vec<_> = (0..outputs.len()).map(|label| rank(&outputs, label)).collect();
            ranks.sort_unstable();
            prop_assert!(ranks.into_iter().eq(0..outputs.len()));
        }
    }

    #[test]
    fn nothing_overflows_and_what_is_small_is_not_lost() {
        let mut bar = [0.0; 2];
        assert_eq!(cross_entropy(&[1000.0, -1000.0], 1, 1.0, &mut bar), 2000.0);
        assert_eq!(bar, [1.0, -1.0]);
        let value = cross_entropy(&[50.0, 0.0], 0, 1.0, &mut bar);
        assert!((value / (-50.0f64).exp() - 1.0).abs() < 1e-12 && bar[0] == -value, "{value} {bar:?}");
        assert_eq!(softmax(&[-1e4f32, -1e4]), [0.5, 0.5]);
    }
}
