//! Being asked to stop.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// SIGINT and SIGTERM: the first asks training to end, a second one ends the process.
pub struct Signals {
    /// Whether one has come.
    pub stop: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// Waits for them from now on.
    pub fn catch() -> io::Result<Self> {
        let signals = Signals { stop: Arc::default(), which: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds that none has come.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.stop))?;
            flag::register_usize(signal, Arc::clone(&signals.which), signal as usize)?;
            flag::register(signal, Arc::clone(&signals.stop))?;
        }
        Ok(signals)
    }

    /// The exit code for the signal that has come: 130 or 143.
    pub fn exit_code(&self) -> Option<u8> {
        let signal = self.which.load(Ordering::SeqCst);
        self.stop.load(Ordering::SeqCst).then_some(128 + signal as u8)
    }
}
