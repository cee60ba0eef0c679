//! Restarted GMRES for many independent systems at once.
//!
//! # Reference
//! Saad and Schultz, *GMRES: a generalized minimal residual algorithm for solving nonsymmetric linear systems*, SIAM J.
//! Sci. Stat. Comput. 7 (1986); right preconditioning as in Saad, *Iterative Methods for Sparse
//! Linear Systems*, 2nd ed., chapters 6 and 9. One orthogonalisation is enough for a backward stable method: Paige,
//! Rozložník and Strakoš, *Modified Gram–Schmidt (MGS), least squares, and backward stability of MGS-GMRES*, SIAM J. Matrix
//! Anal. Appl. 28 (2006).

use super::Layout;
use super::orthogonalise::Orthogonalise;
use crate::{Number, Real};

/// Krylov vectors before a restart.
const RESTART: usize = 30;

/// Numbers of a Krylov vector, of all samples, that are many.
const LARGE: usize = 1 << 14;

/// An operator close to a multiple of the identity, as those of short steps are: `A⁻¹ r ≈ factor · r`, with a residual that
/// is `rate` times the size of `r`.
///
/// One step of this after GMRES shrinks the residual once more without an application of the operator. Its size is then
/// an estimate, twice the rate observed: who asks for it must see for himself what it gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Relaxation<T> {
    pub factor: T,
    pub rate: T,
}

/// Largest rate at which a relaxation is worth it.
const SLOWEST_RATE: f64 = 0.25;

impl<T: Real> Default for Relaxation<T> {
    fn default() -> Self {
        Relaxation { factor: T::zero(), rate: T::one() }
    }
}

impl<T: Real> Relaxation<T> {
    pub fn is_useful(&self) -> bool {
        self.rate <= T::constant(SLOWEST_RATE)
    }
}

/// An operator: `apply(v, out)` overwrites `out`.
pub(crate) type Apply<'a, T> = dyn FnMut(&[T], &mut [T]) + 'a;

/// Memory of GMRES, reused from solve to solve.
///
/// All systems go through the iteration together, so that the operator is applied to a whole batch at once, but every
/// one has its own Krylov space, coefficients and convergence: none influences another's result.
#[derive(Debug, Default)]
pub(crate) struct Gmres<T> {
    /// Krylov vectors, one after another.
    basis: Vec<T>,
    /// `A` times the preconditioned last vector.
    image: Vec<T>,
    preconditioned: Vec<T>,
    systems: Vec<System<T>>,
    factor: Vec<T>,
    /// Of the last orthogonalisation.
    coefficients: Vec<T>,
}

/// The small least-squares problem of one system.
#[derive(Debug, Clone)]
struct System<T> {
    /// Columns of the triangular factor, `RESTART + 1` apart.
    r: Vec<T>,
    rotations: Vec<(T, T)>,
    /// Rotated right-hand side; its last entry is the residual.
    g: Vec<T>,
    /// Krylov vectors in use.
    size: usize,
    target: T,
    residual: T,
    /// The residual at the start of this cycle, and `‖A v_1‖`.
    first: T,
    stretch: T,
    done: bool,
    /// What the last solve knew of the operator, then what this one finds; whether to make use of it.
    relaxation: Relaxation<T>,
    relaxes: bool,
}

impl<T: Real> Default for System<T> {
    fn default() -> Self {
        System {
            r: vec![T::zero(); RESTART * (RESTART + 1)],
            rotations: vec![(T::zero(), T::zero()); RESTART],
            g: vec![T::zero(); RESTART + 1],
            size: 0,
            target: T::zero(),
            residual: T::zero(),
            first: T::zero(),
            stretch: T::zero(),
            done: false,
            relaxation: Relaxation::default(),
            relaxes: false,
        }
    }
}

/// When to stop.
#[derive(Debug)]
pub(crate) struct Goal<'a, T> {
    /// For each system, the norm of the residual relative to that of the right-hand side; the largest number asks for
    /// nothing.
    pub tolerance: &'a [T],
    /// Applications of the operator.
    pub max_iterations: usize,
    /// Applications, over all solves of an iteration to a tight tolerance, that are worth it: where more are in sight, a
    /// solve ends early.
    pub worthwhile: usize,
    /// What solves before have learned of every system's operator, if the solution may be relaxed last; left there is what
    /// this one has.
    pub relaxations: Option<&'a mut [Relaxation<T>]>,
}

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome {
    /// Applications of the operator.
    pub iterations: usize,
    /// The first system that missed its tolerance, and its relative residual.
    pub unsolved: Option<(usize, f64)>,
    /// Whether that is because more applications were in sight than are worthwhile.
    pub abandoned: bool,
}

/// Krylov vectors after which the work in sight is estimated.
const PROBES: usize = 3;
/// A system whose residual has shrunk by that factor then has few outlying eigenvalues: no reason to give up.
const PROMISING: f64 = 0.05;

impl<T: Real> Gmres<T> {
    pub fn new() -> Self {
        Gmres {
            basis: Vec::new(),
            image: Vec::new(),
            preconditioned: Vec::new(),
            systems: Vec::new(),
            factor: Vec::new(),
            coefficients: Vec::new(),
        }
    }

    /// [`solve_preconditioned`](Gmres::solve_preconditioned) without a preconditioner.
    #[cfg(test)]
    pub fn solve(
        &mut self,
        layout: Layout,
        rhs: &[T],
        x: &mut [T],
        goal: Goal<'_, T>,
        apply: impl FnMut(&[T], &mut [T]),
    ) -> Outcome {
        self.solve_preconditioned(layout, rhs, x, goal, apply, None)
    }

    /// Solves `A x = rhs` from the guess in `x`, each system `q` until `‖rhs - A x‖₂ ≤ tolerance_q ‖rhs‖₂`.
    ///
    /// `apply` computes `A v`, `precondition` `P⁻¹ v`, where there is a preconditioner; the Krylov space is that of `A P⁻¹`.
    pub fn solve_preconditioned(
        &mut self,
        layout: Layout,
        rhs: &[T],
        x: &mut [T],
        goal: Goal<'_, T>,
        mut apply: impl FnMut(&[T], &mut [T]),
        mut precondition: Option<&mut Apply<'_, T>>,
    ) -> Outcome {
        let Goal { tolerance, max_iterations, worthwhile, relaxations } = goal;
        let (n, len) = (layout.samples, layout.len());
        // Large systems are made room for as their vectors come: these are few, and all would take most of the memory.
        let vectors = if len <= LARGE { RESTART + 1 } else { 2 };
        if self.basis.len() < vectors * len {
            self.basis.resize(vectors * len, T::zero());
        }
        self.image.resize(len, T::zero());
        if precondition.is_some() {
            self.preconditioned.resize(len, T::zero());
        }
        self.factor.resize(n, T::zero());
        self.coefficients.resize((RESTART + 2) * n, T::zero());
        if self.systems.len() < n {
            self.systems.resize(n, System::default());
        }
        layout.norm(rhs, &mut self.factor);
        for (q, system) in self.systems[..n].iter_mut().enumerate() {
            system.target = tolerance[q] * self.factor[q];
            system.done = false;
            system.relaxes = relaxations.is_some();
            system.relaxation = relaxations.as_deref().map_or_else(Relaxation::default, |known| known[q]);
        }
        let from_zero = x.iter().all(|&x| x == T::zero());
        let mut iterations = 0;
        let mut abandoned = false;
        loop {
            // First Krylov vector: the residual, normalised.
            let (first, _) = self.basis.split_at_mut(len);
            first.copy_from_slice(rhs);
            if iterations > 0 || !from_zero {
                apply(x, &mut self.image);
                for span in layout.spans() {
                    first[span.clone()].iter_mut().zip(&self.image[span]).for_each(|(v, &ax)| *v -= ax);
                }
            }
            layout.norm(first, &mut self.factor);
            let mut remaining = false;
            for (system, factor) in self.systems[..n].iter_mut().zip(&mut self.factor) {
                let norm = *factor;
                system.size = 0;
                system.g.fill(T::zero());
                // A system that is done stays as it is while others go on.
                if !system.done || !norm.is_finite() {
                    (system.residual, system.first, system.g[0]) = (norm, norm, norm);
                    // What is not finite can only get worse.
                    system.done |= system.reaches_target() || !norm.is_finite();
                }
                remaining |= !system.done;
            }
            if iterations >= max_iterations {
                break;
            }
            normalise(layout, &mut self.factor, first);

            for k in 0..RESTART {
                if !remaining || iterations >= max_iterations || self.systems[..n].iter().all(|s| s.done) {
                    break;
                }
                iterations += 1;
                if self.basis.len() < (k + 2) * len {
                    self.basis.resize((k + 2) * len, T::zero());
                }
                let (known, rest) = self.basis.split_at_mut((k + 1) * len);
                let (last, next) = (&known[k * len..], &mut rest[..len]);
                match &mut precondition {
                    Some(precondition) => {
                        precondition(last, &mut self.preconditioned);
                        apply(&self.preconditioned, next);
                    }
                    None => apply(last, next),
                }
                let coefficients = &mut self.coefficients[..(k + 2) * n];
                pulp::Arch::new().dispatch(Orthogonalise { layout, basis: known, next, coefficients });
                for (q, (system, factor)) in self.systems[..n].iter_mut().zip(&mut self.factor).enumerate() {
                    let norm = self.coefficients[(k + 1) * n + q].sqrt();
                    // The coefficients of a system that is done are in use.
                    if !system.done {
                        let column = &mut system.r[k * (RESTART + 1)..][..=k];
                        column.iter_mut().zip(self.coefficients[q..].iter().step_by(n)).for_each(|(r, &h)| *r = h);
                        system.extend(k, norm);
                    }
                    *factor = norm;
                }
                normalise(layout, &mut self.factor, next);
                if iterations == PROBES && self.systems[..n].iter().any(|s| s.is_hard(worthwhile)) {
                    abandoned = true;
                    break;
                }
            }

            // x += P⁻¹ V y, with y from the triangular systems and the relaxation.
            self.image.fill(T::zero());
            let largest = self.systems[..n].iter().map(|s| s.size).max().unwrap_or(0);
            self.systems[..n].iter_mut().for_each(System::back_substitute);
            for (i, v) in self.basis.chunks_exact(len).take(largest + 1).enumerate() {
                for (factor, system) in self.factor.iter_mut().zip(&self.systems) {
                    *factor = if i <= system.size { system.g[i] } else { T::zero() };
                }
                layout.axpy(&self.factor, v, &mut self.image);
            }
            let step = match &mut precondition {
                Some(precondition) => {
                    precondition(&self.image, &mut self.preconditioned);
                    &self.preconditioned
                }
                None => &self.image,
            };
            for span in layout.spans() {
                x[span.clone()].iter_mut().zip(&step[span]).for_each(|(x, &d)| *x += d);
            }
            // Within one cycle the recurrence's residual is that of x, to rounding: the systems done are done.
            if abandoned || self.systems[..n].iter().all(|s| s.done) {
                break;
            }
        }
        if let Some(relaxations) = relaxations {
            relaxations.iter_mut().zip(&self.systems).for_each(|(known, system)| *known = system.relaxation);
        }
        // Who asks for nothing is content with anything, all others with a number alone.
        let solved = |(system, &tolerance): (&System<T>, &T)| {
            tolerance == T::MAX || (system.residual.is_finite() && system.reaches_target())
        };
        let unsolved = self.systems[..n].iter().zip(tolerance).position(|system| !solved(system));
        let relative = |q: usize| (self.systems[q].residual * tolerance[q] / self.systems[q].target).to_f64();
        Outcome { iterations, unsolved: unsolved.map(|q| (q, relative(q))), abandoned }
    }
}

/// `x /= norm_q` in every system whose norm is not zero; zero in the others.
fn normalise<T: Real>(layout: Layout, norms: &mut [T], x: &mut [T]) {
    let norms = &mut norms[..layout.samples];
    let has_inverse = |&norm: &T| norm == T::zero() || (norm > T::SAFE_SQUARE && norm < T::SAFE_SQUARE.recip());
    if norms.iter().all(has_inverse) {
        norms.iter_mut().for_each(|norm| *norm = if *norm > T::zero() { norm.recip() } else { T::zero() });
        for span in layout.spans() {
            x[span].iter_mut().zip(&*norms).for_each(|(x, &inverse)| *x *= inverse);
        }
        return;
    }
    for span in layout.spans() {
        let divide = |(x, &norm): (&mut T, &T)| *x = if norm > T::zero() { *x / norm } else { T::zero() };
        x[span].iter_mut().zip(&*norms).for_each(divide);
    }
}

impl<T: Real> System<T> {
    /// Appends column `k` of the Hessenberg matrix, whose upper entries are in `r` and whose last one is `norm`.
    fn extend(&mut self, k: usize, norm: T) {
        let column = &mut self.r[k * (RESTART + 1)..][..k + 2];
        column[k + 1] = norm;
        for (i, &(c, s)) in self.rotations[..k].iter().enumerate() {
            let (x, y) = (column[i], column[i + 1]);
            (column[i], column[i + 1]) = (c * x + s * y, c * y - s * x);
        }
        let (x, y) = (column[k], column[k + 1]);
        let length = (x * x + y * y).sqrt();
        if !(length > T::zero() && length.is_finite()) {
            // The operator is singular on this space, or gave NaN: no better solution is in it.
            self.done = true;
            return;
        }
        let (c, s) = (x / length, y / length);
        self.rotations[k] = (c, s);
        (column[k], column[k + 1]) = (length, T::zero());
        (self.g[k], self.g[k + 1]) = (c * self.g[k], -s * self.g[k]);
        self.size = k + 1;
        let rate = self.g[k + 1].abs() / self.residual;
        self.residual = self.g[k + 1].abs();
        // Of the first column, c = A v·v / ‖A v‖.
        self.relaxation = match k {
            0 => {
                self.stretch = length;
                Relaxation { factor: c / length, rate }
            }
            _ => Relaxation { rate: Number::max(self.relaxation.rate, rate), ..self.relaxation },
        };
        // A space that A maps into itself holds the solution.
        self.done = self.reaches_target() || norm == T::zero();
    }

    /// Whether more than `worthwhile` applications are in sight: those that a spectrum spread evenly from 1 to `κ` takes
    /// for ten decades altogether, as measured, restarts included; `κ = ‖A v_1‖` is an estimate for an operator that is the identity where it is
    /// not large.
    fn is_hard(&self, worthwhile: usize) -> bool {
        let root = self.stretch.to_f64().sqrt();
        let expected = 24.0 * root * (1.0 + (root / 20.0).powi(2));
        !self.done && self.residual > T::constant(PROMISING) * self.first && expected > worthwhile as f64
    }

    /// Whether the residual is small enough, or will be after the relaxation.
    fn reaches_target(&self) -> bool {
        let relaxed = T::constant(2.0) * self.relaxation.rate * self.residual;
        self.residual <= self.target || (self.relaxes && self.relaxation.is_useful() && relaxed <= self.target)
    }

    /// Overwrites `g` by the coefficients of the Krylov vectors, one more than there are columns.
    fn back_substitute(&mut self) {
        // The residual is Q (0, …, 0, g): its coefficients, times the relaxation's factor, are what is added.
        let relaxes = self.relaxes && self.relaxation.is_useful() && self.residual.is_finite();
        let mut last = if relaxes { self.relaxation.factor * self.g[self.size] } else { T::zero() };
        let mut relaxed = [T::zero(); RESTART + 1];
        for (i, &(c, s)) in self.rotations[..self.size].iter().enumerate().rev() {
            relaxed[i + 1] = c * last;
            last = -s * last;
        }
        relaxed[0] = last;
        self.g[self.size] = T::zero();
        for i in (0..self.size).rev() {
            let known = (i + 1..self.size).map(|j| self.r[j * (RESTART + 1) + i] * self.g[j]).sum::<T>();
            self.g[i] = (self.g[i] - known) / self.r[i * (RESTART + 1) + i];
        }
        self.g.iter_mut().zip(&relaxed[..=self.size]).for_each(|(g, &relaxed)| *g += relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Diagonally dominant systems of `n` unknowns with their own matrices; returns the worst relative residual.
    fn worst_residual(layout: Layout, entries: &[f64], preconditioned: bool) -> (f64, Outcome) {
        let (n, count) = (layout.equations(), layout.samples);
        let entry = |q: usize, i: usize, j: usize| {
            let x = entries[(q * n * n + i * n + j) % entries.len()];
            if i == j { 3.0 + x } else { 2.0 * x / n as f64 }
        };
        let at = |i: usize, q: usize| layout.span(i / layout.stages, i % layout.stages).start + q;
        let apply = |v: &[f64], out: &mut [f64]| {
            for q in 0..count {
                for i in 0..n {
                    out[at(i, q)] = (0..n).map(|j| entry(q, i, j) * v[at(j, q)]).sum();
                }
            }
        };
        let diagonal = |v: &[f64], out: &mut [f64]| {
            for q in 0..count {
                (0..n).for_each(|i| out[at(i, q)] = v[at(i, q)] / if preconditioned { entry(q, i, i) } else { 1.0 });
            }
        };
        let rhs: Vec<f64> = (0..layout.len()).map(|i| entries[(7 * i) % entries.len()]).collect();
        let mut x = vec![0.0; layout.len()];
        let tolerance = &vec![1e-12; count];
        let goal = Goal { tolerance, max_iterations: 200, worthwhile: usize::MAX, relaxations: None };
        let outcome = Gmres::new().solve_preconditioned(layout, &rhs, &mut x, goal, apply, Some(&mut { diagonal }));
        let mut ax = vec![0.0; layout.len()];
        apply(&x, &mut ax);
        let difference: Vec<f64> = ax.iter().zip(&rhs).map(|(a, b)| a - b).collect();
        let (mut error, mut size) = (vec![0.0; count], vec![0.0; count]);
        layout.dot(&difference, &difference, &mut error);
        layout.dot(&rhs, &rhs, &mut size);
        (error.iter().zip(&size).map(|(e, s)| (e / s).sqrt()).fold(0.0, f64::max), outcome)
    }

    fn goal(tolerance: &[f64]) -> Goal<'_, f64> {
        Goal { tolerance, max_iterations: 50, worthwhile: usize::MAX, relaxations: None }
    }

    /// A sample's result does not depend on the others, even if these need another cycle.
    #[test]
    fn what_is_done_stays_as_it_is_while_others_go_on() {
        let rows = 60;
        // Two eigenvalues, and sixty.
        let entry = |i: usize, q: usize| if q == 0 { 1.0 + (i % 2) as f32 } else { 1.0 + 2.0 * i as f32 };
        let solve = |samples: usize| {
            let layout = Layout::new::<f32>(rows, 1, samples);
            let (mut rhs, mut x) = (vec![0.0_f32; layout.len()], vec![0.0_f32; layout.len()]);
            (0..rows).for_each(|i| rhs[layout.span(i, 0)].fill(1.0 + (i % 7) as f32));
            let apply = |v: &[f32], out: &mut [f32]| {
                for i in 0..rows {
                    layout.span(i, 0).enumerate().for_each(|(q, k)| out[k] = entry(i, q) * v[k]);
                }
            };
            let tolerance = &vec![1e-5; samples];
            let goal = Goal { tolerance, max_iterations: 400, worthwhile: usize::MAX, relaxations: None };
            let outcome = Gmres::new().solve(layout, &rhs, &mut x, goal, apply);
            let first: Vec<f32> = (0..rows).map(|i| x[layout.span(i, 0).start]).collect();
            (outcome, first)
        };
        let ((alone, x), (together, x_together)) = (solve(1), solve(2));
        assert!(alone.iterations <= 3 && together.iterations > RESTART, "{alone:?} {together:?}");
        assert!(alone.unsolved.is_none() && together.unsolved.is_none(), "{together:?}");
        assert_eq!(x, x_together);
    }

    proptest! {
        #[test]
        fn reported_success_is_success(
            rows in 1usize..30, stages in 1usize..4, samples in 1usize..6, preconditioned: bool,
            entries in prop::collection::vec(-1.0..1.0f64, 400),
        ) {
            let (error, outcome) = worst_residual(Layout::new::<f64>(rows, stages, samples), &entries, preconditioned);
            prop_assert!(outcome.unsolved.is_none(), "{outcome:?}");
            prop_assert!(error < 3e-12, "{error:e} {outcome:?}");
        }
    }

    #[test]
    fn a_hard_system_does_not_change_its_neighbours() {
        let layout = Layout { rows: 2, stages: 1, samples: 2, stride: 2 };
        let alone = Layout { rows: 2, stages: 1, samples: 1, stride: 1 };
        // System 0 is [[2, 1], [0, 3]]; system 1 is singular.
        let mut x = [0.0; 4];
        let outcome = Gmres::new().solve(layout, &[1.0, 1.0, 1.0, 1.0], &mut x, goal(&[1e-12; 2]), |v, out| {
            out.copy_from_slice(&[2.0 * v[0] + v[2], 0.0, 3.0 * v[2], 0.0]);
        });
        assert_eq!(outcome.unsolved.map(|(q, _)| q), Some(1));
        let mut y = [0.0_f64; 2];
        Gmres::new().solve(alone, &[1.0, 1.0], &mut y, goal(&[1e-12]), |v, out| {
            out.copy_from_slice(&[2.0 * v[0] + v[1], 3.0 * v[1]]);
        });
        assert_eq!([x[0], x[2]], y);
        assert!((y[1] - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn relaxation_spares_products_close_to_the_identity() {
        let layout = Layout { rows: 6, stages: 1, samples: 1, stride: 1 };
        let apply = |v: &[f64], out: &mut [f64]| {
            for i in 0..6 {
                out[i] = 1.1 * v[i] + 0.02 * (v[(i + 1) % 6] - v[(i + 2) % 6]) * (i as f64 - 2.0);
            }
        };
        let rhs = [1.0, -0.3, 0.2, 0.5, 0.1, -1.0];
        let solve = |tolerance: f64, relaxations: Option<&mut [Relaxation<f64>]>| {
            let mut x = [0.0; 6];
            let goal = Goal { relaxations, ..goal(std::slice::from_ref(&tolerance)) };
            let outcome = Gmres::new().solve_preconditioned(layout, &rhs, &mut x, goal, apply, None);
            assert_eq!(outcome.unsolved, None);
            let mut residual = [0.0; 6];
            apply(&x, &mut residual);
            residual.iter_mut().zip(rhs).for_each(|(r, b)| *r -= b);
            let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            (outcome.iterations, norm(&residual) / norm(&rhs))
        };
        let mut known = [Relaxation::default()];
        let (mut plain, mut relaxed) = (0, 0);
        for tolerance in (1..10).map(|k| 10f64.powi(-k)) {
            let (products, reached) = solve(tolerance, None);
            assert!(reached <= tolerance);
            plain += products;
            known = [Relaxation::default()];
            let (products, reached) = solve(tolerance, Some(&mut known));
            assert!(reached <= tolerance, "{reached:e} instead of {tolerance:e}");
            relaxed += products;
        }
        assert!(relaxed < plain, "{relaxed} and {plain} products");
        assert!(known[0].is_useful() && (known[0].factor - 1.0 / 1.1).abs() < 0.1, "{known:?}");
        // What is known spares the only product, if little is asked for.
        let (none, reached) = solve(3.0 * known[0].rate, Some(&mut known));
        assert!(none == 0 && reached <= 3.0 * known[0].rate, "{none}: {reached}");
    }

    #[test]
    fn zero_right_hand_side_needs_no_iteration() {
        let mut x = [0.0; 2];
        let layout = Layout { rows: 2, stages: 1, samples: 1, stride: 1 };
        let outcome = Gmres::new().solve(layout, &[0.0; 2], &mut x, goal(&[1e-10]), |v, out| out.copy_from_slice(v));
        assert_eq!(outcome, Outcome { iterations: 0, unsolved: None, abandoned: false });
    }
}
