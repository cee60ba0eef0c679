//! Known systems, and what one would measure of them.

use crate::equations::{ByArc, Equation, normal};
use kutta::data::{Trajectories, Trajectory};
use kutta::rand::{Rng, SeedableRng, rngs::StdRng};
use kutta::{Error, Flow};
use rayon::prelude::*;
use std::f64::consts::{PI, TAU};

/// Points of the true trajectory, where it is smooth.
const FINE: usize = 401;
/// Records whose truth is kept, at most.
const JUDGED: usize = 10;

/// A system, and how it is observed.
pub struct System {
    pub name: &'static str,
    equation: Equation,
    starts: Vec<Vec<f64>>,
    times: Times,
    /// Deviation of the noise in terms of that of the component.
    pub noise: f64,
    /// Where the true trajectory ends, in terms of the span of the data.
    future: f64,
    /// Whether it takes too long to be run unless asked for.
    pub long: bool,
}

/// When a system is observed.
enum Times {
    Even {
        until: f64,
        count: usize,
    },
    /// At random.
    Irregular {
        until: f64,
        count: usize,
    },
    /// At 0, and by equal ratios.
    Logarithmic {
        from: f64,
        until: f64,
        count: usize,
    },
    /// So that it moves by the same length from one observation to the next, in these units of time and state.
    ByArc {
        step: f64,
        count: usize,
        units: [f64; 3],
    },
}

/// What is observed: the data, and true trajectories, through the time of the data and beyond.
pub struct Recorded {
    pub data: Trajectories,
    pub truth: Trajectories,
}

/// All systems.
pub fn systems() -> Vec<System> {
    let even = |until, count| Times::Even { until, count };
    let mut rng = StdRng::seed_from_u64(4);
    let point: Vec<f64> = (0..30).map(|_| normal(&mut rng)).collect();
    let swings = (0..10_000).map(|_| vec![rng.random_range(-2.5..2.5), rng.random_range(-2.0..2.0)]).collect();
    let free = Equation::Pendulum { friction: 0.0 };
    let slow = Times::ByArc { step: 0.035, count: 250, units: [100.0, 2.0, 67.0] };
    vec![
        System::new("lotka_volterra", Equation::LotkaVolterra, &[1.0, 1.0], even(10.0, 101)),
        System::new("lotka_volterra_noisy", Equation::LotkaVolterra, &[1.0, 1.0], even(10.0, 101)).noise(0.05),
        System::new("spiral", Equation::Spiral, &[2.0, 0.0], even(5.0, 30)),
        System::new("van_der_pol_2", Equation::VanDerPol(2.0), &[2.0, 0.0], even(20.0, 100)),
        System::new("van_der_pol_5", Equation::VanDerPol(5.0), &[2.0, 0.0], even(30.0, 600)).also_from(&[0.5, 0.5]),
        System::new("van_der_pol_50", Equation::VanDerPol(50.0), &[2.0, 0.0], slow),
        System::new("kepler", Equation::Kepler, &[0.5, 0.0, 0.0, 3f64.sqrt()], even(2.0 * TAU, 100)).future(5.0),
        System::new("fitzhugh_nagumo", Equation::FitzHughNagumo, &[0.0, 0.0], even(100.0, 200)),
        System::new("pendulum_noisy", free, &[2.0, 0.0], even(10.0, 100)).noise(0.05),
        System::new(
            "pendulum_irregular",
            Equation::Pendulum { friction: 0.3 },
            &[2.5, 0.0],
            Times::Irregular { until: 12.0, count: 100 },
        ),
        System::new("double_pendulum", Equation::DoublePendulum, &[1.0, 0.5, 0.0, 0.0], even(5.0, 150)).future(1.2),
        System::new(
            "robertson",
            Equation::Robertson,
            &[1.0, 0.0, 0.0],
            Times::Logarithmic { from: 1e-5, until: 1e5, count: 101 },
        ),
        System::new("linear_30", Equation::Linear(30), &point, even(10.0, 100)).future(1.5),
        System::new("lorenz", Equation::Lorenz, &[-8.0, 7.0, 27.0], even(5.0, 126)).future(1.2),
        System::new("rossler", Equation::Rossler, &[1.0, 1.0, 0.0], even(40.0, 160)),
        System::new("brusselator", Equation::Brusselator, &[1.0, 1.0], even(20.0, 150)),
        System::new("duffing_noisy", Equation::Duffing, &[0.0, 1.5], even(24.0, 120)).noise(0.05),
        System::new("sir", Equation::Sir, &[0.99, 0.01, 0.0], even(25.0 * PI, 80)),
        System::new("long_record", Equation::VanDerPol(1.0), &[2.0, 0.0], even(1000.0, 50_000)).future(1.1).long(),
        System { starts: swings, ..System::new("many_records", free, &[], even(5.0, 50)) }.long(),
    ]
}

impl System {
    fn new(name: &'static str, equation: Equation, start: &[f64], times: Times) -> Self {
        System { name, equation, starts: vec![start.to_vec()], times, noise: 0.0, future: 2.0, long: false }
    }

    fn noise(self, noise: f64) -> Self {
        System { noise, ..self }
    }

    fn future(self, future: f64) -> Self {
        System { future, ..self }
    }

    fn also_from(mut self, start: &[f64]) -> Self {
        self.starts.push(start.to_vec());
        self
    }

    fn long(self) -> Self {
        System { long: true, ..self }
    }

    /// Observes the system; the same at every call.
    pub fn record(&self) -> Result<Recorded, Error> {
        let mut rng = StdRng::seed_from_u64(0);
        let (observed, fine) = self.times(&mut rng);
        let id = |k: usize| if self.starts.len() > 1 { format!("r{k}") } else { String::new() };
        let follow = |times: &[f64], (k, start): (usize, &Vec<f64>)| self.follow(id(k), start, times);
        let starts = || self.starts.par_iter().enumerate();
        let data = starts().map(|start| follow(&observed, start)).collect::<Result<Vec<_>, _>>()?;
        let truth = starts().take(JUDGED).map(|start| follow(&fine, start)).collect::<Result<Vec<_>, _>>()?;
        let names = self.equation.components();
        let mut data = Trajectories::new(names.clone(), data)?;
        if self.noise > 0.0 {
            let deviations = deviations(&data);
            let noisy = |record: &Trajectory| {
                let deviations = deviations.iter().cycle();
                let noisy =
                    record.states().iter().zip(deviations).map(|(y, sd)| y + self.noise * sd * normal(&mut rng));
                Trajectory::new(record.id(), record.times().to_vec(), noisy.collect())
            };
            data = Trajectories::new(names.clone(), data.iter().map(noisy).collect::<Result<_, _>>()?)?;
        }
        Ok(Recorded { data, truth: Trajectories::new(names, truth)? })
    }

    /// The times of the data and those of the truth; by the length of the path, the lengths.
    fn times(&self, rng: &mut StdRng) -> (Vec<f64>, Vec<f64>) {
        let even =
            |until: f64, count: usize| (0..count).map(|k| until * k as f64 / (count - 1) as f64).collect::<Vec<f64>>();
        match self.times {
            Times::Even { until, count } => (even(until, count), even(self.future * until, FINE)),
            Times::Irregular { until, count } => {
                let mut times: Vec<f64> = (2..count).map(|_| rng.random_range(0.0..until)).collect();
                times.extend([0.0, until]);
                times.sort_unstable_by(f64::total_cmp);
                (times, even(self.future * until, FINE))
            }
            Times::Logarithmic { from, until, count } => {
                let ratio = (until / from).ln() / (count - 2) as f64;
                let time = |k: usize| if k == 0 { 0.0 } else { from * (ratio * (k - 1) as f64).exp() };
                // A tenth more of the logarithm is known to nobody.
                ((0..count).map(time).collect(), (0..count + count / 10).map(time).collect())
            }
            Times::ByArc { step, count, .. } => {
                let lengths = |count: usize| (0..count).map(|k| step * k as f64).collect();
                (lengths(count), lengths(2 * count))
            }
        }
    }

    fn follow(&self, id: String, start: &[f64], times: &[f64]) -> Result<Trajectory, Error> {
        let params = self.equation.params();
        let Times::ByArc { units, .. } = self.times else {
            let path = Flow::new(&self.equation, &params).tolerance(1e-10, 1e-13).solve(0.0, start, times)?;
            return Trajectory::new(id, times.to_vec(), path.states().to_vec());
        };
        let field = ByArc { equation: self.equation, units };
        let path = Flow::new(&field, &params).tolerance(1e-10, 1e-13).solve(0.0, &[&[0.0], start].concat(), times)?;
        let (times, states): (Vec<f64>, Vec<&[f64]>) = path.iter().map(|(_, y)| (y[0], &y[1..])).unzip();
        Trajectory::new(id, times, states.concat())
    }
}

/// Of each component.
pub fn deviations(data: &Trajectories) -> Vec<f64> {
    let of = |i: usize| {
        let values = || data.iter().flat_map(|record| record.states().iter().skip(i).step_by(data.dim()));
        let count = data.observations() as f64;
        let mean = values().sum::<f64>() / count;
        (values().map(|y| (y - mean).powi(2)).sum::<f64>() / count).sqrt()
    };
    (0..data.dim()).map(of).collect()
}
