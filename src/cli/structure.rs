//! Options that give the learned equation a structure.

use super::Failure;
use super::fit_options::FitOptions;
use super::spectral::Bound;
use clap::Args;
use kutta::data::Trajectories;
use kutta::field::{
    Activation, AnyField, Dimensions, Hamiltonian, Input, Layered, Mlp, PortHamiltonian, SecondOrder, Separable,
    WithInputs,
};
use serde::Serialize;

/// What is known of the equation. One of them at most.
#[derive(Args)]
pub struct StructureOptions {
    /// Learn an energy H(q, p) that is kept, with q' = dH/dp, p' = -dH/dq: the first half of the columns are positions q, the
    /// second half their momenta p, in the same order
    #[arg(long, conflicts_with_all = ["separable", "second_order", "dissipative"], help_heading = "Equation")]
    hamiltonian: bool,
    /// As --hamiltonian, with H = T(p) + V(q): two networks of --hidden units, on which pairs such as --scheme stoermer_verlet
    /// are explicit
    #[arg(long, conflicts_with_all = ["second_order", "dissipative"], help_heading = "Equation")]
    separable: bool,
    /// Learn f in q'' = f(q, q') from positions q alone: all columns are positions, velocities are found along with f. A start
    /// to predict from has the velocities after the positions
    #[arg(long, conflicts_with = "dissipative", help_heading = "Equation")]
    second_order: bool,
    /// With --second-order, the second half of the columns are the velocities of the first
    #[arg(long, requires = "second_order", help_heading = "Equation")]
    velocities: bool,
    /// Learn an energy as with --hamiltonian, and a damping of positions and momenta by which it never rises
    #[arg(long, help_heading = "Equation")]
    dissipative: bool,
}

/// The kind of a learned equation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Equation {
    None,
    Hamiltonian,
    Separable,
    Dissipative,
    /// Of positions and velocities.
    SecondOrder,
    /// Of positions, with hidden velocities.
    #[serde(rename = "second_order")]
    SecondOrderOfPositions,
}

impl StructureOptions {
    pub fn chosen(&self) -> Equation {
        match self {
            StructureOptions { hamiltonian: true, .. } => Equation::Hamiltonian,
            StructureOptions { separable: true, .. } => Equation::Separable,
            StructureOptions { dissipative: true, .. } => Equation::Dissipative,
            StructureOptions { second_order: true, velocities: true, .. } => Equation::SecondOrder,
            StructureOptions { second_order: true, .. } => Equation::SecondOrderOfPositions,
            _ => Equation::None,
        }
    }
}

impl Equation {
    /// The option that asks for it.
    pub fn option(self) -> &'static str {
        match self {
            Equation::None => "no structure",
            Equation::Hamiltonian => "--hamiltonian",
            Equation::Separable => "--separable",
            Equation::Dissipative => "--dissipative",
            Equation::SecondOrder | Equation::SecondOrderOfPositions => "--second-order",
        }
    }

    /// Whether velocities are not measured.
    pub fn hides_velocities(self) -> bool {
        self == Equation::SecondOrderOfPositions
    }

    pub fn is_none(&self) -> bool {
        *self == Equation::None
    }

    /// Whether an energy is learned.
    pub fn has_energy(self) -> bool {
        matches!(self, Equation::Hamiltonian | Equation::Separable | Equation::Dissipative)
    }

    /// The widths of a network of `dim` measured components.
    pub fn widths(self, dim: usize, options: &FitOptions) -> Vec<usize> {
        let time = usize::from(options.time_input);
        let (first, last) = match self {
            Equation::None => (dim + time, dim),
            Equation::Hamiltonian | Equation::Dissipative => (dim, 1),
            Equation::Separable => (dim / 2, 1),
            Equation::SecondOrder => (dim + time, dim / 2),
            Equation::SecondOrderOfPositions => (2 * dim + time, dim),
        };
        [&[first], &options.hidden[..], &[last]].concat()
    }

    /// What networks are, in front of their widths.
    pub fn network(self) -> &'static str {
        match self {
            Equation::None => "",
            Equation::Hamiltonian | Equation::Dissipative => "energy ",
            Equation::Separable => "energies of momenta and of positions, each ",
            Equation::SecondOrder | Equation::SecondOrderOfPositions => "acceleration ",
        }
    }

    /// The field to learn from `data`, before its parameters.
    pub fn field(self, options: &FitOptions, data: &Trajectories) -> Result<AnyField, Failure> {
        self.check(options, data)?;
        let network = Mlp::new(self.widths(data.dim(), options), options.activation)?;
        let inputs = if options.time_input { vec![Input::Time] } else { vec![] };
        Ok(match (self, options.spectral.bound()) {
            (Equation::Hamiltonian, _) => Hamiltonian::new(network)?.into(),
            (Equation::Separable, _) => Separable::hamiltonian(network.clone(), network)?.into(),
            (Equation::Dissipative, _) => PortHamiltonian::new(network)?.into(),
            (Equation::SecondOrder | Equation::SecondOrderOfPositions, _) => {
                let dim = 2 * network.dim();
                SecondOrder::of(WithInputs::of_state(dim, network, inputs)?)?.into()
            }
            (Equation::None, Bound::Nothing) if inputs.is_empty() => network.into(),
            (Equation::None, Bound::Nothing) => WithInputs::new(network, inputs)?.into(),
            (Equation::None, Bound::Lipschitz { bound }) => WithInputs::new(network, inputs)?.normalised(bound)?.into(),
            (Equation::None, Bound::Spectrum { alpha, beta }) => {
                WithInputs::new(network, inputs)?.with_spectrum(alpha, beta)?.into()
            }
        })
    }

    /// Refuses data and options that it has no use for.
    fn check(self, options: &FitOptions, data: &Trajectories) -> Result<(), Failure> {
        let refuse = |reason: String| Err(Failure::Usage(format!("{}{reason}", self.option())));
        if self.is_none() {
            return Ok(());
        }
        if !self.hides_velocities() && data.dim() % 2 == 1 {
            let what = if self.has_energy() { "momenta" } else { "velocities" };
            let (count, names) = (data.dim(), data.components().join(", "));
            return refuse(format!(
                " is for positions and as many {what}, in this order, expected an even number of columns after the time, not \
                 {count}: {names}"
            ));
        }
        let given = [
            ("--time-input", options.time_input && self.has_energy()),
            ("--per-step", options.per_step),
            ("--spectrum", matches!(options.spectral.bound(), Bound::Spectrum { .. })),
            ("--lipschitz", matches!(options.spectral.bound(), Bound::Lipschitz { .. })),
            ("--time log", options.training.is_in_logarithms()),
        ];
        if let Some((option, _)) = given.iter().find(|(_, is_given)| *is_given) {
            return refuse(format!(" has no use for {option}: leave one of them out"));
        }
        if self.has_energy() && options.activation == Activation::Relu {
            return refuse(
                " learns by the slopes of an energy, and those of --activation relu jump: take a smooth one".into(),
            );
        }
        let is_by_gradients = options.training.is_by_gradients() || !options.regularisation.settings().is_none();
        if self.hides_velocities() && is_by_gradients {
            return refuse(
                " finds velocities by --optimizer lm: leave out options that are for others, or give the velocities as \
                 columns, with --velocities"
                    .into(),
            );
        }
        Ok(())
    }
}
