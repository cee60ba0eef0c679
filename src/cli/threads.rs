//! The threads that several records are shared among.

use super::Failure;
use std::thread::available_parallelism;

/// Makes the threads: as many as are asked for, as `RAYON_NUM_THREADS` says, or as there are cores; but no more than those.
pub fn start(wanted: Option<usize>) -> Result<(), Failure> {
    let cores = available_parallelism().map_or(1, usize::from);
    let variable = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok().filter(|&count| count > 0);
    let count = wanted.or_else(variable).unwrap_or(cores).min(cores);
    let failed = |error| Failure::Failed(format!("{count} threads cannot be had: {error}; ask for fewer by --threads"));
    rayon::ThreadPoolBuilder::new().num_threads(count).build_global().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_as_many_as_cores_at_most_and_failure_is_told() {
        start(Some(usize::MAX)).unwrap();
        assert!(rayon::current_num_threads() <= available_parallelism().map_or(1, usize::from));
        // There can be only one set of them.
        assert!(matches!(start(Some(1)), Err(Failure::Failed(m)) if m.starts_with("1 threads cannot be had")));
    }
}
