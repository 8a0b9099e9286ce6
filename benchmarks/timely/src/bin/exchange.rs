// SPDX-License-Identifier: BSL-1.0
//! The exchange of ../cluster_exchange.cpp in timely dataflow: `exchange PER_ROUND ROUNDS [timely's arguments]`.
//! Each worker sends the numbers up to PER_ROUND, routed by their value, and goes on when all workers' have arrived.
//! Prints the seconds that it took.
use std::time::Instant;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::operators::{Exchange, Input, Inspect, Probe};
use timely::dataflow::{InputHandle, ProbeHandle};

fn main() {
    let per_round: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let rounds: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    timely::execute_from_args(std::env::args().skip(3), move |worker| {
        let mut input: InputHandle<u64, CapacityContainerBuilder<Vec<u64>>> = InputHandle::new();
        let probe = ProbeHandle::new();
        let mut sum = 0u64;
        worker.dataflow(|scope| {
            scope
                .input_from(&mut input)
                .exchange(|x: &u64| *x)
                .inspect(move |x: &u64| sum = sum.wrapping_add(*x))
                .probe_with(&probe);
        });
        let begin = Instant::now();
        for round in 0..rounds {
            for x in 0..per_round {
                input.send(x);
            }
            input.advance_to(round + 1);
            while probe.less_than(input.time()) {
                worker.step();
            }
        }
        println!("{}", begin.elapsed().as_secs_f64());
    })
    .unwrap();
}
