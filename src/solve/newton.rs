//! Newton's method with backtracking, every sample for itself.

use super::lu::LuScratch;
use super::{DENSE_LIMIT, Failure, Gmres, JacobianReuse, Layout, Relaxation, Solver, StageSystem, krylov};
use crate::field::VectorField;
use crate::{Number, Real};

/// A Jacobian is kept while the residual shrinks at least by this factor an iteration: in small systems, in large ones.
const KEEP_JACOBIAN: [f64; 2] = [0.1, 0.3];
/// Shortest step that backtracking tries.
const SHORTEST_STEP: f64 = 1e-3;

/// How the Newton corrections are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Correction {
    Dense,
    /// By GMRES, as long as no more Jacobian–vector products are in sight for the solve than are worthwhile.
    Krylov {
        worthwhile: usize,
    },
}

/// Memory of Newton's method.
#[derive(Debug)]
pub(crate) struct Newton<T: Real> {
    norms: Vec<T>,
    /// Samples solved by the last correction.
    settled: Vec<usize>,
    iterates: Vec<Iterate<T>>,
    jacobians: Vec<T>,
    factors: Vec<T>,
    pivots: Vec<usize>,
    /// By sample: whether its factors are those of a matrix of that size.
    factored: Vec<bool>,
    equations: usize,
    rhs: Vec<T>,
    lu: LuScratch,
    pub gmres: Gmres<T>,
    forcing: Vec<T>,
    relaxing: Vec<Relaxation<T>>,
    /// By sample: what its last Krylov space said of the operator.
    relaxations: Vec<Relaxation<T>>,
    /// Iterations of GMRES in this solve.
    spent: usize,
}

/// Factors of the samples' Newton matrices `M`, those of the last Jacobian that each wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factors<'a, T> {
    matrices: &'a [T],
    pivots: &'a [usize],
}

impl<T: Real> Factors<'_, T> {
    /// Overwrites `unknowns`, in the order of [`StageSystem::unknowns`], by the solution of `Mᵀ x = unknowns` for
    /// sample `q`.
    pub fn solve_transposed(&self, q: usize, unknowns: &mut [T], lu: &mut LuScratch) {
        let n = unknowns.len();
        T::solve_transposed(&self.matrices[q * n * n..][..n * n], &self.pivots[q * 2 * n..][..2 * n], unknowns, lu);
    }
}

/// Where one sample stands.
#[derive(Debug, Clone, Copy)]
struct Iterate<T> {
    phase: Phase,
    /// Relative residual at the last accepted stages.
    norm: T,
    /// The one before.
    last_norm: T,
    /// Fraction of the Newton correction being tried.
    step: T,
    /// Whether the last correction was accepted in full.
    whole: bool,
    /// Size of the full correction, relative to the stages.
    correction: T,
    /// Whether the correction came from the Jacobian at the stages it corrects.
    fresh: bool,
    /// Whether a new Jacobian is wanted before the next correction.
    wants_jacobian: bool,
    /// Whether the solve was started anew from the safer start.
    restarted: bool,
    iterations: usize,
    /// Corrections whose linear system was not solved.
    poor: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The first evaluation is to come.
    Start,
    /// A corrected iterate is being tried.
    Trial,
    /// Back at the last accepted iterate, to get a fresh Jacobian.
    Back,
    Done,
}

/// What to do with a sample after an evaluation.
enum Verdict {
    Done,
    /// Accepted: correct it again.
    Correct,
    /// Try a shorter step from the last accepted stages.
    Shorten,
    /// Return to the last accepted stages for a fresh Jacobian.
    GoBack,
    /// Start again from the base of the stages.
    Restart,
    Fail,
}

impl<T: Real> Newton<T> {
    pub fn new() -> Self {
        Newton {
            norms: Vec::new(),
            settled: Vec::new(),
            iterates: Vec::new(),
            jacobians: Vec::new(),
            factors: Vec::new(),
            pivots: Vec::new(),
            factored: Vec::new(),
            equations: 0,
            rhs: Vec::new(),
            lu: LuScratch::default(),
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
            self.factored.clear();
        }
    }

    /// How the operators of the samples' last solves are relaxed, if they were solved by GMRES.
    pub fn relaxations(&self) -> &[Relaxation<T>] {
        &self.relaxations
    }

    /// Whether there are factors of such matrices for every sample.
    pub fn has_factors(&self, layout: Layout) -> bool {
        self.equations == layout.equations()
            && self.factored.len() == layout.samples
            && self.factored.iter().all(|&factored| factored)
    }

    /// Whether there are factors for any sample.
    pub fn has_some_factors(&self) -> bool {
        self.factored.contains(&true)
    }

    /// GMRES, and next to it the factors.
    pub fn parts(&mut self) -> (&mut Gmres<T>, Factors<'_, T>) {
        (&mut self.gmres, Factors { matrices: &self.factors, pivots: &self.pivots })
    }

    /// Solves the stage equations from the stages in the system's buffers; returns the iterations of all samples.
    pub fn solve<F: VectorField + ?Sized>(
        &mut self,
        system: &mut StageSystem<'_, F, T>,
        how: Correction,
        solver: &Solver,
    ) -> Result<usize, Failure> {
        let tolerance = solver.stage_tolerance::<T>();
        let large = system.buffers.layout.equations() > DENSE_LIMIT;
        let keep = T::constant(KEEP_JACOBIAN[usize::from(large)]);
        let start = Iterate {
            phase: Phase::Start,
            norm: T::MAX,
            last_norm: T::MAX,
            step: T::one(),
            whole: false,
            correction: T::MAX,
            fresh: false,
            wants_jacobian: true,
            restarted: false,
            iterations: 0,
            poor: 0,
        };
        self.spent = 0;
        self.iterates.clear();
        self.iterates.resize(system.buffers.layout.samples, start);
        if let Correction::Krylov { .. } = how {
            self.relaxations.resize(system.buffers.layout.samples, Relaxation::default());
        }
        if how == Correction::Dense {
            let (layout, n) = (system.buffers.layout, system.buffers.layout.equations());
            self.factors.resize(layout.samples * n * n, T::zero());
            self.pivots.resize(layout.samples * 2 * n, 0);
            self.rhs.resize(n, T::zero());
            if self.equations != n || self.factored.len() != layout.samples {
                self.equations = n;
                self.factored.clear();
                self.factored.resize(layout.samples, false);
            }
            let kept = match solver.reuse.jacobian {
                JacobianReuse::Automatic => large,
                JacobianReuse::Stage => false,
                JacobianReuse::Step | JacobianReuse::Epoch => true,
            };
            for (iterate, &factored) in self.iterates.iter_mut().zip(&self.factored) {
                iterate.wants_jacobian = !(kept && factored);
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
                let relaxed = how != Correction::Dense && !iterate.fresh;
                let helped = self.norms[q] <= T::constant(0.5) * iterate.norm;
                if relaxed && !helped {
                    self.relaxations[sample] = Relaxation::default();
                }
                match iterate.judge(self.norms[q], tolerance, solver.max_iterations, keep) {
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
                    Verdict::Restart => {
                        *iterate =
                            Iterate { restarted: true, iterations: iterate.iterations, poor: iterate.poor, ..start };
                        entries.for_each(|k| system.buffers.y[k] = system.buffers.base[k]);
                    }
                    Verdict::Fail => {
                        return Err(Failure {
                            sample,
                            residual: self.norms[q].to_f64(),
                            iterations: iterate.iterations,
                            rate: None,
                        });
                    }
                }
                unfinished = true;
            }
            system.settle(&self.settled);
            if !unfinished {
                return Ok(self.iterates.iter().map(|i| i.iterations).sum());
            }
            system.retain(|sample| self.iterates[sample].phase != Phase::Done);
            self.correct(system, how, tolerance)?;
        }
    }

    /// Corrects every sample that was accepted: `previous = Y`, `Y -= correction`.
    fn correct<F: VectorField + ?Sized>(
        &mut self,
        system: &mut StageSystem<'_, F, T>,
        how: Correction,
        tolerance: T,
    ) -> Result<(), Failure> {
        // A sample whose trial was just accepted has its full step ahead of it.
        let corrects = |i: &Iterate<T>| i.phase == Phase::Trial && i.step == T::one();
        let layout = system.buffers.layout;
        match how {
            Correction::Dense => {
                let n = layout.equations();
                let wanted = |i: &Iterate<T>| corrects(i) && i.wants_jacobian;
                if system.buffers.samples.iter().any(|&sample| wanted(&self.iterates[sample])) {
                    system.jacobians(&mut self.jacobians);
                }
                for q in 0..layout.samples {
                    let sample = system.buffers.samples[q];
                    let iterate = &mut self.iterates[sample];
                    if !corrects(iterate) {
                        continue;
                    }
                    let factors = &mut self.factors[sample * n * n..][..n * n];
                    let pivots = &mut self.pivots[sample * 2 * n..][..2 * n];
                    iterate.fresh = iterate.wants_jacobian;
                    let mut sound = true;
                    if iterate.wants_jacobian {
                        system.newton_matrix(&self.jacobians, q, factors);
                        system.work.factorizations += 1;
                        sound = T::factor(factors, pivots, &mut self.lu).is_ok();
                        iterate.wants_jacobian = !sound;
                        self.factored[sample] = sound;
                    }
                    let b = &mut *system.buffers;
                    let unknowns = || StageSystem::<F, T>::unknowns(layout, q);
                    unknowns().zip(&mut self.rhs).for_each(|(k, x)| *x = b.residual[k]);
                    if sound {
                        T::solve(factors, pivots, &mut self.rhs, &mut self.lu);
                    } else {
                        // Judged as a failed trial at the next evaluation.
                        self.rhs.fill(T::constant(f64::NAN));
                    }
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
        for q in 0..layout.samples {
            let iterate = &mut self.iterates[system.buffers.samples[q]];
            if !corrects(iterate) {
                continue;
            }
            iterate.iterations += 1;
            let scale = system.scale(q);
            let b = &mut *system.buffers;
            let mut size = T::zero();
            for k in layout.spans().map(|span| span.start + q) {
                b.previous[k] = b.y[k];
                b.y[k] -= b.correction[k];
                size = Number::max(size, b.correction[k].abs());
            }
            iterate.correction = size / scale;
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

impl<T: Real> Iterate<T> {
    /// Takes note of the relative residual at the stages just evaluated, and decides. A Jacobian is
    /// kept while the residual shrinks by the factor `keep` an iteration.
    fn judge(&mut self, norm: T, tolerance: T, max_iterations: usize, keep: T) -> Verdict {
        if norm <= tolerance {
            return Verdict::Done;
        }
        if self.poor >= krylov::MAX_POOR {
            return Verdict::Fail;
        }
        let accepted = match self.phase {
            Phase::Start => norm.is_finite(),
            Phase::Back => true,
            // Far from the solution the Jacobian of an earlier step may lead astray, downhill all the same.
            _ if !self.fresh && self.last_norm == T::MAX => norm < keep * self.norm,
            _ => norm < self.norm,
        };
        let stalled = self.phase == Phase::Trial && norm >= T::constant(0.5) * self.norm;
        if stalled && self.fresh && norm.is_finite() && self.correction <= tolerance && self.step == T::one() {
            // Rounding errors of F are what is left of the residual.
            return Verdict::Done;
        }
        if accepted {
            let fast = norm < keep * self.norm;
            self.wants_jacobian |= (self.phase == Phase::Trial && !fast) || self.restarted;
            (self.last_norm, self.norm) = (self.norm, norm);
            self.whole = self.phase == Phase::Trial && self.step == T::one();
            self.step = T::one();
            return match self.iterations < max_iterations {
                true => Verdict::Correct,
                false if self.restarted => Verdict::Fail,
                false => Verdict::Restart,
            };
        }
        let shorter = self.step * T::constant(0.25);
        if self.phase == Phase::Trial && !self.fresh {
            self.wants_jacobian = true;
            Verdict::GoBack
        } else if self.phase == Phase::Trial && shorter >= T::constant(SHORTEST_STEP) {
            self.step = shorter;
            Verdict::Shorten
        } else if self.restarted {
            Verdict::Fail
        } else {
            Verdict::Restart
        }
    }
}
