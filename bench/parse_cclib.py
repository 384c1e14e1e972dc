"""Megabytes a second of cclib on the files named: a JSON object on a line for each, `error` where it cannot parse one."""

import json
import logging
import os
import sys
import time

import cclib

SECONDS = 1.5


def measure(path):
    size = os.path.getsize(path)
    runs = 0
    start = time.perf_counter()
    while time.perf_counter() - start < SECONDS or runs < 2:
        data = cclib.io.ccopen(path, loglevel=logging.CRITICAL).parse()
        if not hasattr(data, "atomcoords"):
            raise ValueError("no coordinates")
        runs += 1
    return runs * size / 1e6 / (time.perf_counter() - start)


for path in sys.argv[1:]:
    try:
        print(json.dumps({"path": path, "megabytesPerSecond": measure(path)}), flush=True)
    except Exception as error:
        print(json.dumps({"path": path, "error": repr(error)}), flush=True)
