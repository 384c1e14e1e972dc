"""Clusters a second that ASE reads from extended XYZ and writes to a database of its own (SQLite, one transaction)."""

import json
import sys
import tempfile
import time
from pathlib import Path

import ase.db
import ase.io

with tempfile.TemporaryDirectory() as folder:
    start = time.perf_counter()
    frames = 0
    with ase.db.connect(Path(folder) / "clusters.db") as database:
        for atoms in ase.io.iread(sys.argv[1], index=":", format="extxyz"):
            tensors = atoms.arrays["ms_shielding"]
            database.write(atoms, label=atoms.info["id"], data={"ms_shielding": tensors})
            frames += 1
    print(json.dumps({"clustersPerSecond": frames / (time.perf_counter() - start)}))
