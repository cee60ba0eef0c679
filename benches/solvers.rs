//! All stage solvers on the same stage equations: a table in Markdown.
//!
//! `cargo bench --bench solvers` prints it; the documentation of `kutta::solve` holds one run. A cell reads
//! `iterations / evaluations / time`: iterations and evaluations of the field a sample, a Jacobian–vector or
//! vector–Jacobian product counting as one evaluation, a dense Jacobian as one a column, and the time of the whole batch.

use kutta::field::{Activation, Dimensions, Field, JvpBars, Mlp, Point, Reparameterisation, Scratch};
use kutta::network::Unrolled;
use kutta::number::Rounded;
use kutta::solve::{StageMethod, StageSolver};
use kutta::{Error, OdeBlock, Tableau};
use rand::RngCore;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

const METHODS: &[StageMethod] = StageMethod::ALL;
const DIMENSIONS: [usize; 4] = [2, 16, 64, 256];
const SAMPLES: usize = 8;
/// Most equations that BFGS is tried on: an iteration costs their cube.
const BFGS_LIMIT: usize = 64;
/// Iterations a solver may take.
const PATIENCE: usize = 200;
/// Rounds of timing, and what they may take for all solvers of a problem. A solver slower than `SLOW` is timed once.
const ROUNDS: usize = 30;
const BUDGET: Duration = Duration::from_millis(2000);
const SLOW: Duration = Duration::from_millis(250);

/// A field that counts its evaluations, all samples and stages by themselves.
struct Counted {
    field: Mlp,
    count: AtomicUsize,
}

impl Counted {
    fn add<T>(&self, at: &Point<'_, T>, each: usize) {
        self.count.fetch_add(at.batch.live * each, Relaxed);
    }
}

impl Dimensions for Counted {
    fn inputs(&self) -> usize {
        self.field.inputs()
    }
    fn dim(&self) -> usize {
        self.field.dim()
    }
    fn param_count(&self) -> usize {
        self.field.param_count()
    }
    fn record_rows(&self) -> usize {
        self.field.record_rows()
    }
    fn signals(&self) -> usize {
        self.field.signals()
    }

    fn depends_on_time(&self) -> bool {
        false
    }
    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl Field<f64> for Counted {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<f64> {
        self.field.init(rng)
    }
    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<f64>> {
        None
    }
    fn eval_rounded(&self, params: &[Rounded<f64>], _: &[Rounded<f64>], y: &[Rounded<f64>], dy: &mut [Rounded<f64>]) {
        self.field.eval(params, y, dy);
    }
    fn eval_batch(&self, at: Point<'_, f64>, dy: &mut [f64], record: &mut [f64], scratch: &mut Scratch<f64>) {
        self.add(&at, 1);
        self.field.eval_batch(at, dy, record, scratch);
    }
    fn jvp(
        &self,
        at: Point<'_, f64>,
        record: &[f64],
        v: &[f64],
        w: Option<&[f64]>,
        out: &mut [f64],
        scratch: &mut Scratch<f64>,
    ) {
        self.add(&at, 1);
        self.field.jvp(at, record, v, w, out, scratch);
    }
    fn vjp(
        &self,
        at: Point<'_, f64>,
        record: &[f64],
        w: &[f64],
        y_bar: &mut [f64],
        params_bar: Option<&mut [f64]>,
        scratch: &mut Scratch<f64>,
    ) {
        self.add(&at, 1);
        self.field.vjp(at, record, w, y_bar, params_bar, scratch);
    }
    fn jacobian(&self, at: Point<'_, f64>, record: &[f64], out: &mut [f64], scratch: &mut Scratch<f64>) {
        self.add(&at, self.dim());
        self.field.jacobian(at, record, out, scratch);
    }
    fn jvp_pullback(
        &self,
        at: Point<'_, f64>,
        record: &[f64],
        v: &[f64],
        w: &[f64],
        bars: JvpBars<'_, f64>,
        scratch: &mut Scratch<f64>,
    ) {
        self.field.jvp_pullback(at, record, v, w, bars, scratch);
    }
}

/// `F(y) = Q Λ tanh(Q y)` with a reflection `Q`, `h = 1`. In the columns of `Q` the Jacobian at 0 is `Λ`: `-λ_i` on the
/// diagonal, and rotations at half that size in the planes of two neighbours. Its eigenvalues stay in the left half plane
/// whatever the state, the planted one aside.
#[derive(Clone, Copy)]
enum Problem {
    /// `λ` from 0.1 to 0.5.
    Easy,
    /// `λ` from 0.1 to 10.
    Stiff,
    /// `λ` from 0.1 to 1000.
    VeryStiff,
    /// As `Easy`, but one eigenvalue of `h J` at 0.998 of a pole of the scheme, where `I - h A ⊗ J` is singular.
    NearlySingular,
}

impl Problem {
    const ALL: [Problem; 4] = [Problem::Easy, Problem::Stiff, Problem::VeryStiff, Problem::NearlySingular];

    fn describe(self) -> &'static str {
        match self {
            Problem::Easy => "easy, rates hλ from 0.1 to 0.5",
            Problem::Stiff => "stiff, rates hλ from 0.1 to 10",
            Problem::VeryStiff => "very stiff, rates hλ from 0.1 to 1000",
            Problem::NearlySingular => "nearly singular, a singular value of I - h A ⊗ J below 0.01",
        }
    }

    /// Parameters and starts; `pole` is an eigenvalue of `A⁻¹`.
    fn plant(self, d: usize, pole: (f64, f64)) -> (Vec<f64>, Vec<f64>) {
        let normal: Vec<f64> = (0..d).map(|i| 1.0 + 0.5 * (2.3 * i as f64).sin()).collect();
        let square: f64 = normal.iter().map(|x| x * x).sum();
        let q = |i: usize, j: usize| f64::from(u8::from(i == j)) - 2.0 * normal[i] * normal[j] / square;
        let largest = match self {
            Problem::Easy | Problem::NearlySingular => 0.5,
            Problem::Stiff => 10.0,
            Problem::VeryStiff => 1000.0,
        };
        let rate = |i: usize| 0.1 * (largest / 0.1_f64).powf(i as f64 / (d - 1) as f64);
        // Λ by rows of at most two entries.
        let mut planes: Vec<[f64; 4]> = (0..d / 2)
            .map(|k| {
                let (a, b) = (rate(2 * k), rate(2 * k + 1));
                let turn = 0.5 * (a * b).sqrt();
                [-a, turn, -turn, -b]
            })
            .collect();
        if let Problem::NearlySingular = self {
            let (re, im) = (0.998 * pole.0, 0.998 * pole.1);
            planes[0] = if im == 0.0 { [re, 0.0, 0.0, -0.1] } else { [re, im, -im, re] };
        }
        let mut params: Vec<f64> = (0..d * d).map(|k| q(k / d, k % d)).collect();
        params.resize(d * d + d, 0.0);
        for i in 0..d {
            for j in 0..d {
                let (p, second) = (&planes[j / 2], j % 2);
                let pair = j - second;
                params.push(q(i, pair) * p[second] + q(i, pair + 1) * p[2 + second]);
            }
        }
        let starts = (0..SAMPLES).flat_map(|sample| {
            let inner = move |i: usize| match self {
                // Small along the planted direction, or the solution would leave the neighbourhood of the pole.
                Problem::NearlySingular if i < 2 => 1e-4 * (1 + sample) as f64,
                _ => 0.8 * (1.0 + 1.3 * i as f64 + 2.1 * sample as f64).sin(),
            };
            let q = &q;
            (0..d).map(move |i| (0..d).map(|j| q(i, j) * inner(j)).sum::<f64>()).collect::<Vec<f64>>()
        });
        (params, starts.collect())
    }
}

/// What a solver made of a problem.
struct Outcome {
    work: Option<(f64, f64)>,
    failure: String,
    times: Vec<Duration>,
}

impl Outcome {
    /// The least time: what else the machine does only adds to it.
    fn time(&self) -> Duration {
        self.times.iter().copied().min().unwrap_or(Duration::MAX)
    }

    fn cell(&self) -> String {
        match self.work {
            None => self.failure.clone(),
            Some((iterations, evaluations)) => {
                format!("{} / {} / {}", short(iterations), short(evaluations), micro(self.time()))
            }
        }
    }
}

fn short(x: f64) -> String {
    if x < 10.0 { format!("{x:.1}") } else { format!("{x:.0}") }
}

fn micro(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    match us {
        us if us < 10.0 => format!("{us:.1} µs"),
        us if us < 1e3 => format!("{us:.0} µs"),
        us if us < 1e4 => format!("{:.1} ms", us / 1e3),
        us if us < 1e6 => format!("{:.0} ms", us / 1e3),
        us => format!("{:.1} s", us / 1e6),
    }
}

/// All solvers on one problem, in rounds, so that what else the machine does is shared by all.
fn compare(scheme: &Tableau, d: usize, params: &[f64], starts: &[f64]) -> Vec<Outcome> {
    let block = |method| {
        let field = Mlp::new([d, d, d], Activation::Tanh).expect("widths are valid");
        let solver = StageSolver { method, max_iterations: PATIENCE, ..StageSolver::default() };
        OdeBlock::new(Counted { field, count: AtomicUsize::new(0) }, scheme.clone()).solved_by(solver)
    };
    let blocks: Vec<_> = METHODS.iter().copied().map(block).collect();
    let grid = blocks[0].grid(0.0, SAMPLES).expect("a step of size 1");
    let mut unrolled: Vec<_> = blocks.iter().map(|block| block.unroll(&grid).expect("a block of one step")).collect();
    let first = |(block, unrolled): (&OdeBlock<Counted>, &mut Unrolled<'_, f64>)| {
        if block.solver().method == StageMethod::Bfgs && d * scheme.stages() > BFGS_LIMIT {
            return Outcome { work: None, failure: "not tried".to_string(), times: vec![Duration::MAX] };
        }
        let begin = Instant::now();
        let solved = unrolled.forward(params, starts).map(drop);
        let elapsed = begin.elapsed();
        let each = |count: usize, systems: usize| count as f64 / systems as f64;
        let evaluations = each(block.field().count.load(Relaxed), SAMPLES * scheme.stages());
        let failure = match &solved {
            Err(Error::NotConverged { rate: Some(rate), .. }) if *rate >= 1.0 => "no contraction".to_string(),
            Err(Error::NotConverged { iterations, .. }) if *iterations >= PATIENCE => "too slow".to_string(),
            Err(Error::NotConverged { .. }) => "fails".to_string(),
            Err(other) => other.to_string(),
            Ok(()) => String::new(),
        };
        let work = solved.ok().map(|()| (each(unrolled.work().iterations, SAMPLES), evaluations));
        Outcome { work, failure, times: vec![elapsed] }
    };
    let mut outcomes: Vec<Outcome> = blocks.iter().zip(&mut unrolled).map(first).collect();
    let begin = Instant::now();
    for round in 0..ROUNDS {
        for (outcome, unrolled) in outcomes.iter_mut().zip(&mut unrolled) {
            if outcome.work.is_none() || outcome.times[0] > SLOW {
                continue;
            }
            // Repeat what is too short to time.
            let repeats = (5e-4 / outcome.times[0].as_secs_f64()).ceil().max(1.0) as u32;
            // Once untimed: the solver before may have been a long one, and left nothing of ours in the caches.
            drop(unrolled.forward(params, starts));
            let begin = Instant::now();
            (0..repeats).for_each(|_| drop(unrolled.forward(params, starts)));
            outcome.times.push(begin.elapsed() / repeats);
        }
        if round > 0 && begin.elapsed() > BUDGET {
            break;
        }
    }
    outcomes
}

fn main() {
    let cases = [
        ("backward Euler", Tableau::backward_euler(), (1.0, 0.0)),
        // Eigenvalues of A⁻¹: 2 ± i√2; 2.68… ± 3.05…i, and 3.63….
        ("Radau IIA, two stages", Tableau::radau_iia(2).expect("two stages"), (2.0, 2.0_f64.sqrt())),
        ("Radau IIA, three stages", Tableau::radau_iia(3).expect("three stages"), (2.681_082_873_6, 3.050_430_199_2)),
    ];
    let mut verdicts = Vec::new();
    for (name, scheme, pole) in cases {
        for problem in Problem::ALL {
            println!("**{name}; {}**\n", problem.describe());
            let columns: Vec<Vec<Outcome>> = DIMENSIONS
                .iter()
                .map(|&d| {
                    let (params, starts) = problem.plant(d, pole);
                    compare(&scheme, d, &params, &starts)
                })
                .collect();
            println!("| solver | {} |", DIMENSIONS.map(|d| format!("d = {d}")).join(" | "));
            println!("| --- |{}", " --- |".repeat(DIMENSIONS.len()));
            for (k, method) in METHODS.iter().enumerate() {
                let cells: Vec<String> = columns.iter().map(|column| column[k].cell()).collect();
                println!("| {method} | {} |", cells.join(" | "));
            }
            println!();
            for (d, column) in DIMENSIONS.iter().zip(&columns) {
                let solved = METHODS.iter().zip(column).skip(1).filter(|(_, outcome)| outcome.work.is_some());
                let Some((best, fastest)) = solved.min_by_key(|(_, outcome)| outcome.time()) else {
                    continue;
                };
                let ratio = column[0].time().as_secs_f64() / fastest.time().as_secs_f64();
                let ratio = if column[0].work.is_some() { format!("{ratio:.2}") } else { "fails".to_string() };
                verdicts.push(format!("| {name}; {}; d = {d} | {best} | {ratio} |", problem.describe()));
            }
        }
    }
    println!("| problem | fastest | time of automatic, relative |\n| --- | --- | --- |");
    verdicts.iter().for_each(|line| println!("{line}"));
}
