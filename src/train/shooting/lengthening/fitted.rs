//! Steps that fit the interval.

use super::Window;
use super::passage::Passage;
use super::windows::Piece;
use crate::{Error, Real, Tableau};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Rounds in which the numbers of steps are found.
const ROUNDS: usize = 8;
/// Most steps through an interval, and the most by which a round multiplies them.
const MOST_STEPS: usize = 2048;
const MOST_GROWTH: f64 = 4.0;
/// Intervals that are looked at side by side.
const TOGETHER: usize = 16;

/// For each of these intervals, of a trajectory and a number, the fewest equal steps by which its end, reached from the smoothed observation at its
/// beginning or the start that is learned, has an error of `accuracy` at most, relative to the deviation of the data; as the same with twice as many
/// steps tells. An interval that cannot be predicted gets more, at most 2048.
pub(super) fn fitted_steps<T: Real>(
    passage: &Passage<'_, '_, T>,
    intervals: BTreeSet<(usize, usize)>,
    accuracy: f64,
) -> Vec<Vec<usize>> {
    let records = passage.records;
    let order = passage.block.method().tableau().and_then(Tableau::order).unwrap_or(1).max(1) as f64;
    let mut steps: Vec<Vec<usize>> = records.times.iter().map(|times| vec![1; times.len().saturating_sub(1)]).collect();
    let mut open: Vec<(usize, usize)> = intervals.into_iter().collect();
    for _ in 0..ROUNDS {
        // Those that take alike many steps are together.
        open.sort_by_key(|&(i, j)| (steps[i][j], i, j));
        let found: Vec<Vec<f64>> = open
            .par_chunks(TOGETHER)
            .map(|intervals| {
                let windows: Vec<_> = intervals.iter().map(|&(i, j)| window(passage, i, j)).collect();
                errors(passage, &windows, &steps).unwrap_or_else(|_| {
                    let one = |window: &Piece| {
                        errors(passage, std::slice::from_ref(window), &steps).map_or(f64::INFINITY, |errors| errors[0])
                    };
                    windows.iter().map(one).collect()
                })
            })
            .collect();
        let errors: Vec<f64> = found.into_iter().flatten().collect();
        let mut left = Vec::new();
        for (&(i, j), error) in open.iter().zip(errors) {
            let growth = (error / accuracy).powf(1.0 / order).min(MOST_GROWTH);
            let count = ((steps[i][j] as f64 * growth).ceil() as usize).clamp(1, MOST_STEPS);
            if count > steps[i][j] {
                steps[i][j] = count;
                left.push((i, j));
            }
        }
        if left.is_empty() {
            break;
        }
        open = left;
    }
    steps
}

fn window<T: Real>(passage: &Passage<'_, '_, T>, trajectory: usize, first: usize) -> Piece {
    let start = passage.layout.start(trajectory).filter(|_| first == 0);
    Piece { window: Window { trajectory, first, last: first + 1 }, start, next: None }
}

/// The estimated errors at the ends of windows of one interval, by the largest of the components.
fn errors<T: Real>(passage: &Passage<'_, '_, T>, windows: &[Piece], steps: &[Vec<usize>]) -> Result<Vec<f64>, Error> {
    let ends = |factor: usize| {
        let mut ends = vec![Vec::new(); windows.len()];
        passage.shoot(
            windows,
            None,
            |window, interval| factor * steps[window.trajectory][interval],
            |w, state| ends[w] = state.iter().map(|y| y.to_f64()).collect(),
        )?;
        Ok::<_, Error>(ends)
    };
    let (coarse, fine) = (ends(1)?, ends(2)?);
    let error = |(coarse, fine): (&Vec<f64>, &Vec<f64>)| {
        let each = coarse.iter().zip(fine).zip(&passage.records.deviations);
        let worst = each.map(|((coarse, fine), deviation)| (coarse - fine).abs() / deviation).fold(0.0, f64::max);
        if worst.is_finite() { worst } else { f64::INFINITY }
    };
    Ok(coarse.iter().zip(&fine).map(error).collect())
}
