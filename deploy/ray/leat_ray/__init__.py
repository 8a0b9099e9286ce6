# SPDX-License-Identifier: BSL-1.0
"""Runs a leat program as one cluster of processes that Ray, or this machine alone, places, watches and restarts."""
