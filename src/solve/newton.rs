//! Newton's method with backtracking, every sample for itself.

use super::decoupled::Decoupling;
use super::factors::{Factors, Form};
use super::{DENSE_LIMIT, Failure, Gmres, JacobianReuse, Relaxation, Solver, StageSystem, krylov};
use crate::field::VectorField;
use crate::{Number, Real};
use std::sync::Arc;

/// A Jacobian is kept while the residual shrinks at least by this factor an iteration: in small systems, in large ones.
const KEEP_JACOBIAN: [f64; 2] = [0.1, 0.3];
/// The same where one Jacobian stands for those of all stages: convergence is linear, and a newer one may do no better.
/// After so many new ones that contract less, a sample's stages are coupled again.
const KEEP_DECOUPLED: [f64; 2] = [0.3, 0.5];
const MAX_SLOW: usize = 2;
/// Shortest step that backtracking tries.
const SHORTEST_STEP: f64 = 1e-3;

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

/// Where one sample stands.
#[derive(Debug, Clone, Copy)]
struct Iterate<T> {
    phase: Phase,
    /// Relative residual at the last accepted stages, and what it is relative to.
    norm: T,
    scale: T,
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
    /// The matrix that is formed of it.
    form: Form,
    /// New Jacobians, standing for those of all stages, that contracted too little.
    slow: usize,
    /// Whether Newton's own corrections are yet to be tried from the first guess.
    untried: bool,
    /// Whether the solve was started anew from the safer start.
    restarted: bool,
    iterations: usize,
    /// Iterations with one Jacobian for all stages that led nowhere.
    vain: usize,
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
    /// Start again: from the first guess where that was decoupled, else from the base of the stages.
    Restart,
    Fail,
}

impl<T: Real> Newton<T> {
    pub fn new() -> Self {
        Newton {
            norms: Vec::new(),
            settled: Vec::new(),
            iterates: Vec::new(),
            wanted: Vec::new(),
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

    /// How the operators of the samples' last solves are relaxed, if they were solved by GMRES.
    pub fn relaxations(&self) -> &[Relaxation<T>] {
        &self.relaxations
    }

    /// Solves the stage equations from the stages in the system's buffers; returns the iterations of all samples.
    pub fn solve<F: VectorField + ?Sized>(
        &mut self,
        system: &mut StageSystem<'_, F, T>,
        how: Correction<'_, T>,
        solver: &Solver,
    ) -> Result<usize, Failure> {
        let tolerance = solver.stage_tolerance::<T>();
        let large = system.buffers.layout.equations() > DENSE_LIMIT;
        let [keep, keep_decoupled] = [KEEP_JACOBIAN, KEEP_DECOUPLED].map(|keep| T::constant(keep[usize::from(large)]));
        let krylov = matches!(how, Correction::Krylov { .. });
        let form = if matches!(how, Correction::Dense(Some(_))) { Form::Decoupled } else { Form::Coupled };
        let start = Iterate {
            phase: Phase::Start,
            norm: T::MAX,
            scale: T::one(),
            last_norm: T::MAX,
            step: T::one(),
            whole: false,
            correction: T::MAX,
            fresh: false,
            wants_jacobian: true,
            form,
            slow: 0,
            untried: form == Form::Decoupled,
            restarted: false,
            iterations: 0,
            vain: 0,
            poor: 0,
        };
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
    fn correct<F: VectorField + ?Sized>(
        &mut self,
        system: &mut StageSystem<'_, F, T>,
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
                    let unknowns = || StageSystem::<F, T>::unknowns(layout, q);
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
        for q in 0..layout.samples {
            let iterate = &mut self.iterates[system.buffers.samples[q]];
            if !corrects(iterate) {
                continue;
            }
            iterate.iterations += 1;
            let b = &mut *system.buffers;
            let scale = b.scale[q];
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
    /// Takes note of the residual at the stages just evaluated, `norm` relative to `scale`, and decides. A Jacobian is
    /// kept while the residual shrinks by the factor `keep` an iteration.
    fn judge(&mut self, norm: T, scale: T, tolerance: T, max_iterations: usize, keep: T) -> Verdict {
        if norm <= tolerance {
            return Verdict::Done;
        }
        if self.poor >= krylov::MAX_POOR {
            return Verdict::Fail;
        }
        // Of the residual itself: its scale changes with the stages.
        let factor = (norm / self.norm) * (scale / self.scale);
        let accepted = match self.phase {
            Phase::Start => norm.is_finite(),
            Phase::Back => true,
            // Far from the solution the Jacobian of an earlier step may lead astray, downhill all the same.
            _ if !self.fresh && self.last_norm == T::MAX => factor < keep,
            _ => factor < T::one(),
        };
        let stalled = self.phase == Phase::Trial && factor >= T::constant(0.5);
        let decoupled = self.form == Form::Decoupled;
        if stalled
            && self.fresh
            && !decoupled
            && norm.is_finite()
            && self.correction <= tolerance
            && self.step == T::one()
        {
            // Rounding errors of F are what is left of the residual.
            return Verdict::Done;
        }
        if accepted {
            let slow = self.phase == Phase::Trial && factor >= keep;
            self.wants_jacobian |= slow || self.restarted;
            self.slow += usize::from(slow && self.fresh);
            if decoupled && (self.slow >= MAX_SLOW || 2 * self.iterations >= max_iterations) {
                (self.form, self.wants_jacobian) = (Form::Coupled, true);
            }
            (self.last_norm, self.norm, self.scale) = (self.norm, norm, scale);
            self.whole = self.phase == Phase::Trial && self.step == T::one();
            self.step = T::one();
            return match self.iterations < max_iterations {
                true => Verdict::Correct,
                false if self.restarted => Verdict::Fail,
                false => Verdict::Restart,
            };
        }
        let shorter = self.step * T::constant(0.25);
        if self.phase == Phase::Trial && (!self.fresh || decoupled) {
            self.wants_jacobian = true;
            if self.fresh {
                self.form = Form::Coupled;
            }
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
