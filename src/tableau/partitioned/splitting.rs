//! Pairs without parameters: splitting methods, and the two forms of the method of Störmer and Verlet.

use super::super::entry::Entry;
use super::super::listed::entries;
use super::super::{Claims, Tableau};
use super::{Pair, PartitionedTableau};

const GNI: &str = "E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), I.1.4";

pub(in crate::tableau) static SCHEMES: &[&Pair] = &[
    &Pair {
        name: "velocity_verlet",
        aliases: &["verlet", "stormer_verlet", "stoermer_verlet", "störmer_verlet", "kick_drift_kick"],
        source: GNI,
        make: || verlet().0,
    },
    &Pair { name: "position_verlet", aliases: &["drift_kick_drift"], source: GNI, make: || verlet().1 },
    &Pair {
        name: "symplectic_euler_a",
        aliases: &["symplectic_euler", "semi_implicit_euler"],
        source: "E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), I.1.2",
        make: || drift_kick(1, &["1"], &["1"]),
    },
    &Pair {
        name: "symplectic_euler_b",
        aliases: &[],
        source: "E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), I.1.2",
        make: || kick_drift(1, &["1"], &["1"]),
    },
    &Pair {
        name: "ruth_3",
        aliases: &["ruth3"],
        source: "R. D. Ruth, IEEE Trans. Nucl. Sci. 30 (1983) 2669–2671",
        make: || kick_drift(3, &["7/24", "3/4", "-1/24"], &["2/3", "-2/3", "1"]),
    },
    &Pair {
        name: "forest_ruth_4",
        aliases: &["forest_ruth", "yoshida_4", "candy_rozmus_4"],
        source: "E. Forest, R. D. Ruth, Physica D 43 (1990) 105–117; H. Yoshida, Phys. Lett. A 150 (1990) 262–268",
        make: || {
            drift_kick(
                4,
                &["0.6756035959798288", "-0.17560359597982883", "-0.17560359597982883", "0.6756035959798288"],
                &["1.3512071919596575", "-1.7024143839193153", "1.3512071919596575", "0"],
            )
        },
    },
    &Pair {
        name: "suzuki_4",
        aliases: &[],
        source: "M. Suzuki, Phys. Lett. A 146 (1990) 319–323",
        make: || {
            kick_drift(
                4,
                &[
                    "0.20724538589718786",
                    "0.4144907717943757",
                    "-0.12173615769156361",
                    "-0.12173615769156361",
                    "0.4144907717943757",
                    "0.20724538589718786",
                ],
                &[
                    "0.4144907717943757",
                    "0.4144907717943757",
                    "-0.657963087177503",
                    "0.4144907717943757",
                    "0.4144907717943757",
                    "0",
                ],
            )
        },
    },
    // Of order 4 where `Φ1(z) = z`.
    &Pair {
        name: "mclachlan_atela_4",
        aliases: &[],
        source: "R. I. McLachlan, P. Atela, Nonlinearity 5 (1992) 541–562",
        make: || {
            kick_drift(
                3,
                &["0.1344961992774311", "-0.22481980307942082", "0.7563200005156683", "0.33400360328632145"],
                &["0.5153528374311229", "-0.08578201941297364", "0.4415830236164665", "0.12884615836538418"],
            )
        },
    },
    &Pair {
        name: "blanes_moan_4",
        aliases: &["blanes_moan", "s6_4"],
        source: "S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142 (2002) 313–330",
        make: || {
            drift_kick(
                4,
                &[
                    "0.0792036964311957",
                    "0.353172906049774",
                    "-0.0420650803577195",
                    "0.2193769557534996",
                    "-0.0420650803577195",
                    "0.353172906049774",
                    "0.0792036964311957",
                ],
                &[
                    "0.209515106613362",
                    "-0.143851773179818",
                    "0.434336666566456",
                    "0.434336666566456",
                    "-0.143851773179818",
                    "0.209515106613362",
                    "0",
                ],
            )
        },
    },
    &Pair {
        name: "yoshida_6",
        aliases: &["yoshida6"],
        source: "H. Yoshida, Phys. Lett. A 150 (1990) 262–268",
        make: || {
            kick_drift(
                6,
                &[
                    "0.39225680523878",
                    "0.5100434119184585",
                    "-0.4710533854097565",
                    "0.068753168252518",
                    "0.068753168252518",
                    "-0.4710533854097565",
                    "0.5100434119184585",
                    "0.39225680523878",
                ],
                &[
                    "0.78451361047756",
                    "0.235573213359357",
                    "-1.17767998417887",
                    "1.315186320683906",
                    "-1.17767998417887",
                    "0.235573213359357",
                    "0.78451361047756",
                    "0",
                ],
            )
        },
    },
];

/// Half a kick, a drift, half a kick; and half a drift, a kick, half a drift. These are the pairs IIIA–IIIB and IIIB–IIIA
/// of Lobatto of two stages: as such they are defined, and of order 2, where kicks depend on momenta too.
fn verlet() -> (PartitionedTableau, PartitionedTableau) {
    let (a, b, c) = (entries(&["0", "0", "1/2", "1/2"]), entries(&["1/2", "1/2"]), entries(&["0", "1"]));
    let trapezoidal = Tableau::of_entries("", a, b.clone(), c.clone());
    let midpoint = Tableau::of_entries("", entries(&["1/2", "0", "1/2", "0"]), b, c);
    let claims = Claims { order: Some(2), separable_order: Some(2), ..super::conservative() };
    let pair = |first: &Tableau, second: &Tableau| {
        PartitionedTableau::trusted(first.clone(), second.clone()).claiming(claims.clone())
    };
    (pair(&trapezoidal, &midpoint), pair(&midpoint, &trapezoidal))
}

fn drift_kick(separable_order: usize, drifts: &[&str], kicks: &[&str]) -> PartitionedTableau {
    let pair = PartitionedTableau::trusted(sequence(&entries(drifts), true), sequence(&entries(kicks), false));
    pair.claiming(claims(separable_order, drifts == kicks))
}

fn kick_drift(separable_order: usize, kicks: &[&str], drifts: &[&str]) -> PartitionedTableau {
    let pair = PartitionedTableau::trusted(sequence(&entries(drifts), false), sequence(&entries(kicks), true));
    pair.claiming(claims(separable_order, drifts == kicks))
}

/// Where the parts of the system are not separate, little remains of the order.
fn claims(separable_order: usize, same_weights: bool) -> Claims {
    Claims {
        order: Some(1),
        separable_order: Some(separable_order),
        symplectic: Some(same_weights),
        separably_symplectic: Some(true),
        symmetric: Some(false),
        ..Claims::default()
    }
}

/// The tableau of one part of a splitting method: at stage `i` the first `i` of its moves are done, or one more.
pub(super) fn sequence(moves: &[Entry], with_own: bool) -> Tableau {
    let s = moves.len();
    let done = |i: usize| i + usize::from(with_own);
    let zero = Entry::ratio(0, 1);
    let a = (0..s * s).map(|k| if k % s < done(k / s) { moves[k % s].clone() } else { zero.clone() }).collect();
    let c = (0..s).map(|i| Entry::sum(&moves[..done(i)])).collect();
    Tableau::of_entries("", a, moves.to_vec(), c)
}
