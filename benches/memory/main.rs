//! Time and memory of a gradient by each memory policy: the tables of `measured.md`, in its words.
//!
//! Run with `RAYON_NUM_THREADS=1 cargo bench --bench memory`.

use kutta::field::{Activation, Field, Mlp, Partitioned};
use kutta::network::{Grid, Memory, OdeBlock, States, Unrolled};
use kutta::tableau::{Method, Multistep, PartitionedTableau};
use kutta::{Number, Tableau};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Bytes held, and the most since this was last set.
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting.
struct Counting;

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
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

/// Two halves of a state, each changed by what a network makes of the other.
fn halves(dim: usize, width: usize) -> Partitioned<Mlp, Mlp> {
    let half = || Mlp::new([dim / 2, width, dim / 2], Activation::Tanh).expect("a network");
    Partitioned::new(half(), half()).expect("two halves")
}

fn pair(name: &str) -> Method {
    PartitionedTableau::by_name(name).expect("a pair of the catalogue").into()
}

/// A block's passes, from some starts to the end of its steps.
struct Passes<'a> {
    unrolled: Unrolled<'a, f64>,
    params: Vec<f64>,
    starts: Vec<f64>,
    cotangents: States<f64>,
    gradient: Vec<f64>,
    start_gradient: Vec<f64>,
}

impl<'a> Passes<'a> {
    fn new<F: Field<f64>>(block: &'a OdeBlock<F>, samples: usize) -> Self {
        let (steps, dim) = (block.step_count(), block.dim());
        let mut grid = Grid::new();
        let times = || (0..=steps).map(|n| n as f64 * block.step());
        (0..samples).for_each(|_| grid.push_observed(times(), [steps]).expect("a grid"));
        let mut cotangents = States::zeros(dim, &grid);
        cotangents.as_mut_slice().fill(1.0);
        let params: Vec<f64> = (0..block.param_count()).map(|k| 0.1 * Number::cos(k as f64)).collect();
        let starts: Vec<f64> = (0..dim * samples).map(|k| Number::sin(k as f64)).collect();
        let (gradient, start_gradient) = (params.clone(), starts.clone());
        let unrolled = block.unroll(&grid).expect("a block that is ready");
        Passes { unrolled, params, starts, cotangents, gradient, start_gradient }
    }

    /// Seconds of a pass forward, and of both.
    fn take(&mut self) -> [f64; 2] {
        let start = Instant::now();
        self.unrolled.forward(&self.params, &self.starts).expect("a pass forward");
        let forward = start.elapsed().as_secs_f64();
        let (params_bar, starts_bar) = (&mut self.gradient, &mut self.start_gradient);
        self.unrolled.backward(&self.params, &self.cotangents, params_bar, starts_bar).expect("a pass back");
        [forward, start.elapsed().as_secs_f64()]
    }
}

fn name(memory: Memory) -> String {
    match memory {
        Memory::StoreAll => "store all".into(),
        Memory::Every(k) => format!("every {k}"),
        Memory::Binomial { slots } => format!("{slots} slots"),
        Memory::Reverse { .. } => "reverse".into(),
        _ => format!("{memory:?}"),
    }
}

/// The most bytes held from here on, while something is done.
fn most<R>(of: impl FnOnce() -> R) -> (usize, R) {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let result = of();
    (MOST.load(Ordering::Relaxed) - before, result)
}

/// Times of all policies for one kind of block.
fn times<F: Field<f64> + Clone>(what: &str, field: F, method: impl Into<Method>, samples: usize) {
    const ROUNDS: usize = 7;
    let (steps, method) = (1000, method.into());
    let policies = [
        Memory::StoreAll,
        Memory::Every(32),
        Memory::Binomial { slots: 32 },
        Memory::Binomial { slots: 10 },
        Memory::Binomial { slots: 5 },
        Memory::Reverse { drift: 1e-8 },
    ];
    let blocks = policies
        .map(|memory| OdeBlock::new(field.clone(), method.clone()).steps(steps).step_size(0.001).memory(memory));
    let mut passes: Vec<_> = blocks.iter().map(|block| Passes::new(block, samples)).collect();
    let mut least = [[f64::INFINITY; 2]; 6];
    // In turn, so that what else the machine does falls on all.
    for _ in 0..ROUNDS {
        for (passes, least) in passes.iter_mut().zip(&mut least) {
            let taken = passes.take();
            *least = [least[0].min(taken[0]), least[1].min(taken[1])];
        }
    }
    // What a step costs that leaves no trace: as in the pass forward with the fewest checkpoints.
    let (forward, stored) = (least[4][0] / steps as f64, least[0][1]);
    for ((memory, [_, both]), passes) in policies.into_iter().zip(least).zip(&passes) {
        let work = passes.unrolled.work();
        let (again, fallbacks) = (work.recomputed / samples, work.fallbacks / samples);
        let expected = (stored + again as f64 * forward) / stored;
        println!(
            "| {what} | {} | {:.2} | {:.2} | {again} | {expected:.2} | {fallbacks} |",
            name(memory),
            1e3 * both,
            both / stored,
        );
    }
}

/// Bytes of a gradient at depths that differ tenfold.
fn memory_by_depth() {
    let policies = [
        Memory::StoreAll,
        Memory::Every(32),
        Memory::Binomial { slots: 32 },
        Memory::Binomial { slots: 8 },
        Memory::Reverse { drift: 1e-8 },
    ];
    for memory in policies {
        let cells = [10, 100, 1000, 10_000].map(|steps| {
            let block = OdeBlock::new(halves(64, 48), pair("symplectic_euler")).steps(steps).step_size(0.001);
            let block = block.memory(memory);
            let (bytes, _) = most(|| Passes::new(&block, 32).take());
            format!("{:.2}", bytes as f64 / 1024.0 / 1024.0)
        });
        println!("| {} | {} |", name(memory), cells.join(" | "));
    }
}

/// One gradient of 10 000 layers of 256 components for 64 samples.
fn deep() {
    for memory in [Memory::Reverse { drift: 1e-8 }, Memory::Binomial { slots: 32 }] {
        let block = OdeBlock::new(halves(256, 128), pair("symplectic_euler")).steps(10_000).step_size(1e-3);
        let block = block.memory(memory);
        let (bytes, seconds) = most(|| Passes::new(&block, 64).take()[1]);
        println!("| {} | {:.1} | {seconds:.1} |", name(memory), bytes as f64 / 1024.0 / 1024.0);
    }
}

fn main() {
    println!("| block | policy | ms | of store all | steps again | expected | fallbacks |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    times("RevNet, d = 64", halves(64, 48), pair("symplectic_euler"), 32);
    times("RevNet, d = 8", halves(8, 16), pair("symplectic_euler"), 32);
    times("Verlet, d = 64", halves(64, 48), pair("stoermer_verlet"), 32);
    times("Verlet, d = 8", halves(8, 16), pair("stoermer_verlet"), 32);
    let network = || Mlp::new([16, 32, 16], Activation::Tanh).expect("a network");
    times("two-step midpoint, d = 16", network(), Multistep::midpoint(), 32);
    times("reversible Heun, d = 16", network(), Method::reversible_heun(), 32);
    times("reversible rk4, d = 16", network(), Method::reversible(&Tableau::rk4()), 32);
    times("implicit midpoint, d = 16", network(), Tableau::implicit_midpoint(), 32);
    println!("\n| policy | 10 | 100 | 1000 | 10 000 |\n| --- | --- | --- | --- | --- |");
    memory_by_depth();
    println!("\n| policy | MiB | seconds |\n| --- | --- | --- |");
    deep();
}
