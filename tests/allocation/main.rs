//! What is allocated, by an allocator that counts. A program of its own, and one test: all its threads share the counters.

mod per_step;
mod policies;
mod records;
mod steps;
mod updates;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Allocations until now.
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
/// Bytes allocated until now, given back or not.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
/// Bytes held, and the most since this was last set.
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting.
struct Counting;

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn allocations() {
    // Threads allocate when they begin, which may be late where there is much else to do.
    rayon::broadcast(|_| ());
    steps::do_not_allocate();
    updates::do_not_allocate();
    per_step::memory_is_in_proportion_to_the_steps();
    policies::do_not_allocate();
    policies::hold_what_they_promise();
    records::are_copied_once();
}
