//! Property tests of integrators, yours or ours: random schemes and fields, and the laws that steps obey.
//!
//! A test with one equation shows that an integrator is right for that equation. A property test shows that a law holds for
//! a hundred random equations, states and step sizes, and if it does not, finds a simple case in which it fails. This module
//! has what such tests need, for [proptest]: random vector fields with known properties, random Runge–Kutta schemes by
//! class, and the laws as assertions. It is there with the feature `proptest`.
//!
//! # Test your own integrator
//!
//! A law takes a step as a closure of start time, state and step size. It returns the new state, as a vector, an array or a
//! [`Result`]; how it was computed is its own affair. [`rhs`] gives a random field as a plain function.
//!
//! ```
//! use kutta::properties::*;
//! use proptest::prelude::*;
//!
//! fn heun(f: impl Fn(f64, &[f64]) -> Vec<f64>, t: f64, y: &[f64], h: f64) -> Vec<f64> {
//!     let k1 = f(t, y);
//!     let end: Vec<f64> = y.iter().zip(&k1).map(|(y, k)| y + h * k).collect();
//!     let k2 = f(t + h, &end);
//!     (0..y.len()).map(|i| y[i] + h / 2.0 * (k1[i] + k2[i])).collect()
//! }
//!
//! proptest! {
//! #   #![proptest_config(ProptestConfig::with_cases(8))]
//!     # /*
//!     #[test]
//!     # */
//!     fn heun_has_order_2(field in forced_field(2, 1.0), y in state(2)) {
//!         let at = At { t: 0.0, y: y.to_vec(), h: 0.5 };
//!         assert_order_at_least(|t, y: &[f64], h| heun(rhs(&field), t, y, h), flow(&field), &at, 2, 1e-14)?;
//!     }
//! }
//! # heun_has_order_2();
//! ```
//!
//! Had `k2` been taken at `t`, the answer would be a counterexample such as `y0' = 1/12 sin(-1/12 t)` at `y = [0]`, with the
//! errors that show it. `examples/find_fault.rs` has faults of several kinds, and what is found.
//!
//! Steps of this crate come from a tableau by [`one_step`], their exact derivatives by [`tangent`] and [`adjoint`]; a field
//! with parameters is taken at fixed ones by [`WithParams`].
//!
//! # The laws
//!
//! | law | says | holds for | on fields |
//! | --- | --- | --- | --- |
//! | [`assert_order_at_least`], [`assert_order`] | the error of a step is `O(h^{p+1})` | schemes of order `p` | [`forced_field`], any smooth one; exactly `p` on [`Smooth::generic`] |
//! | [`assert_reversible`] | a step with `-h` undoes one with `h` | symmetric schemes | any |
//! | [`assert_symplectic`] | `Mᵀ J M = J` for the Jacobian `M` of a step | symplectic schemes | [`hamiltonian`], [`separable_hamiltonian`] |
//! | [`assert_preserves`] | an invariant stays | linear: every Runge–Kutta scheme; quadratic: symplectic ones | [`linear_invariant_field`], [`quadratic_invariant_field`] |
//! | [`assert_contractive`] | states do not move apart | algebraically stable schemes | [`dissipative_field`] |
//! | [`assert_stability_function`] | a step of `y' = λy` multiplies by `R(hλ)` | the scheme with that `R`, see [`stability_function`] | [`Linear::scalar`] |
//! | [`assert_equivariant`] | a step commutes with affine maps | every Runge–Kutta scheme | any, with [`affine_map`] |
//! | [`assert_transposed`] | `λ·(M δ) = (Mᵀ λ)·δ` | exact discrete adjoints | any |
//! | [`assert_tangent`] | two tangents agree | exact tangents | any |
//! | [`assert_reversible_past`] | a step with `-h` from the states in reverse finds the oldest | symmetric multistep methods | any |
//! | [`assert_past_forgotten`] | differences in the past do not grow | zero-stable multistep methods | any |
//! | [`assert_growth_factor`] | `1, ζ⁻¹, ζ⁻², …` goes on with `ζ` | the method with that growth factor | [`Linear::scalar`] |
//!
//! A step that needs a past is a closure of the time of its newest state, the past states, the newest first, and the step size.
//! [`from_exact_past`] makes a step of one state of it, by the exact flow back, for the laws of order and of linear invariants;
//! [`windows`] one of all states that it needs, for invariants of these:
//!
//! ```
//! use kutta::properties::*;
//! use proptest::prelude::*;
//!
//! /// Leapfrog, `y_{n+1} = y_{n-1} + 2h f(y_n)`.
//! fn leapfrog(f: impl Fn(f64, &[f64]) -> Vec<f64>, t: f64, past: &[Vec<f64>], h: f64) -> Vec<f64> {
//!     past[1].iter().zip(f(t, &past[0])).map(|(y, k)| y + 2.0 * h * k).collect()
//! }
//!
//! proptest! {
//! #   #![proptest_config(ProptestConfig::with_cases(8))]
//!     # /*
//!     #[test]
//!     # */
//!     fn leapfrog_has_order_2_and_reverses(field in forced_field(2, 1.0), y in state(2), z in state(2)) {
//!         let step = |t: f64, past: &[Vec<f64>], h: f64| leapfrog(rhs(&field), t, past, h);
//!         let at = At { t: 0.0, y: y.to_vec(), h: 0.5 };
//!         assert_order_at_least(from_exact_past(2, step, flow(&field)), flow(&field), &at, 2, 1e-13)?;
//!         assert_reversible_past(step, 0.0, &[y.to_vec(), z.to_vec()], 0.25, 1e-13)?;
//!     }
//! }
//! # leapfrog_has_order_2_and_reverses();
//! ```
//!
//! Every law returns a [`TestCaseResult`](proptest::test_runner::TestCaseResult), for `?` within `proptest!`. A failure says
//! what was expected, what was found, and where. A step that returns an error, or something that is not finite, fails every
//! law: take steps that are short enough for the stage equations to have a solution, with [`At::shortened_for`]. A case that
//! can say nothing, such as the order where all errors are rounding, is rejected, not passed; proptest complains if these are
//! too many.
//!
//! # Schemes
//!
//! | class | strategy |
//! | --- | --- |
//! | explicit, of order 1 | [`explicit`] |
//! | explicit, of order 1 to 4 | [`explicit_of_order`] |
//! | implicit, of order 1 | [`diagonally_implicit`], [`fully_implicit`] |
//! | of order `s`, of order `2s - 1`, with `s` stages | [`collocation`], [`superconvergent`] |
//! | symmetric | [`symmetric`], [`symmetric_diagonally_implicit`] |
//! | symplectic | [`symplectic`], [`symplectic_diagonally_implicit`] |
//! | algebraically stable | [`algebraically_stable`] |
//! | multistep, zero-stable, of given order | [`zero_stable`] |
//! | multistep, symmetric | [`symmetric_multistep`] |
//! | pairs, symplectic | [`symplectic_pair`] |
//!
//! Stages are given as a range, such as `1..=4`. They are for laws that hold for a class, and for code that takes any tableau: a [`Scheme`] is a
//! [`Tableau`](crate::Tableau).
//!
//! ```
//! use kutta::properties::*;
//! use proptest::prelude::*;
//!
//! proptest! {
//! #   #![proptest_config(ProptestConfig::with_cases(8))]
//!     # /*
//!     #[test]
//!     # */
//!     fn symmetric_schemes_reverse(scheme in symmetric(1..=4), field in smooth_field(3, 1.0), at in at(3, 0.5)) {
//!         let at = at.shortened_for(&scheme);
//!         assert_reversible(one_step(&scheme, &field), &at, 1e-11)?;
//!     }
//! }
//! # symmetric_schemes_reverse();
//! ```
//!
//! # Tolerances
//!
//! All are relative to the size of what is compared, or to 1 if it is smaller.
//!
//! - Explicit steps differ from exact arithmetic by rounding: `1e-13`.
//! - Implicit ones by what the solver leaves of the stage equations as well: `1e-11` for [`one_step`], which solves as far as
//!   rounding allows; a hundred times its tolerance for a solver of your own.
//! - Tangents by [`differences`] are right to about `1e-11`: compare to `1e-9`.
//! - The laws of order want to know how exact a single step is, `1e-14` or `1e-13`, and leave out errors below a hundred
//!   times that. Take `h` as long as the series converges: 0.5 for orders up to 4, 1 or 2 for 5 and 6. Higher orders can
//!   hardly be told in double precision.
//!
//! # Counterexamples
//!
//! Coefficients are multiples of 1/12, or simple fractions made of such, and shrink to zero; schemes shrink to few stages.
//! `Debug` of a scheme is its Butcher array, of a field its formula.

mod fields;
mod fraction;
mod laws;
mod maps;
mod past;
mod schemes;

pub use fields::*;
pub use laws::*;
pub use maps::{Outcome, adjoint, differences, flow, one_step, stability_function, tangent};
/// Complex numbers, of eigenvalues and stability functions.
pub use nalgebra::Complex;
pub use past::{from_exact_past, multistep_step, windows};
pub use schemes::*;
