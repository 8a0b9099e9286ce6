# SPDX-License-Identifier: BSL-1.0
from run import check, run

check("in order, with what failed", run().splitlines(), [
    "192.0.2.1 is in NL",
    "not found: the record took longer than 200 ms",
    "192.0.2.77 is in NL",
    "not found: no such network",
    "198.18.0.4 is in DE",
])
