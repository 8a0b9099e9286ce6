# SPDX-License-Identifier: BSL-1.0
"""on_ray.py PACKAGE ENVIRONMENT: runs the tests of the Python package on real Ray, which is installed into a virtual
environment of that path first. 77, with the reason, where it cannot be installed, or does not start at all.
"""
import subprocess
import sys
from pathlib import Path

from in_environment import installed

RAY = "ray==2.60.0"
STARTS = "import ray; ray.init(num_cpus=1, include_dashboard=False, object_store_memory=100 << 20, log_to_driver=False)"


def main(package, environment):
    why = installed(environment, RAY)
    if why:
        print(f"skipped: {why}")
        return 77
    python = str(environment / "bin" / "python")
    tried = subprocess.run(["timeout", "120", python, "-c", STARTS], capture_output=True, text=True)
    if tried.returncode != 0:
        print(f"skipped: {RAY} does not start on this machine:\n{tried.stderr}")
        return 77
    return subprocess.run([python, "-m", "unittest", "tests.test_ray"], cwd=package).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]).resolve()))
