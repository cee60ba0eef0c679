//! What to do about a fit that is bad, or cannot be good.

use super::fit_options::FitOptions;
use kutta::data::{Contradiction, Trajectories};
use kutta::train::{Assessment, Judgement, Seen, Settings, Worth};

/// The largest over the least of a component's values, from which its logarithm is the better component.
const ORDERS: f64 = 1e3;
/// Correlation of a component with the slope of another, from which it is that slope.
const SLOPE: f64 = 0.95;

/// Advice on `data`, the options and training, the first first.
pub fn advice(
    verdict: &Assessment,
    contradiction: Option<&Contradiction>,
    options: &FitOptions,
    data: &Trajectories,
) -> Vec<String> {
    let mut advice = Vec::new();
    let is_bad = verdict.overall >= Worth::Poor;
    if is_bad && options.training.raw {
        advice.push("leave out --raw: networks learn badly in units that are not of order one".to_string());
    }
    if verdict.overall >= Worth::Fair && data.len() > 1 && are_uneven(data) && !options.training.is_in_logarithms() {
        let advised = "try --time log --time-input: intervals differ more than a hundredfold";
        advice.push(format!("{advised}, and the records begin alike"));
    }
    for (name, [least, largest]) in data.components().iter().zip(Seen::of(data).states).filter(|_| is_bad) {
        if least > 0.0 && largest / least >= ORDERS {
            let orders = (largest / least).log10();
            advice.push(format!(
                "`{name}` spans {orders:.0} orders of magnitude: put its logarithm into the file instead, kutta cannot \
                 take it yet"
            ));
        }
    }
    if let Some(contradiction) = contradiction {
        advice.extend(on_data(contradiction, options, data));
    }
    let bad: Vec<_> = verdict.components.iter().filter(|(_, j)| j.worth >= Worth::Worthless).collect();
    let is_other = |i: &usize| verdict.components[&data.components()[*i]].worth < Worth::Worthless && moves(data, *i);
    let others = (0..data.dim()).filter(is_other).count();
    if !bad.is_empty() && others > 0 {
        let names = bad.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
        advice.push(format!(
            "if {names} is imposed from outside, it is an input and no component of the state; inputs cannot be given \
             yet: leave the column out, if the rest can do without it"
        ));
    }
    // What the data contradict cannot be mended by training.
    if is_bad && contradiction.is_none() {
        advice.push(on_training(verdict, options, data));
    }
    advice
}

/// Whether intervals differ as they do in the logarithm of a time from which all records begin.
fn are_uneven(data: &Trajectories) -> bool {
    /// The longest over the shortest.
    const HUNDREDFOLD: f64 = 100.0;
    let intervals = || data.iter().flat_map(|t| t.times().windows(2).map(|ends| ends[1] - ends[0]));
    let (least, most) = intervals().fold((f64::INFINITY, 0.0_f64), |(a, b), h| (a.min(h), b.max(h)));
    let first = data.trajectory(0).times()[0];
    most >= HUNDREDFOLD * least && data.iter().all(|t| (t.times()[0] - first).abs() <= least)
}

/// How data can be made to decide what follows.
fn on_data(contradiction: &Contradiction, options: &FitOptions, data: &Trajectories) -> Vec<String> {
    let mut advice = Vec::new();
    if matches!(contradiction, Contradiction::Crossing(crossing) if crossing.between_trajectories) {
        let records = "the records differ in something that the file does not tell: give it as a column, constant in each \
                       record if it is, or fit the records one by one";
        return vec![records.to_string()];
    }
    let missing: Vec<String> =
        (0..data.dim()).filter(|&i| needs_slope(data, i)).map(|i| data.components()[i].clone()).collect();
    let time = data.time_name();
    match &missing[..] {
        [] => {}
        [name, rest @ ..] => {
            let others = if rest.is_empty() { String::new() } else { format!(", and so for `{}`", rest.join("`, `")) };
            let alone = missing.len() == data.dim() && options.structure.chosen().is_none();
            let option = if alone { "try --second-order, or " } else { "" };
            advice.push(format!(
                "if the equation is of second order, {option}add the slope as a component: a column `{name}_slope` with \
                 (next {name} - {name} before) / (next {time} - {time} before) in each row{others}, without the first and the \
                 last row of each record; smooth noisy data before"
            ));
        }
    }
    let driven = match knows_time(options) || data.contradiction(true).is_some() {
        true => "",
        false => "; --time-input, if that follows the time (a forecast is a guess then)",
    };
    advice.push(format!(
        "if something else decides too, a hidden state or an input, add it as a column if it was measured{driven}; every \
         column is learned as a component, and neither inputs nor hidden states can be given as such yet"
    ));
    advice
}

/// Whether a component moves, and neither is the slope of another nor has its own as a component.
fn needs_slope(data: &Trajectories, component: usize) -> bool {
    let is_free = |other| !is_slope(data, component, other) && !is_slope(data, other, component);
    moves(data, component) && (0..data.dim()).all(is_free)
}

/// Whether a component changes in a record.
fn moves(data: &Trajectories, component: usize) -> bool {
    data.iter().any(|record| {
        let first = record.state(0)[component];
        record.states().chunks_exact(data.dim()).any(|state| state[component] != first)
    })
}

/// Whether a component is the slope of another, but for noise and units.
fn is_slope(data: &Trajectories, of: usize, component: usize) -> bool {
    let pairs = data.iter().flat_map(|record| {
        (1..record.len() - 1).map(move |k| {
            let (before, after) = (record.state(k - 1)[of], record.state(k + 1)[of]);
            [(after - before) / (record.times()[k + 1] - record.times()[k - 1]), record.state(k)[component]]
        })
    });
    let pairs: Vec<[f64; 2]> = pairs.collect();
    let mean = |i: usize| pairs.iter().map(|pair| pair[i]).sum::<f64>() / pairs.len() as f64;
    let means = [mean(0), mean(1)];
    let moment = |i: usize, j: usize| pairs.iter().map(|x| (x[i] - means[i]) * (x[j] - means[j])).sum::<f64>();
    of != component && moment(0, 1) > SLOPE * (moment(0, 0) * moment(1, 1)).sqrt()
}

/// What else training can be told.
fn on_training(verdict: &Assessment, options: &FitOptions, data: &Trajectories) -> String {
    let units = options.hidden.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let follows = |j: &Judgement| j.worth == Worth::Constant || j.error.is_some_and(|e| e <= 0.5);
    let mut others = Vec::new();
    if verdict.components.values().all(follows) {
        // It is the held-out data that are bad.
        others.extend([format!("fewer units than --hidden {units}"), "more data".to_string()]);
        if options.regularisation.settings().is_none() {
            others.push("--jacobian 0.01, for a smooth field".to_string());
        }
        return format!("it follows what it learned from and nothing else: try {}", others.join(", "));
    }
    others.push("another --seed".to_string());
    if options.training.is_by_gradients() || options.training.epochs < Settings::EPOCHS {
        others.push(format!("more --epochs than {}", options.training.epochs));
    }
    if options.training.is_on_whole_records() {
        others.push("--strategy multiple".to_string());
    }
    if verdict.parameters < verdict.numbers {
        others.push(format!("more units than --hidden {units}"));
    }
    // Least squares learn them by themselves, where they find noise.
    if options.training.is_by_gradients() && !options.training.learned_starts {
        others.push("--learned-starts, if the data are noisy".to_string());
    }
    if !knows_time(options) && data.contradiction(true).is_none() {
        others.push("--time-input, if the equation changes with time".to_string());
    }
    format!("try {}", others.join(", "))
}

/// Whether the equation may change with time.
pub fn knows_time(options: &FitOptions) -> bool {
    options.time_input || options.per_step
}
