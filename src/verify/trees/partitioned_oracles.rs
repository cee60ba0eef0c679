//! Orders of partitioned and additive schemes that are known from elsewhere.

use super::order::Condition;
use super::test_schemes::*;
use super::weights::SchemeOnTrees;
use crate::tableau::coefficients::{Certainty, Coefficients, Rational, Scalar, Summed};

fn order<T: Scalar>(first: &Coefficients<T>, second: &Coefficients<T>) -> usize {
    let order = SchemeOnTrees::additive(&[first, second]).unwrap().order();
    assert!(order.is_known, "{order}");
    order.order
}

fn separable_order<T: Scalar>(first: &Coefficients<T>, second: &Coefficients<T>) -> usize {
    let order = SchemeOnTrees::additive(&[first, second]).unwrap().separable().order();
    assert!(order.is_known, "{order}");
    order.order
}

fn stormer_verlet() -> [Coefficients<Rational>; 2] {
    [exact("0; 1/2 1/2", "1/2 1/2"), exact("1/2; 1/2", "1/2 1/2")]
}

/// The pair that takes turns: `y ← y + b_i h F_1(z)`, then `z ← z + b̂_i h F_2(y)`.
fn alternating<T: Scalar>(b: [T; 4], other: [T; 4]) -> [Coefficients<T>; 2] {
    let scheme = |b: [T; 4], diagonal: usize| {
        let entry = |i: usize, j: usize| if j < i + diagonal { b[j].clone() } else { T::zero() };
        let a: Vec<T> = (0..4).flat_map(|i| (0..4).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
        let c = a.chunks_exact(4).map(|row| row.iter().fold(T::zero(), |sum, x| sum + x)).collect();
        Coefficients { a, b: b.to_vec(), c, embedded: None, certainty: Certainty::ToTolerance(1e-12) }
    };
    [scheme(b, 1), scheme(other, 0)]
}

/// E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), II.2 and VI.4.
#[test]
fn partitioned_pairs() {
    let [verlet, other] = stormer_verlet();
    assert_eq!((order(&verlet, &other), order(&other, &verlet)), (2, 2));
    assert_eq!((separable_order(&verlet, &other), separable_order(&other, &verlet)), (2, 2));
    assert_eq!(order(&lobatto_iiia_3(), &lobatto_iiib_3()), 4);
    assert_eq!(separable_order(&lobatto_iiia_3(), &lobatto_iiib_3()), 4);
    assert_eq!(order(&exact("1", "1"), &forward_euler()), 1, "symplectic Euler");
    // A pair of equal schemes is that scheme.
    assert_eq!(order(&bogacki_shampine_3(), &bogacki_shampine_3()), 3);
    // Each of order 4, but not together.
    let three_eighths = exact("; 1/3; -1/3 1; 1 -1 1", "1/8 3/8 3/8 1/8");
    assert_eq!(order(&rk4(), &three_eighths), 2);
}

/// R. D. Ruth, IEEE Trans. Nucl. Sci. 30 (1983) 2669–2671; E. Forest, R. D. Ruth, Physica D 43 (1990) 105–117.
#[test]
fn separable_pairs() {
    let numbers = |b: [(i64, i64); 4]| b.map(|(p, q)| Rational::ratio(p, q));
    let [a, b] = alternating(numbers([(1, 1), (-2, 3), (2, 3), (0, 1)]), numbers([(-1, 24), (3, 4), (7, 24), (0, 1)]));
    let method = SchemeOnTrees::additive(&[&a, &b]).unwrap().separable();
    assert_eq!(method.order().order, 3);
    assert!(order(&a, &b) < 3, "right only if neighbours differ in colour");
    let theta = 1.0 / (2.0 - 2f64.cbrt());
    let (half, rest) = (0.5 * theta, 0.5 - 0.5 * theta);
    let [a, b] = alternating(
        [half, rest, rest, half].map(Summed::from),
        [theta, 1.0 - 2.0 * theta, theta, 0.0].map(Summed::from),
    );
    assert_eq!(separable_order(&a, &b), 4);
    let error = SchemeOnTrees::additive(&[&a, &b]).unwrap().separable().principal_error().unwrap();
    assert!(error.order == 5 && error.norm > 0.01 && error.norm < 1.0, "{error:?}");
}

/// U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167.
#[test]
fn implicit_explicit_schemes_of_few_stages() {
    assert_eq!(order(&exact("0; 0 1", "0 1"), &exact("0; 1", "1 0")), 1, "forward-backward Euler (1, 1, 1)");
    assert_eq!(order(&exact("0; 0 1/2", "0 1"), &exact("0; 1/2", "0 1")), 2, "implicit-explicit midpoint (1, 2, 2)");
    let error = SchemeOnTrees::additive(&[&forward_euler(), &rk4()]).unwrap_err().to_string();
    assert_eq!(error, "tableau has 4 stages, expected 1");
    assert!(SchemeOnTrees::<Rational>::additive(&[]).unwrap_err().to_string().starts_with("number of tableaux is 0"));
}

/// ARK3(2)4L[2]SA of C. A. Kennedy, M. H. Carpenter, Appl. Numer. Math. 44 (2003) 139–181.
#[test]
fn additive_scheme_with_an_embedded_one() {
    let gamma = "1767732205903/4055673282236";
    let last =
        format!("1471266399579/7840856788654 -4482444167858/7529755066697 11266239266428/11593286722821 {gamma}");
    let embedded = "2756255671327/12835298489170 -10771552573575/22201958757719 9247589265047/10645013368117 \
                    2193209047091/5459859503100";
    let implicit = exact(
        &format!("; {gamma} {gamma}; 2746238789719/10658868560708 -640167445237/6845629431997 {gamma}; {last}"),
        &last,
    );
    let explicit = exact(
        "; 1767732205903/2027836641118; 5535828885825/10492691773637 788022342437/10882634858940; \
         6485989280629/16251701735622 -4246266847089/9704473918619 10755448449292/10357097424841",
        &last,
    );
    let [implicit, explicit] = [implicit, explicit].map(|scheme| in_doubles(&with_embedded(scheme, embedded)));
    let schemes = [&implicit, &explicit];
    let found = SchemeOnTrees::additive(&schemes).unwrap().order();
    assert_eq!((found.order, found.is_known), (3, true), "{found}");
    assert!(matches!(found.violation.unwrap().condition, Condition::Tree(tree) if tree.order() == 4));
    assert_eq!(SchemeOnTrees::additive_embedded(&schemes).unwrap().unwrap().order().order, 2);
    assert_eq!((SchemeOnTrees::of(&implicit).order().order, SchemeOnTrees::of(&explicit).order().order), (3, 3));
    assert!(SchemeOnTrees::additive_embedded(&[&implicit, &in_doubles(&rk4())]).unwrap().is_none());
    // Split in three: the conditions of three colours.
    let found = SchemeOnTrees::additive(&[&implicit, &explicit, &explicit]).unwrap().order();
    assert_eq!((found.order, found.is_known), (3, true), "{found}");
}

#[test]
fn time_is_a_component_if_nodes_are_no_row_sums() {
    let [verlet, mut other] = stormer_verlet();
    let plain = SchemeOnTrees::additive(&[&verlet, &other]).unwrap();
    assert!(!plain.colouring().time);
    // Both evaluated at the times of the first: still row sums of a tableau.
    other.c = verlet.c.clone();
    assert_eq!(
        (order(&verlet, &other), SchemeOnTrees::additive(&[&verlet, &other]).unwrap().colouring().time),
        (2, false)
    );
    // Both evaluated at the start of the step.
    other.c = vec![Rational::ratio(0, 1); 2];
    let method = SchemeOnTrees::additive(&[&verlet, &other]).unwrap();
    assert!(method.colouring().time);
    let found = method.order();
    assert_eq!((found.order, found.violation.unwrap().condition.to_string()), (1, "[t]₁".to_string()));
    assert_eq!(method.autonomous().order().order, 2);
}
