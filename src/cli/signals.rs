//! Being asked to stop.

#[cfg(unix)]
use signal_hook::consts::SIGHUP;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Time between two looks whether a signal has come, for it to be answered: a person waits no longer than that.
const PERIOD: Duration = Duration::from_millis(50);

/// SIGINT, SIGTERM and SIGHUP: the first asks training to end, a second one ends the process. Where there is no training
/// any more, the first one does.
pub struct Signals {
    /// Whether one has come that asks training to end.
    pub stop: Arc<AtomicBool>,
    /// Whether the next one ends the process.
    ends: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
    answered: Arc<AtomicBool>,
}

impl Signals {
    /// Waits for them from now on.
    pub fn catch() -> io::Result<Self> {
        let signals =
            Signals { stop: Arc::default(), ends: Arc::default(), which: Arc::default(), answered: Arc::default() };
        let mut all = vec![SIGINT, SIGTERM];
        #[cfg(unix)]
        if !is_ignored(SIGHUP) {
            all.push(SIGHUP);
        }
        for signal in all {
            // In this order: the first signal finds that none has come.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.ends))?;
            flag::register_usize(signal, Arc::clone(&signals.which), signal as usize)?;
            flag::register(signal, Arc::clone(&signals.stop))?;
            flag::register(signal, Arc::clone(&signals.ends))?;
        }
        let (stop, ends, answered) =
            (Arc::clone(&signals.stop), Arc::clone(&signals.ends), Arc::clone(&signals.answered));
        // Until the end of training, which sets `ends` too.
        std::thread::spawn(move || {
            while !ends.load(Ordering::SeqCst) {
                std::thread::sleep(PERIOD);
            }
            if stop.load(Ordering::SeqCst) {
                answer(&answered);
            }
        });
        Ok(signals)
    }

    /// From now on a signal ends the process at once, whatever it waits for. Gives the name of the one that has come.
    pub fn training_ended(&self) -> Option<&'static str> {
        self.ends.store(true, Ordering::SeqCst);
        let name = match self.code()? {
            130 => "SIGINT",
            129 => "SIGHUP",
            _ => "SIGTERM",
        };
        answer(&self.answered);
        Some(name)
    }

    /// The exit code for the signal that has come: 129, 130 or 143.
    pub fn code(&self) -> Option<u8> {
        let signal = self.which.load(Ordering::SeqCst);
        self.stop.load(Ordering::SeqCst).then_some(128 + signal as u8)
    }
}

/// Tells, once, that a signal has been understood.
fn answer(answered: &AtomicBool) {
    if !answered.swap(true, Ordering::SeqCst) {
        let mut err = io::stderr();
        // A bar, and what the terminal shows of the key, stand at the beginning of the line.
        let line = if err.is_terminal() { "\n" } else { "" };
        // Training ends, whether or not somebody reads.
        let _ = writeln!(err, "{line}ending after this epoch; once more to quit without saving");
    }
}

/// Whether the process was started so that it survives this signal, as `nohup` starts it.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
