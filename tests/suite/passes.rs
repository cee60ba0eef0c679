//! Passes that fail, and what is given to passes that makes no sense.

use kutta::field::{Field, Term};
use kutta::network::{Grid, OdeBlock, States};
use kutta::{Error, Number, Regularisation, Tableau, VectorField};

/// `y' = γ y³`: from large states, an implicit step with `γ > 0` has no solution.
#[derive(Debug, Clone)]
struct Cube;

impl VectorField for Cube {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        dy[0] = params[0] * y[0] * y[0] * y[0];
    }
}

fn block() -> OdeBlock<Cube> {
    OdeBlock::new(Cube, Tableau::backward_euler()).steps(3).step_size(0.1)
}

#[test]
fn nothing_follows_from_a_pass_that_failed() {
    let block = block();
    let grid = block.grid(0.0, 1).unwrap();
    let mut unrolled = block.unroll::<f64>(&grid).unwrap();
    let bar = States::from_states(1, [[1.0; 4]]);
    let (mut params_bar, mut starts_bar) = ([0.0], [0.0]);
    let kinetic = Regularisation { kinetic: 1.0, ..Regularisation::default() };
    for (params, start) in [([1.0], 4.0), ([f64::NAN], 1.0), ([-1.0], f64::NAN)] {
        unrolled.forward(&[-1.0], &[1.0]).unwrap();
        unrolled.backward(&[-1.0], &bar, &mut params_bar, &mut starts_bar).unwrap();
        assert!(unrolled.forward(&params, &[start]).is_err());
        for error in [
            unrolled.backward(&params, &bar, &mut params_bar, &mut starts_bar).unwrap_err(),
            unrolled.penalties(&params, kinetic).unwrap_err(),
            unrolled.pushforward(&params, &[1.0], &[1.0]).unwrap_err(),
        ] {
            assert!(error.to_string().contains("the last forward pass is none, or one that failed"), "{error}");
        }
    }
}

#[test]
fn what_is_not_finite_is_refused() {
    let block = block();
    let not_finite = |error: Error| matches!(error, Error::NotFinite { .. });
    let loss = |value: f64, bar: f64| {
        block.value_and_grad_of(&[-1.0], 0.0, &[[1.0]], move |_, gradient| {
            gradient.as_mut_slice()[0] = bar;
            value
        })
    };
    loss(1.0, 1.0).unwrap();
    assert!(not_finite(loss(f64::NAN, 1.0).unwrap_err()));
    assert!(not_finite(loss(1.0, f64::NAN).unwrap_err()));
    assert!(not_finite(block.contraction(&[-1.0], 0.0, &[[f64::NAN]]).unwrap_err()));
    let error = block.clone().per_step(f64::NAN).integrate(&[-1.0; 3], 0.0, &[[1.0]]).unwrap_err();
    assert!(error.to_string().starts_with("start_time is NaN"), "{error}");
}

#[test]
fn gradients_of_another_shape_are_refused() {
    let block = block();
    let mut grid = Grid::new();
    grid.push([0.0, 0.1, 0.2]).unwrap();
    grid.push([0.0, 0.1]).unwrap();
    let mut unrolled = block.unroll::<f64>(&grid).unwrap();
    unrolled.forward(&[-1.0], &[1.0, 2.0]).unwrap();
    let mut backward =
        |bar: States<f64>| unrolled.backward(&[-1.0], &bar, &mut [0.0], &mut [0.0; 2]).map_err(|e| e.to_string());
    backward(States::from_states(1, [vec![1.0; 3], vec![1.0; 2]])).unwrap();
    assert_eq!(
        backward(States::from_states(1, [vec![1.0; 4], vec![1.0; 1]])).unwrap_err(),
        "gradient has 4 states of a sample, expected 3"
    );
    assert_eq!(backward(States::from_states(5, [[1.0; 5]])).unwrap_err(), "gradient has 5 components, expected 1");
    // One that a loss puts in the place of its own.
    let error = block.value_and_grad_of(&[-1.0], 0.0, &[[1.0]], |_, gradient| {
        *gradient = States::from_states(1, [[1.0]]);
        0.0
    });
    assert!(matches!(error, Err(Error::ShapeMismatch { .. })));
}

#[test]
fn absurd_sizes_are_refused() {
    let block = block().steps(usize::MAX);
    assert!(block.grid(0.0, 1).unwrap_err().to_string().starts_with("steps is 18446744073709551615"));
    assert!(block.per_step(0.0).param_count() > 0);
}

/// A field whose terms are what it is told.
#[derive(Debug, Clone)]
struct Told {
    inner: kutta::field::Partitioned<Cube, Cube>,
    writes: [std::ops::Range<usize>; 2],
}

impl kutta::field::Dimensions for Told {
    fn dim(&self) -> usize {
        self.inner.dim()
    }
    fn inputs(&self) -> usize {
        self.inner.inputs()
    }
    fn param_count(&self) -> usize {
        self.inner.param_count()
    }
    fn record_rows(&self) -> usize {
        self.inner.record_rows()
    }
    fn signals(&self) -> usize {
        0
    }
    fn depends_on_time(&self) -> bool {
        false
    }
    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl Field<f64> for Told {
    fn init(&self, rng: &mut dyn rand::RngCore) -> Vec<f64> {
        self.inner.init(rng)
    }
    fn reparameterisation(&self) -> Option<&dyn kutta::field::Reparameterisation<f64>> {
        None
    }
    fn terms(&self) -> Vec<Term<'_, f64>> {
        let terms = Field::<f64>::terms(&self.inner).into_iter().zip(&self.writes);
        terms.map(|(term, writes)| Term { writes: writes.clone(), ..term }).collect()
    }
    fn eval_batch(
        &self,
        at: kutta::field::Point<'_, f64>,
        dy: &mut [f64],
        record: &mut [f64],
        scratch: &mut kutta::field::Scratch<f64>,
    ) {
        self.inner.eval_batch(at, dy, record, scratch);
    }
    fn jvp(
        &self,
        at: kutta::field::Point<'_, f64>,
        record: &[f64],
        v: &[f64],
        w: Option<&[f64]>,
        out: &mut [f64],
        scratch: &mut kutta::field::Scratch<f64>,
    ) {
        self.inner.jvp(at, record, v, w, out, scratch);
    }
    fn vjp(
        &self,
        at: kutta::field::Point<'_, f64>,
        record: &[f64],
        w: &[f64],
        y_bar: &mut [f64],
        params_bar: Option<&mut [f64]>,
        scratch: &mut kutta::field::Scratch<f64>,
    ) {
        self.inner.vjp(at, record, w, y_bar, params_bar, scratch);
    }
    fn jvp_pullback(
        &self,
        at: kutta::field::Point<'_, f64>,
        record: &[f64],
        v: &[f64],
        w: &[f64],
        bars: kutta::field::JvpBars<'_, f64>,
        scratch: &mut kutta::field::Scratch<f64>,
    ) {
        self.inner.jvp_pullback(at, record, v, w, bars, scratch);
    }
}

#[test]
fn terms_that_are_not_the_field_are_refused() {
    let verlet = kutta::tableau::PartitionedTableau::by_name("stoermer_verlet").unwrap();
    let run = |writes: [std::ops::Range<usize>; 2]| {
        let inner = kutta::field::Partitioned::new(Cube, Cube).unwrap();
        let block = OdeBlock::new(Told { inner, writes }, verlet.clone()).steps(2).step_size(0.1);
        block.integrate(&[0.1, 0.2], 0.0, &[[1.0, 0.5]]).map_err(|error| error.to_string())
    };
    run([0..1, 1..2]).unwrap();
    for writes in [[0..1, 2..2], [0..1, 0..1], [0..3, 1..2], [0..1, 1..5]] {
        let error = run(writes.clone()).unwrap_err();
        assert!(error.contains("term") || error.contains("a sum"), "{writes:?}: {error}");
    }
}

/// A loss that puts a gradient of its own making in the place of the one it is given, of another shape.
#[test]
fn losses_that_change_the_shape_of_their_gradient_are_refused_in_training() {
    let text: String = (0..12).map(|k| format!("{k},{}\n", (0.3 * f64::from(k)).cos())).collect();
    let data = kutta::Trajectories::from_csv_str(&format!("t,x\n{text}"), "waves").unwrap();
    let loss = |_: &States<f64>, _: &States<f64>, gradient: &mut States<f64>| {
        *gradient = States::from_states(1, [[1.0]]);
        1.0
    };
    for shooting in [kutta::Shooting::SingleShooting, kutta::Shooting::default()] {
        let trainer = kutta::Trainer::new(OdeBlock::new(Cube, Tableau::heun()).step_size(1.0))
            .loss(loss)
            .shooting(shooting)
            .epochs(2);
        let error = trainer.fit(&data).unwrap_err().to_string();
        assert!(error.contains("the loss's gradient has"), "{error}");
    }
}
