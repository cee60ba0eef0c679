//! Objectives of one's own, minimised by sessions.

use crate::training::bits;
use kutta::rand::RngCore;
use kutta::train::{
    Adam, Evaluation, LevenbergMarquardt, Minibatch, NormalEquations, Objective, OnFailure, Schedule, Session,
    Settings, Sgd, Stage, SumOfSquares, Turn,
};
use kutta::{Error, Real};

/// Logistic regression: the mean of `ln(1 + exp(-l (w·x + b)))` over points `x` with labels `l = ±1`, and `|w|²/20`, so that
/// there is one optimum.
struct Logistic(Vec<([f64; 2], f64)>);

/// Labels by a line, with the wrong one now and then.
fn labelled(count: usize) -> Logistic {
    let point = |k: usize| {
        let (x, y) = ((0.7 * k as f64).sin(), (1.3 * k as f64).cos());
        let label = if x - 0.5 * y + 0.2 > 0.0 { 1.0 } else { -1.0 };
        ([x, y], if k % 7 == 3 { -label } else { label })
    };
    Logistic((0..count).map(point).collect())
}

impl Logistic {
    /// Value, gradient and Hessian of the samples at `[w, b]`.
    fn derivatives(&self, samples: &[usize], p: [f64; 3]) -> (f64, [f64; 3], [[f64; 3]; 3]) {
        let mut value = (p[0] * p[0] + p[1] * p[1]) / 20.0;
        let mut slope = [p[0] / 10.0, p[1] / 10.0, 0.0];
        let mut hessian = [[0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0; 3]];
        for (x, label) in samples.iter().map(|&i| self.0[i]) {
            let (x, share) = ([x[0], x[1], 1.0], 1.0 / samples.len() as f64);
            let margin: f64 = label * (0..3).map(|i| p[i] * x[i]).sum::<f64>();
            let miss = 1.0 / (1.0 + margin.exp());
            value += share * (-margin).exp().ln_1p();
            for i in 0..3 {
                slope[i] -= share * label * miss * x[i];
                (0..3).for_each(|j| hessian[i][j] += share * miss * (1.0 - miss) * x[i] * x[j]);
            }
        }
        (value, slope, hessian)
    }
}

impl Objective<f64> for Logistic {
    fn samples(&self) -> usize {
        self.0.len()
    }
    fn start(&mut self, rng: &mut dyn RngCore) -> Result<Vec<f64>, Error> {
        Ok((0..3).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX) - 0.5).collect())
    }
    fn value_and_grad(&mut self, batch: Minibatch<'_>, p: &[f64], gradient: &mut [f64]) -> Result<Evaluation, Error> {
        let (value, slope, _) = self.derivatives(batch.samples, [p[0], p[1], p[2]]);
        gradient.copy_from_slice(&slope);
        Ok(value.into())
    }
}

/// All epochs that are left, and the outcome.
fn trained<T: Real>(mut session: Session<'_, T>) -> (Vec<T>, kutta::train::History) {
    while !session.is_over() {
        session.epoch().unwrap();
    }
    session.finish()
}

fn adam(learning_rate: f64) -> Settings {
    Settings { optimizer: Adam::new(learning_rate).into(), schedule: Schedule::Automatic, ..Settings::plain() }
}

/// Newton's method from 0: another way to the optimum.
fn optimum(of: &Logistic) -> [f64; 3] {
    let samples: Vec<usize> = (0..of.0.len()).collect();
    let mut p = [0.0; 3];
    for _ in 0..20 {
        let (_, mut rhs, mut a) = of.derivatives(&samples, p);
        // Elimination without pivots: the Hessian is positive definite.
        for k in 0..3 {
            for i in k + 1..3 {
                let factor = a[i][k] / a[k][k];
                (k..3).for_each(|j| a[i][j] -= factor * a[k][j]);
                rhs[i] -= factor * rhs[k];
            }
        }
        for i in (0..3).rev() {
            let known: f64 = (i + 1..3).map(|j| a[i][j] * rhs[j]).sum();
            rhs[i] = (rhs[i] - known) / a[i][i];
        }
        (0..3).for_each(|i| p[i] -= rhs[i]);
    }
    p
}

#[test]
fn a_logistic_regression_comes_to_its_optimum() {
    let mut points = labelled(60);
    let expected = optimum(&points);
    let (found, history) = trained(Session::new(&adam(0.05), 1500, &mut points).unwrap());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
    }
    assert!(history.epochs[1499].gradient_norm < 1e-5);
    // In batches it comes near.
    let batches = Settings { batch_size: Some(7), ..adam(0.05) };
    let (near, _) = trained(Session::new(&batches, 1500, &mut points).unwrap());
    assert!(near.iter().zip(expected).all(|(x, y)| (x - y).abs() < 0.05) && near != found, "{near:?} and {expected:?}");
}

#[test]
fn a_session_goes_on_from_a_checkpoint_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let (mut points, mut others) = (labelled(30), labelled(50));
    let settings = Settings { batch_size: Some(4), validate_every: 3, patience: Some(40), seed: 9, ..adam(0.1) };
    let (whole, history) = trained(Session::new(&settings, 25, &mut points).unwrap().judged_by(&mut others));
    assert!(history.epochs[2].validation_loss.is_some() && history.epochs[3].validation_loss.is_none());
    let mut session = Session::new(&settings, 25, &mut points).unwrap().judged_by(&mut others);
    (0..11).for_each(|_| session.epoch().unwrap());
    session.save(&path).unwrap();
    let resumed = Session::new(&settings, 25, &mut points).unwrap().judged_by(&mut others).resume(&path);
    let (found, rows) = trained(resumed.unwrap());
    assert_eq!((found, bits(&rows)), (whole, bits(&history)));
    let other = Settings { seed: 8, ..settings };
    let error = Session::new(&other, 25, &mut points).unwrap().resume(&path).err().unwrap().to_string();
    assert!(error.contains("seed was 9, is now 8"), "{error}");
    let (settings, mut relaxed) = (Settings { seed: 9, ..other }, Relaxed::new());
    let error = Session::new(&settings, 25, &mut relaxed).unwrap().resume(&path).err().unwrap().to_string();
    assert!(error.contains("objective was"), "{error}");
}

/// `(u - 3)²`, which has no value above 4; before epoch 12, `(u - v)² + (v - 3)²/n` with an unknown `v` more and `n` of 1 or 2.
/// It remembers how often it has been evaluated.
struct Relaxed {
    stage: Stage,
    evaluations: f64,
    recalled: usize,
}

impl Relaxed {
    fn new() -> Self {
        Relaxed { stage: Stage::Last, evaluations: 0.0, recalled: 0 }
    }

    /// Refuses unknowns beyond the wall.
    fn beyond(u: &[f64]) -> Result<(), Error> {
        match u[0] > 4.0 {
            true => Err(Error::NotFinite { what: "the wall", location: None }),
            false => Ok(()),
        }
    }
}

impl Objective<f64> for Relaxed {
    fn samples(&self) -> usize {
        1
    }
    fn start(&mut self, _: &mut dyn RngCore) -> Result<Vec<f64>, Error> {
        Ok(vec![0.0])
    }
    fn value_and_grad(&mut self, _: Minibatch<'_>, u: &[f64], gradient: &mut [f64]) -> Result<Evaluation, Error> {
        Relaxed::beyond(u)?;
        self.evaluations += 1.0;
        let value = match self.stage {
            Stage::Last => {
                gradient[0] = 2.0 * (u[0] - 3.0);
                (u[0] - 3.0).powi(2)
            }
            Stage::Before(n) => {
                let n = n as f64;
                gradient[0] = 2.0 * (u[0] - u[1]);
                gradient[1] = -2.0 * (u[0] - u[1]) + 2.0 * (u[1] - 3.0) / n;
                (u[0] - u[1]).powi(2) + (u[1] - 3.0).powi(2) / n
            }
        };
        Ok(value.into())
    }
    fn value(&mut self, _: Minibatch<'_>, u: &[f64]) -> Result<Evaluation, Error> {
        Relaxed::beyond(u)?;
        Ok((u[0] - 3.0).powi(2).into())
    }
    fn stage(&self, at: Turn) -> Stage {
        if at.epoch < 12 { Stage::Before(1 + at.epoch / 6) } else { Stage::Last }
    }
    fn enter(&mut self, stage: Stage, unknowns: &mut Vec<f64>) {
        match stage {
            Stage::Last => unknowns.truncate(1),
            Stage::Before(_) if unknowns.len() == 1 => unknowns.push(1.0),
            Stage::Before(_) => {}
        }
        self.stage = stage;
    }
    fn memory(&self) -> Vec<f64> {
        vec![self.evaluations]
    }
    fn recall(&mut self, memory: Vec<f64>) -> bool {
        self.recalled += 1;
        self.evaluations = memory.first().copied().unwrap_or_default();
        memory.len() <= 1
    }
}

#[test]
fn stages_lead_to_the_objective_itself_and_survive_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let settings = Settings { optimizer: Sgd::new(0.2).momentum(0.5).into(), ..Settings::plain() };
    let mut objective = Relaxed::new();
    let (whole, history) = trained(Session::new(&settings, 80, &mut objective).unwrap());
    let evaluations = objective.evaluations;
    assert!(whole.len() == 1 && (whole[0] - 3.0).abs() < 1e-6, "{whole:?}");
    // The first loss is that of the first stage, at u = 0 and v = 1; from the join on it is the objective's.
    assert_eq!(history.epochs[0].loss, 1.0 + 4.0);
    assert!(history.epochs[12].learning_rate < 0.01 && history.epochs[79].loss < 1e-10);
    for half in [4, 9, 20] {
        let mut before = Relaxed::new();
        let mut session = Session::new(&settings, 80, &mut before).unwrap();
        (0..half).for_each(|_| session.epoch().unwrap());
        session.save(&path).unwrap();
        let mut after = Relaxed::new();
        let (found, rows) = trained(Session::new(&settings, 80, &mut after).unwrap().resume(&path).unwrap());
        assert_eq!((found, bits(&rows)), (whole.clone(), bits(&history)), "resumed after {half}");
        assert_eq!(after.evaluations, evaluations);
    }
}

#[test]
fn where_it_has_no_value_updates_are_taken_back() {
    // Momentum carries it beyond 4.
    let settings = Settings { optimizer: Sgd::new(0.3).momentum(0.9).into(), ..Settings::plain() };
    let mut objective = Relaxed::new();
    let (found, history) = trained(Session::new(&settings, 200, &mut objective).unwrap());
    assert!(history.epochs.iter().map(|row| row.failed_solves).sum::<usize>() > 0);
    assert!((found[0] - 3.0).abs() < 1e-3 && objective.recalled > 1, "{found:?}");
    let stop = Settings { on_failure: OnFailure::Stop, ..settings };
    let mut session = Session::new(&stop, 200, &mut objective).unwrap();
    let error = (0..200).find_map(|_| session.epoch().err()).unwrap();
    assert!(error.to_string().starts_with("the wall is not finite"), "{error}");
    // What it had learned by then.
    let (best, rows) = session.finish();
    assert!(best[0] <= 4.0 && rows.epochs.len() < 200, "{best:?}");
}

/// A line through points, `Σ (a + b x - y)²`; or through their exponentials, `Σ (exp(a + b x) - exp(y))²`.
struct Line {
    points: Vec<[f64; 2]>,
    is_exponential: bool,
}

impl Line {
    /// The residual at a point, and its derivatives.
    fn at(&self, i: usize, p: &[f64]) -> (f64, [f64; 2]) {
        let [x, y] = self.points[i];
        let (value, slope) = match self.is_exponential {
            true => ((p[0] + p[1] * x).exp(), (p[0] + p[1] * x).exp()),
            false => (p[0] + p[1] * x, 1.0),
        };
        (value - if self.is_exponential { y.exp() } else { y }, [slope, slope * x])
    }
}

impl Objective<f64> for Line {
    fn samples(&self) -> usize {
        self.points.len()
    }
    fn start(&mut self, _: &mut dyn RngCore) -> Result<Vec<f64>, Error> {
        Ok(vec![0.0; 2])
    }
    fn value_and_grad(&mut self, batch: Minibatch<'_>, p: &[f64], gradient: &mut [f64]) -> Result<Evaluation, Error> {
        gradient.fill(0.0);
        for &i in batch.samples {
            let (residual, slopes) = self.at(i, p);
            gradient.iter_mut().zip(slopes).for_each(|(g, slope)| *g += 2.0 * residual * slope);
        }
        Ok(self.sum_of_squares(batch, p)?.into())
    }
    fn squares(&mut self) -> Option<&mut dyn SumOfSquares<f64>> {
        Some(self)
    }
}

impl SumOfSquares<f64> for Line {
    fn normal_equations(
        &mut self,
        batch: Minibatch<'_>,
        p: &[f64],
        equations: &mut NormalEquations,
    ) -> Result<Evaluation, Error> {
        for &i in batch.samples {
            let (residual, slopes) = self.at(i, p);
            equations.row(residual).copy_from_slice(&slopes);
        }
        Ok(self.sum_of_squares(batch, p)?.into())
    }
    fn sum_of_squares(&mut self, batch: Minibatch<'_>, p: &[f64]) -> Result<f64, Error> {
        Ok(batch.samples.iter().map(|&i| self.at(i, p).0.powi(2)).sum())
    }
}

/// Steps of a training until it settles.
fn settle(line: &mut Line, settings: &Settings) -> (Vec<f64>, usize) {
    let mut session = Session::new(settings, 5000, line).unwrap();
    while !session.is_over() {
        session.epoch().unwrap();
    }
    let (found, history) = session.finish();
    (found, history.epochs.len())
}

#[test]
fn least_squares_settle_where_gradients_lead() {
    let points = vec![[0.0, 1.0], [1.0, 2.5], [2.0, 5.5], [4.0, 8.0]];
    let mut line = Line { points, is_exponential: false };
    // The normal equations of the line by hand: 4 a + 7 b = 17, 7 a + 21 b = 45.5.
    let expected = [(17.0 * 21.0 - 7.0 * 45.5) / 35.0, (4.0 * 45.5 - 7.0 * 17.0) / 35.0];
    // Squares are what the automatic choice takes.
    let (found, epochs) = settle(&mut line, &Settings { optimizer: Default::default(), ..Settings::plain() });
    assert!(epochs < 20, "{epochs}");
    assert!(found.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-9), "{found:?} and {expected:?}");
    let (by_gradient, epochs) = settle(&mut line, &adam(0.1));
    assert_eq!(epochs, 5000);
    assert!(by_gradient.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-6), "{by_gradient:?} and {expected:?}");
}

#[test]
fn damping_leads_down_where_full_steps_would_not() {
    // From a = b = 0 the full step of Gauss and Newton goes to exponentials of hundreds.
    let points = (0..9).map(|k| [f64::from(k), 1.0 - 0.25 * f64::from(k) + 4.0]).collect();
    let mut line = Line { points, is_exponential: true };
    let (found, epochs) =
        settle(&mut line, &Settings { optimizer: LevenbergMarquardt::default().into(), ..Settings::plain() });
    assert!(epochs < 60, "{epochs}");
    assert!((found[0] - 5.0).abs() < 1e-6 && (found[1] + 0.25).abs() < 1e-6, "{found:?}");
}

#[test]
fn what_is_held_out_is_not_judged_alone() {
    let points = vec![[0.0, 1.0], [1.0, 2.5], [2.0, 5.5], [4.0, 8.0]];
    let mut line = Line { points, is_exponential: false };
    // By luck, the start of training is without error there.
    let mut lucky = Line { points: vec![[0.0, 0.0]], is_exponential: false };
    let mut session = Session::new(&adam(0.1), 1000, &mut line).unwrap().judged_by(&mut lucky);
    while !session.is_over() {
        session.epoch().unwrap();
    }
    let (found, history) = session.finish();
    let held_out = |k: usize| history.epochs[k].validation_loss.unwrap();
    assert!(held_out(0) < 0.1 && held_out(999) > 1.0);
    assert!((found[0] - 1.1).abs() < 0.3 && (found[1] - 1.8).abs() < 0.1, "{found:?}");
}

#[test]
fn least_squares_need_squares() {
    let settings = Settings { optimizer: LevenbergMarquardt::default().into(), ..Settings::plain() };
    let mut objective = labelled(3);
    let error = Session::new(&settings, 9, &mut objective).unwrap().epoch().unwrap_err().to_string();
    assert_eq!(error, "the optimiser is LevenbergMarquardt, expected one for an objective that is a sum of squares");
}

/// Loses an unknown in its first stage.
struct Forgetful(Logistic);

impl Objective<f64> for Forgetful {
    fn samples(&self) -> usize {
        self.0.samples()
    }
    fn start(&mut self, rng: &mut dyn RngCore) -> Result<Vec<f64>, Error> {
        self.0.start(rng)
    }
    fn value_and_grad(&mut self, batch: Minibatch<'_>, p: &[f64], gradient: &mut [f64]) -> Result<Evaluation, Error> {
        self.0.value_and_grad(batch, p, gradient)
    }
    fn stage(&self, at: Turn) -> Stage {
        if at.epoch < 5 { Stage::Before(0) } else { Stage::Last }
    }
    fn enter(&mut self, _: Stage, unknowns: &mut Vec<f64>) {
        unknowns.pop();
    }
}

#[test]
fn settings_and_objectives_that_make_no_sense_are_refused() {
    let refusal = |settings: &Settings| Session::new(settings, 1, &mut labelled(3)).err().unwrap().to_string();
    assert_eq!(refusal(&adam(-1.0)), "learning rate is -1, expected a positive number");
    assert_eq!(refusal(&Settings { clip: Some(0.0), ..adam(0.1) }), "clip is 0, expected a positive number");
    let mut forgetful = Forgetful(labelled(3));
    let mut session = Session::new(&adam(0.1), 9, &mut forgetful).unwrap();
    let error = session.epoch().unwrap_err().to_string();
    assert_eq!(error, "the number of unknowns of a stage is 2, expected at least 3");
    let nothing = Session::new(&adam(0.1), 1, &mut Logistic(Vec::new())).err().unwrap();
    assert_eq!(nothing.to_string(), "samples is 0, expected at least 1");
}
