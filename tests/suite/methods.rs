//! Methods of every kind over fields with terms: derivatives, inverses, orders.

use crate::common::{Smooth, Structure, any_tableau, tableau};
use kutta::field::{Batch, Dimensions, Field, InParts, Partitioned, Split};
use kutta::network::{Gradient, Grid, OdeBlock, States};
use kutta::solve::{AdjointMethod, StageMethod, StageSolver};
use kutta::step::{Start, Step, Trace, Workspace};
use kutta::tableau::{AdditiveTableau, Method, Multistep, PartitionedTableau};
use kutta::{Error, Number, Tableau, VectorField};
use proptest::prelude::*;

/// A map `G(γ, t, x): R^inputs → R^dim`, `Σ_k v_k tanh(w_k x + u_k t + b_k)`.
#[derive(Debug, Clone)]
pub struct Map {
    inputs: usize,
    dim: usize,
}

impl VectorField for Map {
    fn dim(&self) -> usize {
        self.dim
    }
    fn inputs(&self) -> usize {
        self.inputs
    }
    fn param_count(&self) -> usize {
        2 * (self.inputs + self.dim + 2)
    }
    fn eval<S: Number>(&self, params: &[S], t: S, x: &[S], dy: &mut [S]) {
        dy.iter_mut().for_each(|dy| *dy = S::zero());
        for unit in params.chunks_exact(self.inputs + self.dim + 2) {
            let (w, rest) = unit.split_at(self.inputs);
            let (v, bias) = rest.split_at(self.dim);
            let mut sum = bias[0] * t + bias[1];
            w.iter().zip(x).for_each(|(&w, &x)| sum += w * x);
            let unit = sum.tanh();
            dy.iter_mut().zip(v).for_each(|(dy, &v)| *dy += v * unit);
        }
    }
}

/// A field of 3 components of each of the kinds that schemes tell apart.
#[derive(Debug, Clone)]
pub enum Kind {
    Whole(Smooth),
    Sum(Split<Smooth, Smooth>),
    /// Each part reads the other alone.
    Separable(Partitioned<Map, Map>),
    /// One part reads all, the other the first alone.
    Half(Partitioned<Map, Map>),
    Masked(InParts<Smooth>),
}

pub const DIM: usize = 3;

impl Kind {
    pub fn field(&self) -> &(dyn Field<f64> + '_) {
        match self {
            Kind::Whole(field) => field,
            Kind::Sum(field) => field,
            Kind::Separable(field) | Kind::Half(field) => field,
            Kind::Masked(field) => field,
        }
    }
}

fn smooth() -> Smooth {
    Smooth { dim: DIM, width: 2 }
}

fn parts() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Separable(pair_of([2, 1]))),
        Just(Kind::Half(pair_of([3, 1]))),
        Just(Kind::Half(pair_of([2, 3]))),
        (1usize..DIM).prop_map(|first| Kind::Masked(InParts::new(smooth(), first).unwrap())),
    ]
}

fn one_step() -> impl Strategy<Value = (Kind, Method)> {
    let sum = || Kind::Sum(Split::new(smooth(), smooth()).unwrap());
    let whole = || Kind::Whole(smooth());
    let named =
        prop::sample::select(vec!["rk4", "sdirk2", "radau_iia_3", "gauss_2", "lobatto_iiia_3", "lobatto_iiib_3"]);
    // Tableaux of equal numbers of stages, of any structure.
    let structure = || {
        prop::sample::select(vec![
            Structure::Explicit,
            Structure::DiagonallyImplicit,
            Structure::FullyImplicit,
            Structure::Mixed,
        ])
    };
    let two = move || {
        (structure(), structure())
            .prop_flat_map(|(x, y)| (tableau(x), tableau(y)))
            .prop_filter("equal stages", |(x, y)| x.stages() == y.stages())
    };
    let pairs = PartitionedTableau::catalogue();
    let sums = AdditiveTableau::catalogue();
    prop_oneof![
        any_tableau().prop_map(move |t| (whole(), t.into())),
        named.prop_map(move |name| (whole(), Tableau::by_name(name).unwrap().into())),
        // Any scheme takes a sum, or parts, as a whole.
        (any_tableau(), parts()).prop_map(|(t, field)| (field, t.into())),
        any_tableau().prop_map(move |t| (sum(), t.into())),
        (parts(), prop::sample::select(pairs)).prop_map(|(field, pair)| (field, pair.into())),
        (parts(), two()).prop_map(|(field, (x, y))| (field, PartitionedTableau::new(x, y).unwrap().into())),
        prop::sample::select(sums).prop_map(move |scheme| (sum(), scheme.into())),
        two().prop_map(move |(x, y)| (sum(), AdditiveTableau::new([x, y]).unwrap().into())),
        (any_tableau()).prop_map(move |t| (whole(), Method::reversible(&t))),
        prop_oneof![Just(Tableau::rk4()), Just(Tableau::gauss(2).unwrap())]
            .prop_map(move |t| (whole(), Method::reversible(&t))),
        Just((whole(), Method::reversible_heun())),
    ]
}

fn multistep() -> impl Strategy<Value = Method> {
    prop_oneof![
        (1usize..=4).prop_map(|k| Multistep::bdf(k).unwrap()),
        (1usize..=4).prop_map(|k| Multistep::adams_bashforth(k).unwrap()),
        (1usize..=3).prop_map(|k| Multistep::adams_moulton(k).unwrap()),
        Just(Multistep::midpoint()),
    ]
    .prop_map(Method::from)
}

fn any_method() -> impl Strategy<Value = (Kind, Method)> {
    prop_oneof![8 => one_step(), 2 => multistep().prop_map(|method| (Kind::Whole(smooth()), method))]
}

fn solver() -> impl Strategy<Value = StageSolver> {
    use {AdjointMethod as A, StageMethod as S};
    prop::sample::select(vec![
        (S::Automatic, A::Automatic),
        (S::Newton, A::Dense),
        (S::NewtonGmres, A::Gmres),
        (S::FixedPoint, A::Neumann),
        (S::SimplifiedNewton, A::Gmres),
        (S::Broyden, A::Dense),
    ])
    .prop_map(|(method, adjoint)| StageSolver {
        method,
        adjoint,
        tolerance: Some(1e-13),
        max_iterations: 300,
        ..StageSolver::default()
    })
}

/// Evaluates something with a block of a case's field, whatever its kind.
macro_rules! with_block {
    ($case:expr, $block:ident => $of:expr) => {
        match &$case.kind {
            Kind::Whole(field) => {
                let $block = $case.block(field.clone());
                $of
            }
            Kind::Sum(field) => {
                let $block = $case.block(field.clone());
                $of
            }
            Kind::Separable(field) | Kind::Half(field) => {
                let $block = $case.block(field.clone());
                $of
            }
            Kind::Masked(field) => {
                let $block = $case.block(field.clone());
                $of
            }
        }
    };
}

pub(crate) use with_block;

#[derive(Debug, Clone)]
pub struct Case {
    pub kind: Kind,
    pub method: Method,
    pub solver: StageSolver,
    numbers: Vec<f64>,
    h: f64,
}

pub const SAMPLES: usize = 2;
const STEPS: usize = 5;

pub fn case() -> impl Strategy<Value = Case> {
    (any_method(), solver(), prop::collection::vec(-1.0..1.0f64, 200), 0.05..0.2f64)
        .prop_map(|((kind, method), solver, numbers, h)| Case { kind, method, solver, numbers, h })
}

/// Cases of methods whose steps back are as stable as those forward, and that carry the state alone.
pub fn reversible() -> impl Strategy<Value = Case> {
    let named = ["implicit_midpoint", "trapezoidal", "gauss_2", "gauss_3", "lobatto_iiia_3", "lobatto_iiib_3"];
    let pairs = ["symplectic_euler", "stoermer_verlet", "position_verlet", "forest_ruth_4"];
    let pair = |name| Method::from(PartitionedTableau::by_name(name).unwrap());
    let ways = prop_oneof![
        prop::sample::select(named.to_vec())
            .prop_map(|name| (Kind::Whole(smooth()), Method::from(Tableau::by_name(name).unwrap()))),
        (parts(), prop::sample::select(pairs.to_vec())).prop_map(move |(kind, name)| (kind, pair(name))),
    ];
    (case(), ways).prop_map(|(case, (kind, method))| {
        let solver = StageSolver { tolerance: Some(1e-14), ..StageSolver::default() };
        Case { kind, method, solver, ..case }
    })
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

impl Case {
    fn numbers(&self, from: usize, count: usize) -> Vec<f64> {
        (from..from + count).map(|k| self.numbers[k % self.numbers.len()]).collect()
    }

    pub fn params(&self) -> Vec<f64> {
        self.numbers(0, self.kind.field().param_count())
    }

    pub fn starts(&self) -> Vec<f64> {
        self.numbers(50, SAMPLES * DIM)
    }

    pub fn block<F: Field<f64>>(&self, field: F) -> OdeBlock<F> {
        OdeBlock::new(field, self.method.clone()).steps(STEPS).step_size(self.h).solved_by(self.solver)
    }

    /// `Σ w (y + ½ y²)` over all states of the path from there.
    fn loss(&self, params: &[f64], starts: &[f64]) -> Result<f64, Error> {
        let starts: Vec<&[f64]> = starts.chunks(DIM).collect();
        let path = with_block!(self, block => block.integrate(params, 0.3, &starts))?;
        Ok(path.as_slice().iter().enumerate().map(|(k, y)| self.weight(k) * (y + 0.5 * y * y)).sum())
    }

    fn weight(&self, k: usize) -> f64 {
        self.numbers[(k + 11) % self.numbers.len()]
    }

    /// Its exact derivatives.
    fn gradient(&self) -> Result<Gradient<f64>, Error> {
        let (params, starts) = (self.params(), self.starts());
        let starts: Vec<&[f64]> = starts.chunks(DIM).collect();
        let loss = |path: &States<f64>, gradient: &mut States<f64>| {
            for (k, (&y, bar)) in path.as_slice().iter().zip(gradient.as_mut_slice()).enumerate() {
                *bar = self.weight(k) * (1.0 + y);
            }
            0.0
        };
        with_block!(self, block => block.value_and_grad_of(&params, 0.3, &starts, loss))
    }

    fn directions(&self) -> (Vec<f64>, Vec<f64>) {
        (self.numbers(101, self.params().len()), self.numbers(151, SAMPLES * DIM))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// ⟨λ, ẏ⟩ over all states is ⟨γ̄, γ̇⟩ + ⟨ȳ_0, ẏ_0⟩.
    #[test]
    fn the_adjoint_is_the_transpose_of_the_tangent(case in case()) {
        let (params, starts, (params_dot, starts_dot)) = (case.params(), case.starts(), case.directions());
        let (path, tangent) = with_block!(case, block => {
            let grid = block.grid(0.3, SAMPLES).unwrap();
            let mut unrolled = block.unroll::<f64>(&grid).unwrap();
            let path = unrolled.forward(&params, &starts).unwrap().clone();
            (path, unrolled.pushforward(&params, &params_dot, &starts_dot).unwrap())
        });
        let gradient = case.gradient().unwrap();
        let cotangents: Vec<f64> = path.as_slice().iter().enumerate().map(|(k, y)| case.weight(k) * (1.0 + y)).collect();
        let forward = dot(&cotangents, tangent.as_slice());
        let backward = dot(&gradient.params, &params_dot) + dot(&gradient.starts, &starts_dot);
        let size = cotangents.iter().zip(tangent.as_slice()).map(|(x, y)| (x * y).abs()).sum::<f64>().max(1e-3);
        prop_assert!((forward - backward).abs() <= 1e-10 * size, "{forward} and {backward}, size {size}");
    }

    #[test]
    fn gradients_agree_with_central_differences(case in case()) {
        let (params, starts, (params_dot, starts_dot)) = (case.params(), case.starts(), case.directions());
        let gradient = case.gradient().unwrap();
        let exact = dot(&gradient.params, &params_dot) + dot(&gradient.starts, &starts_dot);
        let moved = |step: f64| {
            let move_by = |x: &[f64], dot: &[f64]| x.iter().zip(dot).map(|(x, d)| x + step * d).collect::<Vec<f64>>();
            case.loss(&move_by(&params, &params_dot), &move_by(&starts, &starts_dot)).unwrap()
        };
        // Richardson's extrapolation of central differences: an error of fourth order.
        let central = |h: f64| (moved(h) - moved(-h)) / (2.0 * h);
        let difference = (4.0 * central(5e-4) - central(1e-3)) / 3.0;
        let size = gradient.params.iter().zip(&params_dot).map(|(x, y)| (x * y).abs()).sum::<f64>().max(1.0);
        prop_assert!((exact - difference).abs() <= 1e-8 * size, "{exact} and {difference}");
    }

    /// Neither term of a field is lost: each changes the result, and has a gradient.
    #[test]
    fn both_terms_count(case in case()) {
        let terms: Vec<std::ops::Range<usize>> = with_block!(case, block => {
            Field::<f64>::terms(block.field()).iter().map(|term| term.params.clone()).collect()
        });
        let (params, starts) = (case.params(), case.starts());
        let (loss, gradient) = (case.loss(&params, &starts).unwrap(), case.gradient().unwrap());
        for term in terms {
            let mut moved = params.clone();
            moved[term.clone()].iter_mut().for_each(|p| *p += 0.3);
            prop_assert!((case.loss(&moved, &starts).unwrap() - loss).abs() > 1e-9, "{term:?}");
            prop_assert!(gradient.params[term.clone()].iter().any(|g| g.abs() > 1e-9), "{term:?}");
        }
    }

    /// A step back leads back to what a step came from, to rounding.
    #[test]
    fn the_inverse_undoes_a_step((kind, method) in one_step(), numbers in prop::collection::vec(-1.0..1.0f64, 200), h in 0.02..0.1f64) {
        // Beyond, what is undone is multiplied by more than rounding allows.
        let inverse = method.inverse().unwrap();
        let largest = |m: &Method| (0..m.terms()).flat_map(|t| (0..m.stages().pow(2)).map(move |k| (t, k))).map(|(t, k)| m.a(t, k / m.stages(), k % m.stages()).abs()).fold(0.0, f64::max);
        prop_assume!(largest(&inverse) < 2.0);
        let case = Case { kind, method, solver: StageSolver { tolerance: Some(1e-15), ..StageSolver::default() }, numbers, h };
        let (params, y0) = (case.params(), case.numbers(50, case.method.carried() * DIM));
        let take = |method: &Method, y: &[f64]| with_block!(case, block => {
            let step = Step::new(block.field(), method, case.solver).unwrap();
            let from = Start { params: &params, t: &[0.3], h: &[case.h], y, batch: Batch::ONE, signals: &[] };
            let mut next = vec![0.0; y.len()];
            step.forward(from, &mut next, &mut Trace::new(), &mut Workspace::new()).map(|_| next)
        });
        let back = take(&inverse, &take(&case.method, &y0).unwrap()).unwrap();
        for (x, y) in y0.iter().zip(&back) {
            prop_assert!((x - y).abs() <= 1e-12, "{y0:?} and {back:?}");
        }
    }

    /// Of steps that solves remember nothing of, nothing is left in a workspace that the next would find.
    #[test]
    fn steps_do_not_depend_on_what_was_done_before(case in case()) {
        let params = case.params();
        let (y, other) = (case.numbers(50, case.method.carried() * DIM), case.numbers(77, case.method.carried() * DIM));
        with_block!(case, block => {
            let step = Step::new(block.field(), &case.method, StageSolver { tolerance: None, ..case.solver }).unwrap();
            let take = |y: &[f64], ws: &mut Workspace<f64>| {
                let from = Start { params: &params, t: &[0.3], h: &[case.h], y, batch: Batch::ONE, signals: &[] };
                let (mut next, mut trace) = (vec![0.0; y.len()], Trace::new());
                ws.start();
                step.forward(from, &mut next, &mut trace, ws).unwrap();
                step.pullback(from, &trace, &mut next.clone(), &mut vec![0.0; params.len()], ws).unwrap();
                next
            };
            let fresh = take(&y, &mut Workspace::new());
            let mut used = Workspace::new();
            take(&other, &mut used);
            prop_assert_eq!(fresh, take(&y, &mut used));
        });
    }

    /// A sum that is taken as a whole, and one whose terms have the same tableau, are one step.
    #[test]
    fn equal_tableaux_make_an_ordinary_step(scheme in any_tableau(), case in case()) {
        let sum = Kind::Sum(Split::new(smooth(), smooth()).unwrap());
        for (kind, method) in [
            (sum, Method::from(AdditiveTableau::new([scheme.clone(), scheme.clone()]).unwrap())),
            (Kind::Masked(InParts::new(smooth(), 1).unwrap()), PartitionedTableau::new(scheme.clone(), scheme.clone()).unwrap().into()),
        ] {
            let case = Case { kind, solver: StageSolver { tolerance: Some(1e-14), ..StageSolver::default() }, ..case.clone() };
            let starts = case.starts();
            let starts: Vec<&[f64]> = starts.chunks(DIM).collect();
            let path = |method: Method| {
                let case = Case { method, ..case.clone() };
                with_block!(case, block => block.integrate(&case.params(), 0.3, &starts)).unwrap()
            };
            let (apart, whole) = (path(method), path(scheme.clone().into()));
            for (x, y) in apart.as_slice().iter().zip(whole.as_slice()) {
                prop_assert!((x - y).abs() <= 1e-11, "{x} and {y}");
            }
        }
    }
}

/// What is explicit by its graph is not solved: no iterations, whatever the kind of the scheme.
#[test]
fn explicit_structure_is_found() {
    let iterations = |kind: Kind, method: Method| {
        let numbers = (0..200).map(|k| f64::from(k).sin()).collect();
        let case = Case { kind, method, solver: StageSolver::default(), numbers, h: 0.1 };
        case.gradient().unwrap().work.iterations
    };
    let by_name = |name: &str| Method::from(PartitionedTableau::by_name(name).unwrap());
    for pair in PartitionedTableau::catalogue()
        .into_iter()
        .filter(|pair| !pair.name().starts_with("lobatto") || pair.name().ends_with('2'))
    {
        assert_eq!(iterations(Kind::Separable(pair_of([2, 1])), pair.clone().into()), 0, "{}", pair.name());
    }
    // Where positions see themselves, or momenta do, a stage is solved for.
    for reads in [[3, 1], [2, 3]] {
        assert!(iterations(Kind::Half(pair_of(reads)), by_name("stoermer_verlet")) > 0, "{reads:?}");
    }
    assert_eq!(iterations(Kind::Whole(smooth()), Method::reversible(&Tableau::rk4())), 0);
    assert_eq!(iterations(Kind::Whole(smooth()), Multistep::adams_bashforth(3).unwrap().into()), 0);
    assert!(iterations(Kind::Whole(smooth()), Multistep::bdf(2).unwrap().into()) > 0);
    let sum = || Kind::Sum(Split::new(smooth(), smooth()).unwrap());
    assert_eq!(iterations(sum(), AdditiveTableau::new([Tableau::heun(), Tableau::heun()]).unwrap().into()), 0);
}

fn pair_of(reads: [usize; 2]) -> Partitioned<Map, Map> {
    Partitioned::new(Map { inputs: reads[0], dim: 1 }, Map { inputs: reads[1], dim: 2 }).unwrap()
}

/// The inverses of reversible methods around explicit schemes are explicit: they take as many evaluations, and no iterations.
#[test]
fn reversible_methods_go_back_without_solving() {
    let params: Vec<f64> = (0..Dimensions::param_count(&smooth())).map(|k| (k as f64).sin()).collect();
    let field = smooth();
    for method in [Method::reversible_heun(), Method::reversible(&Tableau::rk4()), Method::reversible(&Tableau::heun())]
    {
        let mut y: Vec<f64> = (0..2 * DIM).map(|k| ((k % DIM) as f64).cos()).collect();
        let start = y.clone();
        let steps = 200;
        for (method, times) in
            [(method.clone(), (0..steps).collect::<Vec<_>>()), (method.inverse().unwrap(), (0..steps).rev().collect())]
        {
            let step = Step::new(&field, &method, StageSolver::default()).unwrap();
            let (mut trace, mut ws) = (Trace::new(), Workspace::new());
            for n in times {
                let t = 0.02 * f64::from(n);
                let from =
                    Start { params: &params, t: &[t], h: &[0.02], y: &y.clone(), batch: Batch::ONE, signals: &[] };
                assert_eq!(step.forward(from, &mut y, &mut trace, &mut ws).unwrap(), 0);
            }
        }
        let off = y.iter().zip(&start).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        assert!(off < 1e-11, "{}: {off:e}", method.name());
    }
}

#[test]
fn multistep_methods_refuse_steps_that_differ() {
    let mut grid = Grid::new();
    grid.push([0.0, 0.1, 0.3]).unwrap();
    let params = vec![0.1; Dimensions::param_count(&smooth())];
    let block = |method: Method| OdeBlock::new(smooth(), method);
    let error = block(Multistep::bdf(2).unwrap().into()).forward(&params, &grid, &[0.0; DIM]).unwrap_err().to_string();
    assert!(error.starts_with("the length of steps is 0.1, then 0.2"), "{error}");
    assert!(error.contains("the same in all: `bdf_2`"), "{error}");
    assert!(block(Multistep::bdf(2).unwrap().into()).unroll::<f64>(&grid).is_err());
    // Those without a past do not care, nor those whose second vector is a state.
    for method in [Multistep::bdf(1).unwrap().into(), Method::reversible_heun(), Tableau::rk4().into()] {
        block(method).forward(&params, &grid, &[0.0; DIM]).unwrap();
    }
}

#[test]
fn fields_whose_terms_are_others_are_refused() {
    let message = |error: Error| error.to_string();
    let refused = |kind: Kind, method: Method| {
        let case = Case { kind, method, solver: StageSolver::default(), numbers: vec![0.1; 200], h: 0.1 };
        message(case.gradient().unwrap_err())
    };
    let verlet = || Method::from(PartitionedTableau::by_name("stoermer_verlet").unwrap());
    let whole = refused(Kind::Whole(smooth()), verlet());
    assert!(whole.contains("number of terms of the field is 1") && whole.contains("InParts"), "{whole}");
    let whole = refused(Kind::Whole(smooth()), AdditiveTableau::by_name("kencarp_3").unwrap().into());
    assert!(whole.contains("`kencarp_3`") && whole.contains("Split"), "{whole}");
    let sum = refused(Kind::Sum(Split::new(smooth(), smooth()).unwrap()), verlet());
    assert!(sum.contains("the field is a sum"), "{sum}");
}
