//! What a report costs: `cargo bench --bench verify`.

use criterion::{Criterion, criterion_group, criterion_main};
use kutta::tableau::Scheme;
use kutta::verify::tree_table::{Colouring, TreeTable};
use kutta::verify::{verify, verify_up_to};
use std::hint::black_box;

fn reports(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify");
    for name in [
        "rk4",
        "ssp_10_4",
        "dormand_prince_5_4",
        "bogacki_shampine_5_4",
        "gauss_3",
        "gauss_5",
        "gauss_10",
        "radau_iia_3",
        "kencarp_5",
        "blanes_moan_4",
    ] {
        let scheme = Scheme::by_name(name).expect("a name of the catalogue");
        group.bench_function(name, |b| b.iter(|| verify(black_box(&scheme))));
    }
    let scheme = Scheme::by_name("prince_dormand_8_7").expect("a name of the catalogue");
    group.bench_function("prince_dormand_8_7, to order 9", |b| b.iter(|| verify_up_to(black_box(&scheme), 9)));
    group.bench_function("rooted trees to order 12", |b| b.iter(|| TreeTable::new(Colouring::PLAIN, black_box(12))));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = reports
}
criterion_main!(benches);
