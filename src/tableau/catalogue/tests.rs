//! What holds for every scheme of the catalogue.

use super::super::Scheme;
use super::*;

/// Some schemes are published to 14 digits.
const TOLERANCE: f64 = 2e-13;

/// Order conditions are checked up to this order.
const HIGHEST: usize = 8;

/// A rooted tree whose vertices belong to the parts of a scheme; the children of a vertex are in some order.
#[derive(Clone)]
struct Tree {
    part: usize,
    children: Vec<Tree>,
}

impl Tree {
    /// Every tree of that order.
    fn all(order: usize, parts: usize) -> Vec<Tree> {
        let forests = Tree::forests(order - 1, parts);
        (0..parts).flat_map(|part| forests.iter().map(move |f| Tree { part, children: f.clone() })).collect()
    }

    fn forests(vertices: usize, parts: usize) -> Vec<Vec<Tree>> {
        if vertices == 0 {
            return vec![vec![]];
        }
        let mut forests = vec![];
        for first in 1..=vertices {
            let rest = Tree::forests(vertices - first, parts);
            for tree in Tree::all(first, parts) {
                forests.extend(rest.iter().map(|f| [std::slice::from_ref(&tree), f].concat()));
            }
        }
        forests
    }

    fn order(&self) -> usize {
        1 + self.children.iter().map(Tree::order).sum::<usize>()
    }

    fn density(&self) -> f64 {
        self.children.iter().map(Tree::density).product::<f64>() * self.order() as f64
    }

    /// No vertex belongs to the part of its parent.
    fn is_separable(&self) -> bool {
        self.children.iter().all(|c| c.part != self.part && c.is_separable())
    }

    /// The elementary weight at each stage, and the size of its terms.
    fn at_stages(&self, parts: &[&Tableau]) -> Vec<(f64, f64)> {
        let mut product = vec![(1.0, 1.0); parts[0].stages()];
        for child in &self.children {
            let values = child.at_stages(parts);
            for (i, p) in product.iter_mut().enumerate() {
                let (sum, size) = sum(parts[child.part].row(i), &values);
                *p = (p.0 * sum, p.1 * size);
            }
        }
        product
    }

    fn is_satisfied(&self, parts: &[&Tableau], weights: &[&[f64]]) -> bool {
        let (weight, size) = sum(weights[self.part], &self.at_stages(parts));
        (weight - 1.0 / self.density()).abs() < TOLERANCE.max(1e-15 * size)
    }
}

fn sum(weights: &[f64], values: &[(f64, f64)]) -> (f64, f64) {
    weights.iter().zip(values).fold((0.0, 0.0), |s, (w, v)| (s.0 + w * v.0, s.1 + w.abs() * v.1))
}

/// The order of the weights on the stages of `parts`, by the trees for which `counts`, up to `highest`.
fn order(parts: &[&Tableau], weights: &[&[f64]], highest: usize, counts: fn(&Tree) -> bool) -> usize {
    let holds =
        |p: &usize| Tree::all(*p, parts.len()).iter().filter(|t| counts(t)).all(|t| t.is_satisfied(parts, weights));
    (1..=highest).take_while(holds).count()
}

#[test]
fn every_tableau_has_its_order_and_no_more() {
    for t in Tableau::catalogue() {
        assert_eq!(order(&[&t], &[t.b()], HIGHEST, |_| true), t.order().unwrap().min(HIGHEST), "{t}");
        if let Some(weights) = t.embedded() {
            let claimed = t.embedded_order().unwrap().min(HIGHEST);
            assert_eq!(order(&[&t], &[weights], HIGHEST, |_| true), claimed, "{t}");
        }
    }
}

#[test]
fn every_pair_has_its_order_and_no_more() {
    const HIGHEST: usize = 5;
    for pair in PartitionedTableau::catalogue() {
        let (parts, weights) = ([pair.first(), pair.second()], [pair.first().b(), pair.second().b()]);
        let claims = pair.claims();
        let general = order(&parts, &weights, HIGHEST, |_| true);
        assert_eq!(general, claims.order.unwrap().min(HIGHEST), "{pair}");
        let separable = order(&parts, &weights, HIGHEST, Tree::is_separable);
        assert_eq!(separable, claims.separable_order.unwrap().min(HIGHEST), "{pair}");
    }
}

#[test]
fn every_sum_has_its_order_and_no_more() {
    for scheme in AdditiveTableau::catalogue() {
        let parts: Vec<&Tableau> = scheme.parts().iter().collect();
        let weights: Vec<&[f64]> = parts.iter().map(|t| t.b()).collect();
        assert_eq!(Some(order(&parts, &weights, 6, |_| true)), scheme.claims().order, "{scheme}");
        let embedded: Option<Vec<&[f64]>> = parts.iter().map(|t| t.embedded()).collect();
        let embedded = embedded.map(|weights| order(&parts, &weights, 6, |_| true));
        assert_eq!(embedded, scheme.claims().embedded_order, "{scheme}");
    }
}

#[test]
fn pairs_keep_what_they_claim_to_keep() {
    for pair in PartitionedTableau::catalogue() {
        let (first, second, s) = (pair.first(), pair.second(), pair.stages());
        let pairs = || (0..s).flat_map(|i| (0..s).map(move |j| (i, j)));
        let violation = |(i, j): (usize, usize)| {
            first.b()[i] * second.a(i, j) + second.b()[j] * first.a(j, i) - first.b()[i] * second.b()[j]
        };
        let separably = pairs().all(|ij| violation(ij).abs() < 1e-15);
        assert_eq!(pair.claims().separably_symplectic, Some(separably), "{pair}");
        assert_eq!(pair.claims().symplectic, Some(separably && first.b() == second.b()), "{pair}");
        let mirrored = |t: &Tableau, (i, j): (usize, usize)| t.a(i, j) + t.a(s - 1 - i, s - 1 - j) - t.b()[j];
        let symmetric = pairs().all(|ij| mirrored(first, ij).abs() + mirrored(second, ij).abs() < 1e-15);
        assert_eq!(pair.claims().symmetric, Some(symmetric), "{pair}");
    }
}

/// The largest `q` with `Σ_j b_j c_j^{k-1} = 1/k` for `k ≤ q`.
fn quadrature_order(weights: &[f64], t: &Tableau) -> i32 {
    let moment = |k: i32| -> f64 { weights.iter().zip(t.c()).map(|(b, c)| b * c.powi(k - 1)).sum() };
    (1..40).take_while(|&k| (moment(k) - 1.0 / f64::from(k)).abs() < TOLERANCE).count() as i32
}

#[test]
fn every_scheme_is_a_quadrature_formula_of_its_order() {
    for t in Tableau::catalogue() {
        assert!(quadrature_order(t.b(), &t) >= t.order().unwrap() as i32, "{t}");
        if let Some(weights) = t.embedded() {
            assert!(quadrature_order(weights, &t) >= t.embedded_order().unwrap() as i32, "{t}");
        }
    }
}

#[test]
fn stage_orders_are_as_claimed() {
    for t in Tableau::catalogue() {
        let residual = |i: usize, k: i32| -> f64 {
            let sum: f64 = t.row(i).iter().zip(t.c()).map(|(a, c)| a * c.powi(k - 1)).sum();
            (sum - t.c()[i].powi(k) / f64::from(k)).abs()
        };
        let holds = |k: &i32| (0..t.stages()).all(|i| residual(i, *k) < TOLERANCE);
        let q = (1..40).take_while(holds).count().min(t.order().unwrap());
        assert_eq!(t.claims().stage_order, Some(q), "{t}");
    }
}

#[test]
fn structure_is_as_claimed() {
    let agree = |claim: Option<bool>, found: bool| claim.is_none_or(|claim| claim == found);
    for t in Tableau::catalogue() {
        let (claims, s, b) = (t.claims(), t.stages(), t.b());
        assert!(agree(claims.explicit, t.is_explicit()), "{t}");
        assert!(agree(claims.diagonally_implicit, t.is_diagonally_implicit()), "{t}");
        assert!(agree(claims.stiffly_accurate, t.is_stiffly_accurate()), "{t}");
        assert!(agree(claims.first_same_as_last, t.is_first_same_as_last()), "{t}");
        let pairs = || (0..s).flat_map(|i| (0..s).map(move |j| (i, j)));
        let conserved = |(i, j)| b[i] * t.a(i, j) + b[j] * t.a(j, i) - b[i] * b[j];
        assert!(agree(claims.symplectic, pairs().all(|ij| conserved(ij).abs() < TOLERANCE)), "{t}");
        let mirrored = |(i, j): (usize, usize)| t.a(i, j) + t.a(s - 1 - i, s - 1 - j) - b[j];
        assert!(agree(claims.symmetric, pairs().all(|ij| mirrored(ij).abs() < TOLERANCE)), "{t}");
        // Algebraic stability: no direction, and no stage alone, in which the matrix is negative.
        let matrix = nalgebra::DMatrix::from_fn(s, s, |i, j| conserved((i, j)));
        let dissipative = matrix.symmetric_eigenvalues().min() > -TOLERANCE && b.iter().all(|&w| w >= 0.0);
        assert!(agree(claims.algebraically_stable, dissipative), "{t}");
    }
}

#[test]
fn every_scheme_is_valid_named_sourced_and_found() {
    let catalogue = Scheme::catalogue();
    assert!(catalogue.len() > 100);
    let single = TABLEAUX.single().count();
    assert_eq!(Tableau::catalogue().len(), single + TABLEAUX.families().map(|f| f.listed.len()).sum::<usize>());
    for scheme in &catalogue {
        let name = scheme.name();
        assert!(!scheme.source().is_empty() && name == plain(name) && scheme.claims().order.is_some(), "{scheme}");
        assert_eq!(&Scheme::by_name(name).unwrap(), scheme);
        assert_eq!(&Scheme::by_name(&name.to_uppercase().replace('_', "-")).unwrap(), scheme);
        for t in parts(scheme) {
            let rows: Vec<&[f64]> = (0..t.stages()).map(|i| t.row(i)).collect();
            let make = if t.has_free_nodes() { Tableau::with_free_nodes } else { Tableau::new };
            let mut again = make(rows, t.b(), t.c()).unwrap().named(t.name()).from_source(t.source());
            if let Some(weights) = t.embedded() {
                again = again.with_embedded(weights).unwrap();
            }
            assert_eq!(&again.claiming(t.claims().clone()), t);
        }
    }
}

fn parts(scheme: &Scheme) -> Vec<&Tableau> {
    match scheme {
        Scheme::Tableau(t) => vec![t],
        Scheme::Partitioned(pair) => vec![pair.first(), pair.second()],
        Scheme::Additive(sum) => sum.parts().iter().collect(),
    }
}

#[test]
fn nodes_are_free_only_where_they_must_be() {
    let free: Vec<String> =
        Tableau::catalogue().iter().filter(|t| t.has_free_nodes()).map(|t| t.name().to_string()).collect();
    assert_eq!(free, ["radau_ia_1", "lobatto_iiib_2", "lobatto_iiie_2"]);
}

#[test]
fn no_name_is_used_twice() {
    let tableaux = [TABLEAUX.names(), TABLEAUX.families().flat_map(more_names).collect()].concat();
    let pairs = [PAIRS.names(), PAIRS.families().flat_map(more_names).collect()];
    let mut names = [tableaux, pairs.concat(), SUMS.names()].concat();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name is used twice");
}

fn more_names<T>(family: &Family<T>) -> Vec<String> {
    let aliases = family.aliases.iter().map(|a| format!("{a}_{}{}", family.listed[0], family.suffix));
    aliases.chain(family.nicknames.iter().map(|(name, _)| name.to_string())).collect()
}

#[test]
fn data_has_no_entry_too_many() {
    for scheme in TABLEAUX.single() {
        let s = scheme.b.len();
        assert_eq!((scheme.a.len(), scheme.c.len()), (s, s), "{}", scheme.name);
        assert!(scheme.a.iter().all(|row| row.len() <= s), "{}", scheme.name);
        assert!(scheme.embedded.is_none_or(|weights| weights.len() == s), "{}", scheme.name);
    }
}

#[test]
fn names_are_read_generously() {
    for (name, expected) in [
        ("euler", "forward_euler"),
        ("Implicit Euler", "backward_euler"),
        ("DOPRI5", "dormand_prince_5_4"),
        ("Crank-Nicolson", "trapezoidal"),
        (" RK4 ", "rk4"),
        ("Gauss-Legendre 4", "gauss_4"),
        ("gauss12", "gauss_12"),
        ("RadauIIA-5", "radau_iia_5"),
        ("radau5", "radau_iia_3"),
        ("one-leg-theta-0.25", "one_leg_theta_0.25"),
        ("two_leg_1/4", "two_leg_theta_0.25"),
        ("SSPRK-4-2", "ssp_4_2"),
        ("ssp_16_3", "ssp_16_3"),
        ("Lobatto IIIC* 3", "lobatto_iiic_star_3"),
        ("one_leg_theta_.5", "one_leg_theta_0.5"),
    ] {
        assert_eq!(Tableau::by_name(name).unwrap().name(), expected);
    }
}

#[test]
fn unknown_names_are_refused_with_a_suggestion() {
    for (name, message) in [
        ("rk5", "unknown scheme `rk5`; did you mean `ck5`?"),
        ("Bakward-Euler", "unknown scheme `Bakward-Euler`; did you mean `backward_euler`?"),
        ("midpoint", "unknown scheme `midpoint`; did you mean `explicit_midpoint`?"),
        ("gauss", "unknown scheme `gauss`; did you mean `gauss_1`?"),
        ("radau_iia_", "unknown scheme `radau_iia_`; did you mean `radau_iia_1`?"),
        ("", "unknown scheme ``; there are forward_euler, euler, "),
        ("quite another thing", "unknown scheme `quite another thing`; there are forward_euler, euler, "),
        ("🦀", "unknown scheme `🦀`; there are forward_euler, euler, "),
    ] {
        let found = Tableau::by_name(name).unwrap_err().to_string();
        assert!(found.starts_with(message), "{found}");
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    for (name, message) in [
        ("gauss_0", "stages is 0, expected a whole number from 1 to 256"),
        ("gauss_2.5", "stages is `2.5`, expected a whole number"),
        ("radau_iia_-1", "stages is `-1`, expected a whole number"),
        ("radau_iia_1000000000", "stages is 1000000000, expected a whole number from 1 to 256"),
        ("gauss_99999999999999999999", "stages is `99999999999999999999`, expected a whole number"),
        ("one_leg_theta_-0.5", "theta is -0.5, expected a number from 0 to 1"),
        ("two_leg_theta_2", "theta is 2, expected a number from 0 to 1"),
        ("one_leg_theta_1e", "theta is `1e`, expected a number (in `1e`, character 1: `1e` is not a number)"),
    ] {
        let found = Tableau::by_name(name).unwrap_err().to_string();
        assert!(found.starts_with(message), "{found}");
    }
}
