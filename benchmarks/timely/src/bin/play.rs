// SPDX-License-Identifier: BSL-1.0
//! The workloads of the suite in timely dataflow, played as ../../../play.hpp says: `play WORKLOAD DATA PASSES`.
//! Workers are pinned, tables hash as rustc does, and input is fed in the portions that were found fastest.
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::fs;
use std::hash::{BuildHasher, Hash};
use std::io::{self, BufRead, BufReader, Write};
use std::sync::Arc;
use std::time::Instant;
use timely::communication::Config as Threads;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::core::{Filter, Input, Inspect, Probe};
use timely::dataflow::operators::vec::Map;
use timely::dataflow::operators::{Exchange as _, Operator};
use timely::dataflow::{InputHandle, ProbeHandle, StreamVec};
use timely::worker::Worker;
use timely::{Config, ExchangeData, WorkerConfig};

type Numbers = InputHandle<u64, CapacityContainerBuilder<Vec<u64>>>;

/// Records between two looks at what the other operators have to do.
const PORTION: usize = 4096;

/// Runs `body` on each worker; gives what each returns.
fn on_workers<R: Send + 'static>(
    count: usize,
    body: impl Fn(&mut Worker) -> R + Send + Sync + 'static,
) -> Vec<R> {
    let threads = match count {
        1 => Threads::Thread,
        _ => Threads::Process(count),
    };
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let guards = timely::execute(
        Config {
            communication: threads,
            worker: WorkerConfig::default(),
        },
        move |worker| {
            if worker.peers() > 1 && worker.peers() <= cores.len() {
                core_affinity::set_for_current(cores[worker.index()]);
            }
            body(worker)
        },
    )
    .expect("the workers do not start");
    guards
        .join()
        .into_iter()
        .map(|result| result.expect("a worker has failed"))
        .collect()
}

/// The part of `all` that is this worker's.
fn share<'a, T>(all: &'a [T], worker: &Worker) -> &'a [T] {
    let each = all.len() / worker.peers();
    let begin = each * worker.index();
    if worker.index() + 1 == worker.peers() {
        &all[begin..]
    } else {
        &all[begin..begin + each]
    }
}

fn feed(worker: &mut Worker, numbers: &[u64], passes: usize, mut input: Numbers) {
    for pass in 0..passes {
        for portion in share(numbers, worker).chunks(PORTION) {
            for x in portion {
                input.send(*x);
            }
            worker.step();
        }
        input.advance_to(pass as u64 + 1);
    }
}

fn hash(key: impl Hash) -> u64 {
    FxBuildHasher.hash_one(key)
}

fn total(parts: Vec<u64>) -> String {
    format!("{:016x}", parts.into_iter().fold(0u64, u64::wrapping_add))
}

/// Sums what `step` of each worker adds to its number.
macro_rules! summed {
    () => {{
        let sum = std::rc::Rc::new(std::cell::Cell::new(0u64));
        (sum.clone(), move |x: u64| {
            sum.set(sum.get().wrapping_add(x))
        })
    }};
}

fn filter_half(numbers: Arc<Vec<u64>>, passes: usize, workers: usize) -> String {
    total(on_workers(workers, move |worker| {
        let (sum, add) = summed!();
        let mut input = Numbers::new();
        worker.dataflow(|scope| {
            scope
                .input_from(&mut input)
                .map(|x: u64| x.wrapping_add(7))
                .map(|x| x ^ (x >> 3))
                .map(|x| x.wrapping_mul(5))
                .filter(|x| (x >> 32) < 0x80000000)
                .map(|x| x.wrapping_sub(11))
                .map(|x| x ^ (x << 5))
                .inspect(move |x| add(*x));
        });
        feed(worker, &numbers, passes, input);
        while worker.step_or_park(None) {}
        sum.get()
    }))
}

/// As timely's own example of this name: a round begins when all of the one before have arrived.
fn exchange(numbers: Arc<Vec<u64>>, rounds: usize, workers: usize) -> String {
    total(on_workers(workers, move |worker| {
        let (arrived, add) = summed!();
        let mut input = Numbers::new();
        let probe = ProbeHandle::new();
        let mut sum = 0u64;
        worker.dataflow(|scope| {
            scope
                .input_from(&mut input)
                .exchange(|x: &u64| *x)
                .inspect_batch(move |_time, batch| {
                    for x in batch {
                        sum = std::hint::black_box(sum.wrapping_add(*x));
                    }
                    add(batch.len() as u64);
                })
                .probe_with(&probe);
        });
        for round in 0..rounds as u64 {
            for x in numbers.iter() {
                input.send(*x);
            }
            input.advance_to(round + 1);
            while probe.less_than(input.time()) {
                worker.step();
            }
        }
        arrived.get()
    }))
}

fn running_count(keys: Arc<Vec<u64>>, passes: usize, workers: usize) -> String {
    total(on_workers(workers, move |worker| {
        let (sum, add) = summed!();
        let mut input = Numbers::new();
        worker.dataflow(|scope| {
            scope
                .input_from(&mut input)
                .unary(
                    Exchange::new(|key: &u64| hash(*key)),
                    "Count",
                    |_capability, _info| {
                        let mut counts = FxHashMap::<u64, u64>::default();
                        move |input, output| {
                            input.for_each_time(|time, data| {
                                let mut session = output.session(&time);
                                for key in data.flat_map(|batch| batch.drain(..)) {
                                    let count = counts.entry(key).or_default();
                                    *count += 1;
                                    session.give((key, *count));
                                }
                            });
                        }
                    },
                )
                .container::<Vec<_>>()
                .inspect(move |counted: &(u64, u64)| add(counted.1));
        });
        feed(worker, &keys, passes, input);
        while worker.step_or_park(None) {}
        sum.get()
    }))
}

/// How often each record came, told at the end of the input, in no order.
fn counted<'scope, K: ExchangeData + Hash + Eq>(
    records: StreamVec<'scope, u64, K>,
) -> StreamVec<'scope, u64, (K, u64)> {
    records
        .unary_frontier(
            Exchange::new(|key: &K| hash(key)),
            "Count",
            |capability, _info| {
                let mut counts = FxHashMap::<K, u64>::default();
                let mut at_the_end = Some(capability);
                move |(input, frontier), output| {
                    input.for_each_time(|_time, data| {
                        for key in data.flat_map(|batch| batch.drain(..)) {
                            *counts.entry(key).or_default() += 1;
                        }
                    });
                    if frontier.is_empty() {
                        if let Some(time) = at_the_end.take() {
                            let mut session = output.session(&time);
                            for counted in counts.drain() {
                                session.give(counted);
                            }
                        }
                    }
                }
            },
        )
        .container::<Vec<_>>()
}

fn count_final(keys: Arc<Vec<u64>>, passes: usize, workers: usize) -> String {
    total(on_workers(workers, move |worker| {
        let (sum, add) = summed!();
        let mut input = Numbers::new();
        worker.dataflow(|scope| {
            counted(scope.input_from(&mut input)).inspect(move |(key, count): &(u64, u64)| {
                add(key.wrapping_mul(*count).wrapping_mul(*count))
            });
        });
        feed(worker, &keys, passes, input);
        while worker.step_or_park(None) {}
        sum.get()
    }))
}

/// Worker 0 reads the file, as one file has one reader in the others; the counts come in no order.
fn word_count(path: String, workers: usize) -> (f64, String) {
    let begin = Instant::now();
    let parts = on_workers(workers, move |worker| {
        let gathered = std::rc::Rc::new(std::cell::RefCell::new(Vec::<(String, u64)>::new()));
        let keep = gathered.clone();
        let mut input = InputHandle::<u64, CapacityContainerBuilder<Vec<String>>>::new();
        worker.dataflow(|scope| {
            let words = scope
                .input_from(&mut input)
                .flat_map(|line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
            counted(words)
                .inspect_batch(move |_time, batch| keep.borrow_mut().extend_from_slice(batch));
        });
        if worker.index() == 0 {
            let file = fs::File::open(&path).expect("the data cannot be read");
            let mut waiting = 0;
            for line in BufReader::with_capacity(1 << 18, file).lines() {
                input.send(line.expect("the data cannot be read"));
                waiting += 1;
                if waiting == PORTION / 10 {
                    waiting = 0;
                    worker.step();
                }
            }
        }
        input.close();
        while worker.step_or_park(None) {}
        gathered.take()
    });
    let seconds = begin.elapsed().as_secs_f64();
    let sums = parts.into_iter().flatten().map(|(word, count)| {
        u64::from(crc32(word.as_bytes()))
            .wrapping_mul(count)
            .wrapping_mul(count)
    });
    (seconds, total(sums.collect()))
}

/// As zlib computes it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |value, byte| {
        (0..8).fold(value ^ u32::from(*byte), |value, _| {
            (value >> 1) ^ if value & 1 == 1 { 0xedb88320 } else { 0 }
        })
    })
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, data, passes] = &arguments[..] else {
        panic!("usage: play WORKLOAD DATA PASSES");
    };
    let passes: usize = passes.parse().expect("PASSES is a number");
    let numbers = if workload == "word_count" {
        Arc::default()
    } else {
        let bytes = fs::read(data).expect("the data cannot be read");
        Arc::new(
            bytes
                .chunks_exact(8)
                .map(|x| u64::from_le_bytes(x.try_into().unwrap()))
                .collect::<Vec<u64>>(),
        )
    };
    let say = |line: String| {
        println!("{line}");
        io::stdout().flush().unwrap();
    };
    say("ready".into());
    for asked in io::stdin().lines() {
        let asked = asked.unwrap();
        let workers = match asked.as_str() {
            "timely -w1" => 1,
            "timely -w2" => 2,
            _ => panic!("no contender of {workload} is called '{asked}'"),
        };
        if workload == "word_count" {
            let (seconds, result) = word_count(data.clone(), workers);
            say(format!("{seconds:.9} {result}"));
            continue;
        }
        let play = match workload.as_str() {
            "filter_half" => filter_half,
            "exchange" => exchange,
            "running_count" => running_count,
            "count_final" => count_final,
            _ => panic!("no workload is called '{workload}'"),
        };
        let begin = Instant::now();
        let result = play(numbers.clone(), passes, workers);
        say(format!("{:.9} {result}", begin.elapsed().as_secs_f64()));
    }
}
