//! Learns energies from noisy orbits through several schemes, and follows them a hundred times as long.
//!
//! ```text
//! cargo run --release --example hamiltonian -- [--quick] [folder]
//! ```
//!
//! The same network of an energy, `T(p) + V(q)` where the system is so, is trained by the steps of four schemes, one step from
//! observation to observation. Each then predicts by its own steps. The table tells by how much the true energy of the
//! prediction misses that of its start, at most, over the time of the data and a hundred times as long, as a part of what it
//! is above rest: for symplectic schemes it stays bounded, forward Euler's does not. Figures of the pendulum go to the folder:
//! orbits, energies over time, and level sets of the learned energy beside the true ones.
//!
//! `--quick` is one seed of the pendulum.

use kutta::data::{Standardisation, Trajectories, Trajectory};
use kutta::field::{AnyField, Hamiltonian, ScalarField, Separable};
use kutta::plot::{Component, Curve, PhasePortrait, TimeSeries, phase_portrait, time_series};
use kutta::tableau::{Method, PartitionedTableau};
use kutta::{Activation, Error, Flow, Mlp, Model, Number, OdeBlock, Tableau, Trainer};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::path::Path;
use std::process::ExitCode;

/// Noise of the data, in deviations of the component.
const NOISE: f64 = 0.01;
/// How many times as long as the data predictions are.
const LONG: usize = 100;

/// Systems with masses, lengths and constants of one; positions, then momenta.
#[derive(Clone, Copy)]
enum System {
    Pendulum,
    HenonHeiles,
    Kepler,
    /// Two pendulums, one below the other.
    DoublePendulum,
}

impl ScalarField for System {
    fn dim(&self) -> usize {
        if matches!(self, System::Pendulum) { 2 } else { 4 }
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, y: &[S]) -> S {
        let half = S::constant(0.5);
        match self {
            System::Pendulum => half * y[1].square() - y[0].cos(),
            System::HenonHeiles => {
                let quadratic = y[0].square() + y[1].square() + y[2].square() + y[3].square();
                half * quadratic + y[0].square() * y[1] - S::constant(1.0 / 3.0) * y[1].square() * y[1]
            }
            System::Kepler => {
                half * (y[2].square() + y[3].square()) - S::one() / (y[0].square() + y[1].square()).sqrt()
            }
            System::DoublePendulum => {
                let two = S::constant(2.0);
                let (sine, cosine) = ((y[0] - y[1]).sin(), (y[0] - y[1]).cos());
                let momenta = y[2].square() + two * y[3].square() - two * y[2] * y[3] * cosine;
                half * momenta / (S::one() + sine.square()) - two * y[0].cos() - y[1].cos()
            }
        }
    }
}

impl System {
    fn name(self) -> &'static str {
        match self {
            System::Pendulum => "pendulum",
            System::HenonHeiles => "Hénon-Heiles",
            System::Kepler => "Kepler",
            System::DoublePendulum => "double pendulum",
        }
    }

    /// The energy at rest; far away, for Kepler's problem.
    fn rest(self) -> f64 {
        match self {
            System::Pendulum => -1.0,
            System::HenonHeiles | System::Kepler => 0.0,
            System::DoublePendulum => -3.0,
        }
    }

    /// Starts of the records, the interval between observations, and how many there are.
    fn records(self) -> (&'static [&'static [f64]], f64, usize) {
        match self {
            System::Pendulum => (&[&[1.5, 0.0], &[0.6, 0.0]], 0.2, 60),
            System::HenonHeiles => (&[&[0.1, 0.2, 0.3, 0.1], &[0.2, -0.1, -0.2, 0.3], &[0.0, 0.3, 0.2, -0.2]], 0.2, 60),
            System::Kepler => (&[&[0.7, 0.0, 0.0, 1.362_770_287_738_494_3]], 0.1, 130),
            System::DoublePendulum => (&[&[0.4, 0.6, 0.0, 0.0], &[-0.3, 0.5, 0.3, -0.2]], 0.1, 100),
        }
    }

    /// The network of an energy: of momenta and of positions apart, where that can be.
    fn field(self) -> Result<AnyField, Error> {
        let network = |inputs: usize| Mlp::new([inputs, 12, 12, 1], Activation::Tanh);
        let n = self.dim() / 2;
        Ok(match self {
            System::DoublePendulum => Hamiltonian::new(network(2 * n)?)?.into(),
            _ => Separable::hamiltonian(network(n)?, network(n)?)?.into(),
        })
    }

    fn methods(self) -> Result<Vec<Method>, Error> {
        let mut all: Vec<Method> =
            vec![Tableau::forward_euler().into(), Tableau::implicit_midpoint().into(), Tableau::gauss(2)?.into()];
        if !matches!(self, System::DoublePendulum) {
            all.push(PartitionedTableau::by_name("stoermer_verlet")?.into());
        }
        Ok(all)
    }

    fn energy(self, y: &[f64]) -> f64 {
        self.eval::<f64>(&[], 0.0, y)
    }

    fn data(self, seed: u64) -> Result<Trajectories, Error> {
        let field = Hamiltonian::new(self)?;
        let (starts, interval, count) = self.records();
        let times: Vec<f64> = (0..count).map(|k| interval * k as f64).collect();
        let orbit = |(k, start): (usize, &&[f64])| {
            let path = Flow::new(&field, &[]).tolerance(1e-10, 1e-12).solve(0.0, start, &times)?;
            Trajectory::new(k.to_string(), times.clone(), path.states().to_vec())
        };
        let names: Vec<String> =
            ["q", "p"].iter().flat_map(|x| (1..=self.dim() / 2).map(move |i| format!("{x}{i}"))).collect();
        let exact = Trajectories::new(names.clone(), starts.iter().enumerate().map(orbit).collect::<Result<_, _>>()?)?;
        let (scale, mut rng) = (Standardisation::fit(&exact)?.scale().to_vec(), StdRng::seed_from_u64(seed));
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let mut noisy = |orbit: &Trajectory| {
            let states =
                orbit.states().iter().zip(scale.iter().cycle()).map(|(y, s)| y + NOISE * s * normal()).collect();
            Trajectory::new(orbit.id(), times.clone(), states)
        };
        Trajectories::new(names, exact.iter().map(&mut noisy).collect::<Result<_, _>>()?)
    }
}

fn main() -> ExitCode {
    let (options, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let folder = folders.first().map_or(".", String::as_str);
    match run(options.iter().any(|option| option == "--quick"), Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(quick: bool, folder: &Path) -> Result<(), Error> {
    let all = [System::Pendulum, System::HenonHeiles, System::Kepler, System::DoublePendulum];
    let (systems, seeds) = if quick { (&all[..1], 1) } else { (&all[..], 3) };
    println!("system           scheme             seed  error on data   energy error   {LONG} times as long");
    for &system in systems {
        for seed in 0..seeds {
            let data = system.data(seed)?;
            let mut learned = Vec::new();
            for method in system.methods()? {
                let block = OdeBlock::new(system.field()?, method).step_size(system.records().1);
                let model = Trainer::new(block).standardised(true).seed(seed).fit(&data)?.model;
                let [short, long] = [1, LONG].map(|times| energies(system, &model, times));
                let (system, scheme) = (system.name(), model.block().method().name());
                let relative = model.rmse(&data).map_or(f64::INFINITY, |rmse| rmse.overall);
                let [short, long] = [short, long].map(|errors| largest(&errors));
                println!("{system:<16} {scheme:<18} {seed:>4}  {relative:>13.1e}  {short:>13.1e}  {long:>20.1e}");
                learned.push(model);
            }
            if matches!(system, System::Pendulum) && seed == 0 {
                draw(system, &data, &learned, folder)?;
            }
        }
    }
    Ok(())
}

/// Errors of the true energy along the prediction of a model by its own steps, until it fails; as parts of what the start has
/// above rest.
fn energies(system: System, model: &Model<AnyField>, times_as_long: usize) -> Vec<[f64; 2]> {
    let (starts, interval, count) = system.records();
    let unit = (system.energy(starts[0]) - system.rest()).abs();
    let (mut state, mut time, mut errors) = (starts[0].to_vec(), 0.0, Vec::new());
    for _ in 0..times_as_long {
        let times: Vec<f64> = (1..count).map(|k| time + interval * k as f64).collect();
        let Ok(path) = model.predict(time, &state, &times) else {
            errors.push([time, f64::INFINITY]);
            break;
        };
        errors.extend(path.iter().map(|(t, y)| [t, (system.energy(y) - system.energy(starts[0])) / unit]));
        (state, time) = (path.state(path.len() - 1).to_vec(), times[times.len() - 1]);
    }
    errors
}

fn largest(errors: &[[f64; 2]]) -> f64 {
    errors.iter().map(|[_, error]| error.abs()).fold(0.0, f64::max)
}

/// Orbits, energies and level sets of the pendulum.
fn draw(system: System, data: &Trajectories, learned: &[Model<AnyField>], folder: &Path) -> Result<(), Error> {
    let name = |model: &Model<AnyField>| model.block().method().name().to_string();
    let (starts, interval, count) = system.records();
    // What leaves the figure is not drawn.
    let within = |y: &[f64]| if y.iter().all(|x| x.abs() < 4.0) { [y[0], y[1]] } else { [f64::NAN; 2] };
    let times: Vec<f64> = (0..5 * count).map(|k| interval * k as f64).collect();
    let curve = |model: &Model<AnyField>| {
        let path = model.predict(0.0, starts[0], &times)?;
        Ok(Curve { label: name(model), points: path.iter().map(|(_, y)| within(y)).collect(), dashed: false })
    };
    let labels = || ["angle".to_string(), "momentum".to_string()];
    let observed = data.iter().flat_map(|record| record.states().chunks_exact(2).map(|y| [y[0], y[1]])).collect();
    let orbits = PhasePortrait {
        title: "Five times as long as the data, by the learned steps".into(),
        labels: labels(),
        observed,
        curves: learned.iter().map(curve).collect::<Result<_, Error>>()?,
        ..Default::default()
    };
    phase_portrait(folder.join("hamiltonian_orbits.svg"), &orbits)?;

    let component = |model: &Model<AnyField>| {
        let errors = energies(system, model, LONG);
        let every = errors.len().div_ceil(500).max(1);
        let forecast = errors.into_iter().filter(|[_, error]| error.is_finite()).step_by(every).collect();
        Component { name: name(model), forecast, ..Default::default() }
    };
    let components = learned.iter().map(component).collect();
    let title = "Error of the energy, as a part of what the start has above rest".into();
    let figure = TimeSeries { title, time: "t".into(), components, ..Default::default() };
    time_series(folder.join("hamiltonian_energies.svg"), &figure)?;

    // In the plane, level sets are orbits: of the true field, and of the one that a symplectic scheme has learned.
    let (field, model) = (Hamiltonian::new(system)?, &learned[2]);
    let times: Vec<f64> = (0..=400).map(|k| 0.02 * f64::from(k)).collect();
    let mut curves = Vec::new();
    for start in [0.4, 0.8, 1.2, 1.6].map(|angle| [angle, 0.0]) {
        let exact = Flow::new(&field, &[]).solve(0.0, &start, &times)?;
        let found = model.flow(0.0, &start, &times, 1e-8)?;
        for (label, path, dashed) in [("true energy", exact, false), ("learned energy", found, true)] {
            curves.push(Curve { label: label.into(), points: path.iter().map(|(_, y)| within(y)).collect(), dashed });
        }
    }
    let title = format!("Level sets of the energy learned through {}", name(model));
    let levels = PhasePortrait { title, labels: labels(), curves, ..Default::default() };
    phase_portrait(folder.join("hamiltonian_levels.svg"), &levels)?;
    println!(
        "figures: hamiltonian_orbits.svg, hamiltonian_energies.svg, hamiltonian_levels.svg in {}",
        folder.display()
    );
    Ok(())
}
