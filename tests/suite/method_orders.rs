//! Methods of every kind have their order, and are read as they were written.

use kutta::field::{Partitioned, Split};
use kutta::network::{OdeBlock, States};
use kutta::solve::StageSolver;
use kutta::tableau::{AdditiveTableau, GeneralLinear, Method, Multistep, PartitionedTableau};
use kutta::{Error, Number, Tableau, VectorField};

/// An oscillation in parts, as a sum, and whole, with the solution `(cos t, -sin t)`.
#[derive(Debug, Clone)]
struct Swing {
    /// Which rows, of two, and which of two terms.
    rows: std::ops::Range<usize>,
    terms: std::ops::Range<usize>,
}

impl VectorField for Swing {
    fn dim(&self) -> usize {
        self.rows.len()
    }
    fn inputs(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], t: S, y: &[S], dy: &mut [S]) {
        // y' = z + (y² + z² - 1), z' = -y + sin(y - cos t): each of two terms vanishes on the solution, or is all of it.
        let terms = [[y[1], -y[0]], [y[0] * y[0] + y[1] * y[1] - S::one(), (y[0] - t.cos()).sin()]];
        for (dy, row) in dy.iter_mut().zip(self.rows.clone()) {
            *dy = S::zero();
            for term in &terms[self.terms.clone()] {
                *dy += term[row];
            }
        }
    }
}

/// The observed order of a method on [`Swing`], in the form that it takes.
fn observed_order(method: &Method, steps: [usize; 2]) -> f64 {
    let part = |rows: std::ops::Range<usize>, terms: std::ops::Range<usize>| Swing { rows, terms };
    let error = |steps: usize| {
        let solver = StageSolver { tolerance: Some(1e-15), ..StageSolver::default() };
        let h = 2.0 / steps as f64;
        let run = |path: Result<States<f64>, Error>| path.unwrap().last(0).to_vec();
        let start = [[1.0, 0.0]];
        let end = match (method.terms(), method.is_partitioned()) {
            (1, _) => run(OdeBlock::new(part(0..2, 0..2), method.clone())
                .steps(steps)
                .step_size(h)
                .solved_by(solver)
                .integrate(&[], 0.0, &start)),
            (_, true) => {
                let pair = Partitioned::new(part(0..1, 0..2), part(1..2, 0..2)).unwrap();
                run(OdeBlock::new(pair, method.clone()).steps(steps).step_size(h).solved_by(solver).integrate(
                    &[],
                    0.0,
                    &start,
                ))
            }
            _ => {
                let sum = Split::new(part(0..2, 0..1), part(0..2, 1..2)).unwrap();
                run(OdeBlock::new(sum, method.clone()).steps(steps).step_size(h).solved_by(solver).integrate(
                    &[],
                    0.0,
                    &start,
                ))
            }
        };
        (end[0] - f64::cos(2.0)).hypot(end[1] + f64::sin(2.0))
    };
    (error(steps[0]) / error(steps[1])).log2() / (steps[1] as f64 / steps[0] as f64).log2()
}

#[test]
fn every_method_has_its_order() {
    let mut methods: Vec<(Method, usize)> = vec![
        (Method::reversible_heun(), 2),
        (Method::reversible(&Tableau::rk4()), 4),
        (Method::reversible(&Tableau::gauss(2).unwrap()), 4),
        (Method::reversible(&Tableau::heun()), 2),
        (Multistep::midpoint().into(), 2),
    ];
    for k in 1..=5 {
        methods.push((Multistep::bdf(k).unwrap().into(), k));
        methods.push((Multistep::adams_bashforth(k).unwrap().into(), k));
        methods.push((Multistep::adams_moulton(k).unwrap().into(), k + 1));
    }
    for pair in PartitionedTableau::catalogue() {
        let order = pair.claims().order.unwrap();
        methods.push((pair.into(), order));
    }
    for sum in AdditiveTableau::catalogue() {
        let order = sum.claims().order.unwrap();
        methods.push((sum.into(), order));
    }
    for (method, order) in methods {
        let steps = match order {
            ..=2 => [256, 512],
            3 => [96, 192],
            4 => [48, 96],
            _ if method.carried() > 1 => [96, 192],
            _ => [24, 48],
        };
        let observed = observed_order(&method, steps);
        assert!(observed > order as f64 - 0.3, "{}: order {observed:.3}, expected {order}", method.name());
    }
}

#[test]
fn methods_are_read_as_they_were_written() {
    let all = [
        Method::from(Tableau::rk4()),
        PartitionedTableau::by_name("ruth_3").unwrap().into(),
        AdditiveTableau::by_name("kencarp_4").unwrap().into(),
        Multistep::bdf(3).unwrap().into(),
        Multistep::adams_moulton(3).unwrap().into(),
        Method::reversible(&Tableau::gauss(2).unwrap()),
        Method::reversible_heun(),
    ];
    for method in all {
        let text = serde_json::to_string(&method).unwrap();
        let read: Method = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}\n{text}", method.name()));
        assert_eq!(read, method, "{text}");
    }
}

#[test]
fn methods_that_make_no_sense_are_refused() {
    let bdf = || GeneralLinear {
        name: "mine".to_string(),
        u: vec![vec![4.0 / 3.0, -1.0 / 3.0]],
        v: vec![vec![4.0 / 3.0, -1.0 / 3.0], vec![1.0, 0.0]],
        terms: vec![kutta::tableau::TermCoefficients {
            a: vec![vec![2.0 / 3.0]],
            b: vec![vec![2.0 / 3.0], vec![0.0]],
            c: vec![1.0],
        }],
        starting: Some(Tableau::heun()),
        ..GeneralLinear::default()
    };
    Method::new(bdf()).unwrap();
    let reason = |change: &dyn Fn(&mut GeneralLinear)| {
        let mut general = bdf();
        change(&mut general);
        Method::new(general).unwrap_err().to_string()
    };
    assert!(reason(&|g| g.u[0].pop().map_or((), drop)).contains("`mine`: U is not a matrix of 1 × 2"));
    assert!(reason(&|g| g.u[0][0] = 1.0).contains("U q = 1"));
    assert!(reason(&|g| g.v[1] = vec![1.0, 1.0]).contains("V q = q"));
    assert!(reason(&|g| g.terms[0].b[0][0] = 0.6).contains("not consistent"));
    assert!(reason(&|g| g.terms[0].a[0][0] = f64::NAN).contains("expected a finite number"));
    assert!(reason(&|g| g.terms.clear()).contains("no terms"));
    assert!(
        Method::from(Multistep::adams_bashforth(2).unwrap())
            .inverse()
            .unwrap_err()
            .to_string()
            .contains("V is singular")
    );
}

#[test]
fn vectors_may_be_multiples_of_states() {
    // The two-step midpoint rule that carries half of the state before.
    let general = |factor: f64| GeneralLinear {
        u: vec![vec![1.0, 0.0]],
        v: vec![vec![0.0, 1.0 / factor], vec![factor, 0.0]],
        terms: vec![kutta::tableau::TermCoefficients {
            a: vec![vec![0.0]],
            b: vec![vec![2.0], vec![0.0]],
            c: vec![0.0],
        }],
        start: Some(vec![1.0, factor]),
        starting: Some(Tableau::heun()),
        ..GeneralLinear::default()
    };
    let end = |method: Method| {
        let field = Swing { rows: 0..2, terms: 0..2 };
        OdeBlock::new(field, method)
            .steps(8)
            .step_size(0.1)
            .integrate(&[], 0.0, &[[1.0, 0.0]])
            .unwrap()
            .last(0)
            .to_vec()
    };
    let expected = end(Multistep::midpoint().into());
    for factor in [1.0, 0.5, -2.0] {
        let found = end(Method::new(general(factor)).unwrap());
        assert!(found.iter().zip(&expected).all(|(x, y): (&f64, &f64)| (x - y).abs() < 1e-14), "{found:?}");
    }
}

#[test]
fn increments_without_a_start_are_refused() {
    let adams = |start: [f64; 3], starting: Option<Tableau>| GeneralLinear {
        u: vec![vec![1.0, 0.0, 0.0]],
        v: vec![vec![1.0, -0.5, 0.0], vec![0.0; 3], vec![0.0, 0.0, 1.0]],
        terms: vec![kutta::tableau::TermCoefficients {
            a: vec![vec![0.0]],
            b: vec![vec![1.5], vec![1.0], vec![1.0]],
            c: vec![0.0],
        }],
        start: Some(start.to_vec()),
        starting,
        ..GeneralLinear::default()
    };
    let reason = |general| Method::new(general).unwrap_err().to_string();
    assert!(reason(adams([1.0, 0.0, 0.0], None)).contains("expected `starting`"));
    assert!(reason(adams([1.0, 0.0, 1.0], Some(Tableau::heun()))).contains("a state follows an increment"));
}

#[test]
fn inverses_are_for_single_steps() {
    let inverse = Method::reversible_heun().inverse().unwrap();
    assert!(inverse.is_inverse() && !inverse.inverse().unwrap().is_inverse());
    let block = OdeBlock::new(Swing { rows: 0..2, terms: 0..2 }, inverse).steps(2);
    let error = block.integrate(&[], 0.0, &[[1.0, 0.0]]).unwrap_err().to_string();
    assert!(
        error.starts_with("the method is inverse of reversible_heun, expected one whose steps go forward"),
        "{error}"
    );
    let verlet = Method::from(PartitionedTableau::by_name("stoermer_verlet").unwrap());
    let shown = verlet.inverse().unwrap().to_string();
    assert!(shown.contains("F0") && shown.contains("F1"), "{shown}");
}

#[test]
fn files_of_methods_say_what_is_wrong() {
    let reason = |text: &str| serde_json::from_str::<Method>(text).unwrap_err().to_string();
    assert!(reason(r#"{"A":[[0]],"b":[0.5],"c":[0]}"#).contains("the entries of b sum to 0.5, expected 1"));
    assert!(reason(r#"{"U":[[1]],"V":[[1]],"terms":[],"of":1}"#).contains("unknown field `of`"));
    assert!(
        reason(r#"{"U":[[1]],"V":[[1,0]],"terms":[{"A":[[0]],"B":[[1]],"c":[0]}]}"#)
            .contains("V is not a matrix of 1 × 1")
    );
}

#[test]
fn whatever_tableau_is_accepted_makes_a_method() {
    // Published digits sum to one within 1e-9, and within more where large ones cancel.
    let rounded = Tableau::new([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5 + 8e-10], [0.0, 1.0]).unwrap();
    let large = Tableau::new([[0.0, 0.0], [0.5, 0.0]], [-1e5, 1e5 + 1.0 + 5e-7], [0.0, 0.5]).unwrap();
    for tableau in [rounded, large] {
        assert_eq!(Method::reversible(&tableau).stages(), 4);
        assert_eq!(Method::from(tableau).stages(), 2);
    }
    let digits = Multistep::new([1.333333333, -0.333333333], [0.6666666667, 0.0, 0.0]).unwrap();
    let method = Method::from(digits);
    assert_eq!((method.stages(), method.carried()), (1, 2));
}

/// Explicit methods of high order start by schemes that are no less exact.
#[test]
fn pasts_are_as_exact_as_what_goes_on_from_them() {
    for k in 1..=6 {
        for multistep in [Multistep::bdf(k), Multistep::adams_bashforth(k), Multistep::adams_moulton(k)] {
            let multistep = multistep.unwrap();
            let order = multistep.order();
            let method = Method::from(multistep);
            let Some((_, starting)) = method.starting() else { continue };
            let name = starting.name().trim_end_matches(" with a past");
            let scheme = Tableau::by_name(name).unwrap();
            assert!(scheme.order().is_some_and(|p| p >= order), "{name} starts {} of order {order}", method.name());
        }
    }
}
