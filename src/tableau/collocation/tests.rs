//! Families against the conditions and the closed forms that define them.

use super::*;

/// Largest violation of `B(p)`, `C(q)` and `D(r)`:
///
/// ```text
/// B(p): Σ_j b_j c_j^{k-1} = 1/k, k ≤ p,          C(q): Σ_j a_ij c_j^{k-1} = c_i^k/k, k ≤ q,
/// D(r): Σ_i b_i c_i^{k-1} a_ij = b_j (1 − c_j^k)/k, k ≤ r .
/// ```
fn violations(t: &Tableau, [p, q, r]: [usize; 3]) -> [f64; 3] {
    let s = t.stages();
    let top = [p, q, r].into_iter().max().unwrap_or(0) as i32;
    let powers: Vec<Vec<f64>> = t.c().iter().map(|c| (0..=top).map(|k| c.powi(k)).collect()).collect();
    let power = |i: usize, k: usize| powers[i][k];
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |m: f64, x| m.max(x.abs()));
    let stages = |top: usize| (0..s).flat_map(move |i| (1..=top).map(move |k| (i, k)));
    let sum = |w: &[f64], k: usize| -> f64 { (0..s).map(|j| w[j] * power(j, k - 1)).sum() };
    let column = |j: usize, k: usize| -> f64 { (0..s).map(|i| t.b()[i] * power(i, k - 1) * t.a(i, j)).sum() };
    [
        largest(&mut (1..=p).map(|k| sum(t.b(), k) - 1.0 / k as f64)),
        largest(&mut stages(q).map(|(i, k)| sum(t.row(i), k) - power(i, k) / k as f64)),
        largest(&mut stages(r).map(|(j, k)| column(j, k) - t.b()[j] * (1.0 - power(j, k)) / k as f64)),
    ]
}

type Make = fn(usize) -> Result<Tableau, Error>;

/// Each family, its least number of stages, and what is missing to `2s`, `s` and `s` in its conditions `B`, `C`, `D`.
const ALL: [(Make, usize, [usize; 3]); 9] = [
    (Tableau::gauss, 1, [0, 0, 0]),
    (Tableau::radau_ia, 1, [1, 1, 0]),
    (Tableau::radau_iia, 1, [1, 0, 1]),
    (Tableau::lobatto_iiia, 2, [2, 0, 2]),
    (Tableau::lobatto_iiib, 2, [2, 2, 0]),
    (Tableau::lobatto_iiic, 2, [2, 1, 1]),
    (Tableau::lobatto_iiic_star, 2, [2, 1, 1]),
    (Tableau::lobatto_iiid, 2, [2, 1, 1]),
    (Tableau::lobatto_iiie, 2, [2, 2, 2]),
];

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 1e-15, "{f:e} is not {e:e}");
    }
}

#[test]
fn simplifying_conditions_hold_to_rounding_and_no_others_do() {
    for (make, least, missing) in ALL {
        for s in (least..=12).chain([20, 33, 64, MAX_STAGES]) {
            let t = make(s).unwrap();
            let [p, q, r] = [2 * s - missing[0], s - missing[1], s - missing[2]];
            let found = violations(&t, [p, q, r]);
            let rounding = 1e-15 * (s as f64 / 64.0).max(1.0);
            assert!(found.iter().all(|v| *v < rounding), "{}: {found:.1?}", t.name());
            assert!(t.c().is_sorted() && t.b().iter().all(|&w| w > 0.0));
            assert_eq!((t.order(), t.claims().stage_order), (Some(p), Some(q)), "{}", t.name());
            if s <= 4 {
                // One more of each fails.
                let beyond = violations(&t, [p + 1, q + 1, r + 1]);
                assert!(beyond.iter().all(|v| *v > 1e-9), "{}: {beyond:.1?}", t.name());
            }
        }
    }
}

#[test]
fn few_stages_agree_with_closed_forms() {
    let r = |x: f64| x.sqrt();
    let gauss = Tableau::gauss(1).unwrap();
    assert_eq!((gauss.row(0), gauss.b(), gauss.c()), (&[0.5][..], &[1.0][..], &[0.5][..]));
    let radau = Tableau::radau_iia(1).unwrap();
    assert_eq!((radau.row(0), radau.b(), radau.c()), (&[1.0][..], &[1.0][..], &[1.0][..]));

    let gauss = Tableau::gauss(2).unwrap();
    let q = r(3.0) / 6.0;
    close(&gauss.a, &[0.25, 0.25 - q, 0.25 + q, 0.25]);
    close(gauss.b(), &[0.5, 0.5]);
    close(gauss.c(), &[0.5 - q, 0.5 + q]);

    let gauss = Tableau::gauss(3).unwrap();
    let q = r(15.0);
    let (p, m, t) = (5.0 / 36.0, 2.0 / 9.0, 5.0 / 36.0);
    close(gauss.row(0), &[p, m - q / 15.0, t - q / 30.0]);
    close(gauss.row(1), &[p + q / 24.0, m, t - q / 24.0]);
    close(gauss.row(2), &[p + q / 30.0, m + q / 15.0, t]);
    close(gauss.b(), &[5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0]);
    close(gauss.c(), &[0.5 - q / 10.0, 0.5, 0.5 + q / 10.0]);

    let radau = Tableau::radau_iia(2).unwrap();
    assert_eq!(radau.a, [5.0 / 12.0, -1.0 / 12.0, 0.75, 0.25]);
    assert_eq!(radau.c(), [1.0 / 3.0, 1.0]);

    let radau = Tableau::radau_iia(3).unwrap();
    let q = r(6.0);
    close(radau.row(0), &[(88.0 - 7.0 * q) / 360.0, (296.0 - 169.0 * q) / 1800.0, (-2.0 + 3.0 * q) / 225.0]);
    close(radau.row(1), &[(296.0 + 169.0 * q) / 1800.0, (88.0 + 7.0 * q) / 360.0, (-2.0 - 3.0 * q) / 225.0]);
    close(radau.row(2), &[(16.0 - q) / 36.0, (16.0 + q) / 36.0, 1.0 / 9.0]);
    close(radau.c(), &[(4.0 - q) / 10.0, (4.0 + q) / 10.0, 1.0]);
}

/// Expected: computed with 80 digits by integrating the Lagrange polynomials, then rounded.
#[test]
fn many_stages_are_right_to_the_last_bit() {
    let some = |t: &Tableau| [t.a(0, 0), t.a(3, 16), t.a(19, 0), t.b()[7], t.c()[0], t.c()[12]];
    let gauss = [
        0.0044035017847880295,
        -0.00020928748786189656,
        0.008815192522227174,
        0.07104805465919102,
        0.0034357004074525377,
        0.6868530443577098,
    ];
    assert_eq!(some(&Tableau::gauss(20).unwrap()), gauss);
    let radau = [
        0.004633250757911307,
        -0.0007082143490988199,
        0.009257472408776222,
        0.07370843011789524,
        0.003611642818556893,
        0.7097076516539024,
    ];
    assert_eq!(some(&Tableau::radau_iia(20).unwrap()), radau);
}

#[test]
fn radau_is_stiffly_accurate_to_the_last_bit() {
    for s in 1..=40 {
        let scheme = Tableau::radau_iia(s).unwrap();
        assert!(scheme.is_stiffly_accurate());
        assert_eq!((scheme.row(s - 1), scheme.c()[s - 1]), (scheme.b(), 1.0));
    }
}

#[test]
fn gauss_is_symmetric_and_symplectic_to_rounding() {
    for s in 1..=40 {
        let t = Tableau::gauss(s).unwrap();
        let b = t.b();
        for i in 0..s {
            assert_eq!(b[i], b[s - 1 - i]);
            for j in 0..s {
                let (a, mirrored, transposed) = (t.a(i, j), t.a(s - 1 - i, s - 1 - j), t.a(j, i));
                assert!((a + mirrored - b[j]).abs() <= f64::EPSILON * (a.abs() + mirrored.abs() + b[j]));
                let (l, r) = (b[i] * a, b[j] * transposed);
                assert!((l + r - b[i] * b[j]).abs() <= f64::EPSILON * (l.abs() + r.abs() + b[i] * b[j]));
            }
        }
    }
}

fn rows(t: &Tableau) -> Vec<Vec<f64>> {
    (0..t.stages()).map(|i| t.row(i).to_vec()).collect()
}

#[test]
fn families_of_few_stages_agree_with_the_tables() {
    let sixth = 1.0 / 6.0;
    for (t, a) in [
        (Tableau::radau_ia(1), vec![vec![1.0]]),
        (Tableau::radau_ia(2), vec![vec![0.25, -0.25], vec![0.25, 5.0 / 12.0]]),
        (Tableau::lobatto_iiia(2), rows(&Tableau::trapezoidal())),
        (Tableau::lobatto_iiib(2), vec![vec![0.5, 0.0], vec![0.5, 0.0]]),
        (Tableau::lobatto_iiic(2), vec![vec![0.5, -0.5], vec![0.5, 0.5]]),
        (Tableau::lobatto_iiic_star(2), rows(&Tableau::heun())),
        (Tableau::lobatto_iiid(2), vec![vec![0.25, -0.25], vec![0.75, 0.25]]),
        (Tableau::lobatto_iiie(2), vec![vec![0.25, 0.0], vec![0.5, 0.25]]),
        (
            Tableau::lobatto_iiia(3),
            vec![vec![0.0; 3], vec![5.0 / 24.0, 1.0 / 3.0, -1.0 / 24.0], vec![sixth, 2.0 / 3.0, sixth]],
        ),
        (
            Tableau::lobatto_iiib(3),
            vec![vec![sixth, -sixth, 0.0], vec![sixth, 1.0 / 3.0, 0.0], vec![sixth, 5.0 / 6.0, 0.0]],
        ),
        (
            Tableau::lobatto_iiic(3),
            vec![vec![sixth, -1.0 / 3.0, sixth], vec![sixth, 5.0 / 12.0, -1.0 / 12.0], vec![sixth, 2.0 / 3.0, sixth]],
        ),
        (Tableau::lobatto_iiic_star(3), vec![vec![0.0; 3], vec![0.25, 0.25, 0.0], vec![0.0, 1.0, 0.0]]),
    ] {
        let t = t.unwrap();
        close(&rows(&t).concat(), &a.concat());
    }
    let t = Tableau::lobatto_iiia(4).unwrap();
    let q = 5f64.sqrt();
    close(t.c(), &[0.0, 0.5 - q / 10.0, 0.5 + q / 10.0, 1.0]);
    close(t.b(), &[1.0 / 12.0, 5.0 / 12.0, 5.0 / 12.0, 1.0 / 12.0]);
    close(t.row(1), &[(11.0 + q) / 120.0, (25.0 - q) / 120.0, (25.0 - 13.0 * q) / 120.0, (-1.0 + q) / 120.0]);
    let t = Tableau::radau_ia(3).unwrap();
    let q = 6f64.sqrt();
    close(t.row(1), &[1.0 / 9.0, (88.0 + 7.0 * q) / 360.0, (88.0 - 43.0 * q) / 360.0]);
}

#[test]
fn lobatto_families_are_conjugate_and_means() {
    for s in 2..=40 {
        let [a, b, c, star, d, e] = [
            Tableau::lobatto_iiia,
            Tableau::lobatto_iiib,
            Tableau::lobatto_iiic,
            Tableau::lobatto_iiic_star,
            Tableau::lobatto_iiid,
            Tableau::lobatto_iiie,
        ]
        .map(|make| make(s).unwrap());
        let w = a.b();
        for i in 0..s {
            for j in 0..s {
                let conjugate = |x: &Tableau, y: &Tableau| (w[i] * x.a(i, j) + w[j] * y.a(j, i) - w[i] * w[j]).abs();
                for (x, y) in [(&a, &b), (&c, &star), (&d, &d), (&e, &e)] {
                    assert!(conjugate(x, y) < 1e-16, "{} and {}", x.name(), y.name());
                }
                let mirrored = |x: &Tableau, y: &Tableau| (x.a(i, j) + y.a(s - 1 - i, s - 1 - j) - w[j]).abs();
                for (x, y) in [(&a, &a), (&b, &b), (&c, &star), (&d, &d), (&e, &e)] {
                    assert!(mirrored(x, y) < 1e-15, "{} and {}", x.name(), y.name());
                }
                assert!((d.a(i, j) - (c.a(i, j) + star.a(i, j)) / 2.0).abs() < 1e-15);
                assert!((e.a(i, j) - (a.a(i, j) + b.a(i, j)) / 2.0).abs() < 1e-15);
            }
        }
    }
}

#[test]
fn what_is_exact_is_exact_to_the_last_bit() {
    for s in 2..=40 {
        let (a, b) = (Tableau::lobatto_iiia(s).unwrap(), Tableau::lobatto_iiib(s).unwrap());
        assert!(
            a.is_stiffly_accurate()
                && a.is_first_same_as_last()
                && Tableau::lobatto_iiic(s).unwrap().is_stiffly_accurate()
        );
        assert!((0..s).all(|i| b.a(i, s - 1) == 0.0 && b.a(i, 0) == b.b()[0]));
        assert_eq!((a.c()[0], a.c()[s - 1]), (0.0, 1.0));
        let weights = a.b();
        assert!((0..s).all(|i| weights[i] == weights[s - 1 - i]));
    }
}

#[test]
fn impossible_numbers_of_stages_are_refused() {
    for (make, least, _) in ALL {
        for s in [0, least - 1, 257, usize::MAX] {
            let expected = format!("stages is {s}, expected a whole number from {least} to 256");
            assert_eq!(make(s).unwrap_err().to_string(), expected);
        }
    }
}
