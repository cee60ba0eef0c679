//! Newton's method with backtracking, every sample for itself.

use super::decoupled::Decoupling;
use super::factors::{Factors, Form};
use super::iterate::{Iterate, Phase, Verdict};
use super::{DENSE_LIMIT, Failure, Gmres, JacobianReuse, Relaxation, StageSolver, StageSystem, krylov};
use crate::Real;
use std::sync::Arc;

/// A Jacobian is kept while the residual shrinks at least by this factor an iteration: in small systems, in large ones.
const KEEP_JACOBIAN: [f64; 2] = [0.1, 0.3];
/// The same where one Jacobian stands for those of all stages: convergence is linear, and a newer one may do no better.
const KEEP_DECOUPLED: [f64; 2] = [0.3, 0.5];

/// How the Newton corrections are computed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Correction<'a, T> {
    /// By LU, of all stages together or decoupled.
    Dense(Option<&'a Arc<Decoupling<T>>>),
    /// By GMRES, as long as no more Jacobian–vector products are in sight for the solve than are worthwhile.
    Krylov { worthwhile: usize },
}

/// Memory of Newton's method.
#[derive(Debug)]
pub(crate) struct Newton<T: Real> {
    norms: Vec<T>,
    /// Samples solved by the last correction.
    settled: Vec<usize>,
    iterates: Vec<Iterate<T>>,
    /// Samples whose next correction takes a new Jacobian.
    wanted: Vec<usize>,
    /// By column: whether it takes a correction.
    moving: Vec<bool>,
    rhs: Vec<T>,
    pub factors: Factors<T>,
    pub gmres: Gmres<T>,
    forcing: Vec<T>,
    relaxing: Vec<Relaxation<T>>,
    /// By sample: what its last Krylov space said of the operator.
    relaxations: Vec<Relaxation<T>>,
    /// Iterations of GMRES in this solve.
    spent: usize,
}

impl<T: Real> Newton<T> {
    pub fn new() -> Self {
        Newton {
            norms: Vec::new(),
            settled: Vec::new(),
            iterates: Vec::new(),
            wanted: Vec::new(),
            moving: Vec::new(),
            rhs: Vec::new(),
            factors: Factors::new(),
            gmres: Gmres::new(),
            forcing: Vec::new(),
            relaxing: Vec::new(),
            relaxations: Vec::new(),
            spent: 0,
        }
    }

    /// Forgets what earlier solves taught; of their factors, if `factors` says so.
    pub fn forget(&mut self, factors: bool) {
        self.relaxations.clear();
        if factors {
            self.factors.forget();
        }
    }

    /// Takes over what another has learned from solves, without its factors unless `factors` says so.
    pub fn copy_from(&mut self, other: &Self, factors: bool) {
        self.relaxations.clone_from(&other.relaxations);
        if factors {
            self.factors.copy_from(&other.factors);
        }
    }

    /// How the operators of the samples' last solves are relaxed, if they were solved by GMRES.
    pub fn relaxations(&self) -> &[Relaxation<T>] {
        &self.relaxations
    }

    /// Solves the stage equations from the stages in the system's buffers; returns the iterations of all samples.
    pub fn solve(
        &mut self,
        system: &mut StageSystem<'_, T>,
        how: Correction<'_, T>,
        solver: &StageSolver,
    ) -> Result<usize, Failure> {
        let tolerance = solver.stage_tolerance::<T>();
        let large = system.buffers.layout.equations() > DENSE_LIMIT;
        let [keep, keep_decoupled] = [KEEP_JACOBIAN, KEEP_DECOUPLED].map(|keep| T::constant(keep[usize::from(large)]));
        let krylov = matches!(how, Correction::Krylov { .. });
        let form = if matches!(how, Correction::Dense(Some(_))) { Form::Decoupled } else { Form::Coupled };
        let start = Iterate::new(form);
        self.spent = 0;
        self.iterates.clear();
        self.iterates.resize(system.buffers.layout.samples, start);
        let layout = system.buffers.layout;
        if form == Form::Decoupled {
            // The first guess is kept where the solution is to go.
            system.solution.y.copy_from_slice(&system.buffers.y);
        }
        match how {
            Correction::Krylov { .. } => self.relaxations.resize(layout.samples, Relaxation::default()),
            Correction::Dense(decoupling) => {
                self.factors.prepare(layout, decoupling);
                self.rhs.resize(layout.equations(), T::zero());
                let kept = match solver.reuse.jacobian {
                    JacobianReuse::Automatic => large,
                    JacobianReuse::Stage => false,
                    JacobianReuse::Step | JacobianReuse::Epoch => true,
                };
                for (sample, iterate) in self.iterates.iter_mut().enumerate() {
                    iterate.wants_jacobian = !(kept && self.factors.has(sample));
                }
            }
        }
        loop {
            system.evaluate(&mut self.norms);
            let mut unfinished = false;
            self.settled.clear();
            for q in 0..system.buffers.layout.samples {
                let sample = system.buffers.samples[q];
                let iterate = &mut self.iterates[sample];
                if iterate.phase == Phase::Done {
                    continue;
                }
                let layout = system.buffers.layout;
                let entries = layout.spans().map(|span| span.start + q);
                let relaxed = krylov && !iterate.fresh;
                let helped = self.norms[q] <= T::constant(0.5) * iterate.norm;
                if relaxed && !helped {
                    self.relaxations[sample] = Relaxation::default();
                }
                let keep = if iterate.form == Form::Decoupled { keep_decoupled } else { keep };
                match iterate.judge(self.norms[q], system.buffers.scale[q], tolerance, solver.max_iterations, keep) {
                    Verdict::Done => {
                        iterate.phase = Phase::Done;
                        self.settled.push(q);
                        continue;
                    }
                    Verdict::Correct => iterate.phase = Phase::Trial,
                    Verdict::Shorten => {
                        for k in entries {
                            let b = &mut *system.buffers;
                            b.y[k] = b.previous[k] - iterate.step * b.correction[k];
                        }
                    }
                    Verdict::GoBack => {
                        iterate.phase = Phase::Back;
                        entries.for_each(|k| system.buffers.y[k] = system.buffers.previous[k]);
                    }
                    Verdict::Restart if iterate.untried => {
                        let vain = iterate.iterations;
                        *iterate = Iterate { form: Form::Coupled, untried: false, vain, ..start };
                        let guess = system.solution.layout.spans().map(|span| span.start + sample);
                        entries.zip(guess).for_each(|(k, from)| system.buffers.y[k] = system.solution.y[from]);
                    }
                    Verdict::Restart => {
                        let Iterate { form, untried, iterations, vain, poor, .. } = *iterate;
                        *iterate = Iterate { form, untried, restarted: true, iterations, vain, poor, ..start };
                        entries.for_each(|k| system.buffers.y[k] = system.buffers.base[k]);
                    }
                    Verdict::Fail => {
                        return Err(Failure {
                            sample,
                            residual: self.norms[q].to_f64(),
                            iterations: iterate.iterations + iterate.vain,
                            rate: None,
                        });
                    }
                }
                unfinished = true;
            }
            system.settle(&self.settled);
            if !unfinished {
                return Ok(self.iterates.iter().map(|i| i.iterations + i.vain).sum());
            }
            system.retain(|sample| self.iterates[sample].phase != Phase::Done);
            self.correct(system, how, tolerance)?;
        }
    }

    /// Corrects every sample that was accepted: `previous = Y`, `Y -= correction`.
    fn correct(
        &mut self,
        system: &mut StageSystem<'_, T>,
        how: Correction<'_, T>,
        tolerance: T,
    ) -> Result<(), Failure> {
        // A sample whose trial was just accepted has its full step ahead of it.
        let corrects = |i: &Iterate<T>| i.phase == Phase::Trial && i.step == T::one();
        let layout = system.buffers.layout;
        match how {
            Correction::Dense(_) => {
                for form in [Form::Decoupled, Form::Coupled] {
                    let wanted = |i: &Iterate<T>| corrects(i) && i.wants_jacobian && i.form == form;
                    self.wanted.clear();
                    let samples = &system.buffers.samples;
                    self.wanted.extend((0..layout.samples).filter(|&q| wanted(&self.iterates[samples[q]])));
                    self.factors.renew(system, form, &self.wanted);
                }
                for q in 0..layout.samples {
                    let sample = system.buffers.samples[q];
                    let iterate = &mut self.iterates[sample];
                    if !corrects(iterate) {
                        continue;
                    }
                    iterate.fresh = iterate.wants_jacobian;
                    iterate.wants_jacobian = !self.factors.has(sample);
                    let b = &mut *system.buffers;
                    let unknowns = || StageSystem::<T>::unknowns(layout, q);
                    unknowns().zip(&mut self.rhs).for_each(|(k, x)| *x = b.residual[k]);
                    // Not finite if the matrix is singular: judged as a failed trial at the next evaluation.
                    self.factors.solve(sample, &mut self.rhs);
                    let factor = if iterate.fresh || !iterate.whole {
                        T::one()
                    } else {
                        let sums = unknowns().zip(&self.rhs).fold((T::zero(), T::zero()), |(over, under), (k, &x)| {
                            (over + b.correction[k] * x, under + b.correction[k] * b.correction[k])
                        });
                        broyden_factor(sums.0, sums.1)
                    };
                    unknowns().zip(&self.rhs).for_each(|(k, &x)| b.correction[k] = factor * x);
                }
            }
            Correction::Krylov { worthwhile } => {
                let forcing = |q: usize| {
                    let i = &self.iterates[system.buffers.samples[q]];
                    if corrects(i) { krylov::forcing(i.norm, i.last_norm, tolerance) } else { T::MAX }
                };
                self.forcing.clear();
                self.forcing.extend((0..layout.samples).map(forcing));
                self.relaxing.clear();
                self.relaxing.extend(system.buffers.samples.iter().map(|&sample| self.relaxations[sample]));
                let outcome = krylov::correct(system, &mut self.gmres, &self.forcing, worthwhile, &mut self.relaxing);
                self.spent += outcome.iterations;
                if let Some((q, _)) = outcome.unsolved {
                    let sample = system.buffers.samples[q];
                    let iterate = &mut self.iterates[sample];
                    iterate.poor += 1;
                    if outcome.abandoned || self.spent > worthwhile {
                        let (residual, iterations) = (iterate.norm.to_f64(), iterate.iterations);
                        return Err(Failure { sample, residual, iterations, rate: None });
                    }
                }
                for (q, &sample) in system.buffers.samples.iter().enumerate() {
                    if self.forcing[q] < T::MAX {
                        let (known, found) = (&mut self.relaxations[sample], self.relaxing[q]);
                        // A Krylov space would have left a relaxation of its own.
                        self.iterates[sample].fresh = !(known.is_useful() && *known == found);
                        *known = found;
                    }
                }
            }
        }
        let b = &mut *system.buffers;
        self.moving.clear();
        self.moving.extend(b.samples.iter().map(|&sample| corrects(&self.iterates[sample])));
        for (&sample, _) in b.samples.iter().zip(&self.moving).filter(|(_, moves)| **moves) {
            self.iterates[sample].iterations += 1;
        }
        // By rows: columns of large systems lie far apart.
        for span in layout.spans() {
            for (k, _) in span.zip(&self.moving).filter(|(_, moves)| **moves) {
                b.previous[k] = b.y[k];
                b.y[k] -= b.correction[k];
            }
        }
        Ok(())
    }
}

/// By what to lengthen a correction `x` from an old Jacobian: Broyden's update of it by the step `s` before, with
/// `⟨s, x⟩ = over` and `⟨s, s⟩ = under`, makes `x / (1 - ⟨s, x⟩ / ⟨s, s⟩)` of it. Where corrections shrink by a constant
/// factor, that is the sum of all that are to come.
fn broyden_factor<T: Real>(over: T, under: T) -> T {
    let ratio = over / under;
    if ratio.abs() <= T::constant(0.5) { (T::one() - ratio).recip() } else { T::one() }
}
