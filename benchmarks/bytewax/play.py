# SPDX-License-Identifier: BSL-1.0
"""The workloads of the suite in Bytewax, played as ../play.hpp says: play.py WORKLOAD DATA PASSES

Where a contender has `batches` in its name, what is done to single records is done to whole batches, as who cares for
speed writes it: the other is written as Bytewax's tutorial writes it.
"""
import array
import sys
import time
from math import floor
from zlib import crc32

import bytewax.operators as op
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import TestingSource, cluster_main, run_main

WORD = (1 << 64) - 1
BATCH = 4096


class EachBatch(DynamicSink):
    """Gives each batch that arrives at a worker to a function."""

    def __init__(self, take):
        self.take = take

    def build(self, step_id, worker_index, worker_count):
        return EachBatchPart(self.take)


class EachBatchPart(StatelessSinkPartition):
    def __init__(self, take):
        self.take = take

    def write_batch(self, items):
        self.take(items)


def hexed(number):
    return f"{number & WORD:016x}"


def numbers(path, passes):
    values = array.array("Q")
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return list(values) * passes


def ran(flow, workers):
    """The seconds that it took."""
    begin = time.monotonic()
    if workers == 1:
        run_main(flow)
    else:
        cluster_main(flow, [], 0, worker_count_per_proc=workers)
    return time.monotonic() - begin


def filter_half(values, batches, workers):
    sums = []
    flow = Dataflow("chain")
    stream = op.input("in", flow, TestingSource(values, batch_size=BATCH))
    if batches:
        stream = op.flat_map_batch("1", stream, lambda xs: [(x + 7) & WORD for x in xs])
        stream = op.flat_map_batch("2", stream, lambda xs: [x ^ (x >> 3) for x in xs])
        stream = op.flat_map_batch("3", stream, lambda xs: [x * 5 & WORD for x in xs])
        stream = op.flat_map_batch("pass", stream, lambda xs: [x for x in xs if (x >> 32) < 0x80000000])
        stream = op.flat_map_batch("4", stream, lambda xs: [(x - 11) & WORD for x in xs])
        stream = op.flat_map_batch("5", stream, lambda xs: [(x ^ (x << 5)) & WORD for x in xs])
    else:
        stream = op.map("1", stream, lambda x: (x + 7) & WORD)
        stream = op.map("2", stream, lambda x: x ^ (x >> 3))
        stream = op.map("3", stream, lambda x: x * 5 & WORD)
        stream = op.filter("pass", stream, lambda x: (x >> 32) < 0x80000000)
        stream = op.map("4", stream, lambda x: (x - 11) & WORD)
        stream = op.map("5", stream, lambda x: (x ^ (x << 5)) & WORD)
    op.output("out", stream, EachBatch(lambda xs: sums.append(sum(xs))))
    return ran(flow, workers), hexed(sum(sums))


def running_count(values, _batches, workers):
    sums = []

    def count(before, _value):
        now = (before or 0) + 1
        return now, now

    flow = Dataflow("count")
    stream = op.input("in", flow, TestingSource(values, batch_size=BATCH))
    counted = op.stateful_map("count", op.key_on("key", stream, str), count)
    op.output("out", counted, EachBatch(lambda pairs: sums.append(sum(count for _key, count in pairs))))
    return ran(flow, workers), hexed(sum(sums))


def count_final(values, _batches, workers):
    got = []
    flow = Dataflow("count")
    stream = op.input("in", flow, TestingSource(values, batch_size=BATCH))
    op.output("out", op.count_final("count", stream, str), EachBatch(got.extend))
    return ran(flow, workers), hexed(sum(int(key) * count * count for key, count in got))


def word_count(path, batches, workers):
    got = []
    flow = Dataflow("word count")
    lines = op.input("in", flow, FileSource(path))
    if batches:
        words = op.flat_map_batch("split", lines, lambda lines: [word for line in lines for word in line.split()])
    else:
        words = op.flat_map("split", lines, str.split)
    op.output("out", op.count_final("count", words, lambda word: word), EachBatch(got.extend))
    return ran(flow, workers), hexed(sum(crc32(word.encode()) * count * count for word, count in got))


def in_tenths(row):
    name, degrees = row.split(";")
    return name, int(degrees.replace(".", ""))


def add_row(summary, tenths):
    summary[0] = min(summary[0], tenths)
    summary[1] = max(summary[1], tenths)
    summary[2] += tenths
    summary[3] += 1
    return summary


def told(stations):
    """`{name=least/mean/greatest, ...}`; the mean is rounded up where it lies in the middle."""
    texts = []
    for name, (least, greatest, total, count) in sorted(stations, key=lambda station: station[0].encode()):
        texts.append(f"{name}={least / 10:.1f}/{floor(total / count + 0.5) / 10:.1f}/{greatest / 10:.1f}")
    return "{" + ", ".join(texts) + "}"


def temperatures(path, batches, workers):
    got = []
    flow = Dataflow("temperatures")
    rows = op.input("in", flow, FileSource(path))
    if batches:
        pairs = op.flat_map_batch("parse", rows, lambda rows: [in_tenths(row) for row in rows])
    else:
        pairs = op.map("parse", rows, in_tenths)
    summaries = op.fold_final("summary", pairs, lambda: [999, -999, 0, 0], add_row)
    op.output("out", summaries, EachBatch(got.extend))
    begin = time.monotonic()
    ran(flow, workers)
    text = told(got)
    return time.monotonic() - begin, hexed(crc32(text.encode()))


WORKLOADS = {"filter_half": filter_half, "running_count": running_count, "count_final": count_final,
             "word_count": word_count, "temperatures": temperatures}


def main():
    workload, data, passes = sys.argv[1:]
    play = WORKLOADS[workload]
    of = data if workload in ("word_count", "temperatures") else numbers(data, int(passes))
    print("ready", flush=True)
    for asked in sys.stdin:
        name, workers = asked.strip().rsplit(" -w", 1)
        if name not in ("bytewax", "bytewax, batches"):
            sys.exit(f"no contender of {workload} is called '{asked.strip()}'")
        seconds, result = play(of, name != "bytewax", int(workers))
        print(f"{seconds:.9f} {result}", flush=True)


main()
