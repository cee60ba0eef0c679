//! Discs for eigenvalues that suit a scheme.

use kutta::Tableau;
use kutta::field::Spectrum;

fn disc(alpha: f64, beta: f64) -> Spectrum {
    Spectrum::new(alpha, beta).unwrap()
}

#[test]
fn explicit_schemes_bound_the_stiffest_rate() {
    // The ends of the real stability intervals: -2, -2, and -2.785… for the classical scheme.
    for (scheme, end) in
        [(Tableau::forward_euler(), 2.0), (Tableau::heun(), 2.0), (Tableau::rk4(), 2.785_293_563_405_3)]
    {
        let part = disc(-100.0, 3.0).contractive(&scheme, 0.1).unwrap();
        assert!(part.beta().abs() < 1e-6, "{part:?}");
        assert!(part.alpha() >= -10.0 * end - 1e-6, "{part:?}");
        assert!(part.growth(&scheme, 0.1) <= 1.0 + 1e-9);
    }
    let euler = disc(-3.0, 1.0).contractive(&Tableau::forward_euler(), 1.0).unwrap();
    assert!((euler.alpha() + 2.0).abs() < 1e-6);
    let beyond = disc(-3.0, 5.0).contractive(&Tableau::backward_euler(), 1.0).unwrap();
    assert!(beyond.alpha() == -3.0 && beyond.beta().abs() < 1e-6, "{beyond:?}");
    let damped = disc(-30.0, -5.0).within_growth(&Tableau::forward_euler(), 0.1, 0.25).unwrap();
    assert!((damped.alpha() + 12.5).abs() < 1e-6 && (damped.beta() + 7.5).abs() < 1e-6, "{damped:?}");
    let growing = disc(-9.0, 1.0).within_growth(&Tableau::forward_euler(), 1.0, 2.0).unwrap();
    assert!((growing.alpha() + 3.0).abs() < 1e-6 && growing.beta() == 1.0);
}

#[test]
fn implicit_schemes_keep_the_left_half_plane() {
    for scheme in [Tableau::implicit_midpoint(), Tableau::backward_euler(), Tableau::radau_iia(3).unwrap()] {
        let wanted = disc(-25.0, -15.0);
        assert_eq!(wanted.contractive(&scheme, 0.1).unwrap(), wanted);
        // Of what grows, the left half-plane is left.
        let part = disc(-1e6, 3.0).contractive(&scheme, 0.1).unwrap();
        assert!(part.alpha() == -1e6 && part.beta().abs() < 1e-6, "{part:?}");
        assert!(disc(-1e6, 0.0).contractive(&scheme, 1.0).unwrap().alpha() == -1e6, "{}", scheme.name());
    }
}

#[test]
fn no_growth_where_there_is_none_to_have() {
    let error = disc(1.0, 2.0).contractive(&Tableau::forward_euler(), 0.1).unwrap_err().to_string();
    assert!(error.starts_with("spectrum is 1,2"), "{error}");
    assert!(disc(0.0, 20.0).growth(&Tableau::backward_euler(), 0.1).is_infinite());
    assert!(disc(-1.0, 0.0).contractive(&Tableau::rk4(), -0.1).is_err());
    assert!(disc(-1.0, 0.0).within_growth(&Tableau::rk4(), 0.1, f64::NAN).is_err());
}
