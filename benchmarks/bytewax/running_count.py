# SPDX-License-Identifier: BSL-1.0
"""running_count.py RECORDS KEYS [STORE]: Bytewax's running count by key, as its users write it; prints its seconds.

The records are numbers from 0 to KEYS - 1, drawn at random with a fixed seed. With STORE, a directory that exists, the
flow keeps its state there each second. `benchmarks/recovery --bytewax PYTHON` runs this.
"""
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSource, cluster_main

records, keys = int(sys.argv[1]), int(sys.argv[2])
store = Path(sys.argv[3]) if len(sys.argv) > 3 else None

draw = random.Random(1)
drawn = [draw.randrange(keys) for _ in range(records)]
if store is not None:
    init_db_dir(store, 2)


def count(before, _record):
    now = (before or 0) + 1
    return now, now


flow = Dataflow("count")
stream = op.input("in", flow, TestingSource(drawn, batch_size=4096))
keyed = op.key_on("key", stream, str)
counted = op.stateful_map("count", keyed, count)
op.output("out", op.filter("none", counted, lambda _pair: False), StdOutSink())

begin = time.monotonic()
cluster_main(flow, [], 0, worker_count_per_proc=1, epoch_interval=timedelta(seconds=1),
             recovery_config=None if store is None else RecoveryConfig(store))
print(time.monotonic() - begin)
