//! A line of the output.

/// Prints what was measured, its median and 95th percentile, how often, and what is to be reached.
pub fn print(what: &str, unit: &str, values: &[f64], goal: &str) {
    print_with(what, unit, values, 95.0, goal);
}

/// The same with the 99th percentile.
pub fn print_tail(what: &str, unit: &str, values: &[f64], goal: &str) {
    print_with(what, unit, values, 99.0, goal);
}

fn print_with(what: &str, unit: &str, values: &[f64], tail: f64, goal: &str) {
    println!(
        "{what:<62} {:>8.1} {unit} p50 {:>8.1} {unit} p{tail}  n {:<5} {goal}",
        percentile(values, 50.0),
        percentile(values, tail),
        values.len(),
    );
}

/// Prints one that is far below 1 or has no percentiles worth a name: the median, the range.
pub fn print_range(what: &str, unit: &str, values: &[f64], goal: &str) {
    println!(
        "{what:<62} {:>8.2} {unit} p50 {:>8.2} to {:.2}  n {:<5} {goal}",
        percentile(values, 50.0),
        percentile(values, 0.0),
        percentile(values, 100.0),
        values.len(),
    );
}

pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

/// Not a number where there are no values.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * percent / 100.0).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
