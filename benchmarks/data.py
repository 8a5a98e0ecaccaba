"""How fast the ETL readers are, on files of random pixels made here: samples a second of processor time.

python benchmarks/data.py --num-records 20000
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from yomite.data.sources import open_source

# For each file name: bytes of a record, and what stands at which byte so that every code is a character.
LAYOUTS = {
    "ETL1C_01": (2052, {6: 0xB1}),
    "ETL2_1": (2745, {21: 4 << 2, 22: 4 << 4}),
    "ETL4C": (2952, {9: 0xB1}),
    "ETL8G_01": (8199, {2: 0x30, 3: 0x21}),
    "ETL9B_1": (576, {2: 0x30, 3: 0x21}),
    "ETL9G_01": (8199, {2: 0x30, 3: 0x21}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-records", type=int, default=20_000)
    num_records = parser.parse_args().num_records
    print("| file | pixels | samples/s | MB/s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (size, codes) in LAYOUTS.items():
            records = np.random.default_rng(0).integers(0, 256, (num_records, size), dtype=np.uint8)
            for place, value in codes.items():
                records[:, place] = value
            path = Path(folder) / name
            path.write_bytes(records.tobytes())
            source = open_source(str(path), strict=True)
            start = time.process_time()
            num_samples, shape = 0, ()
            for sample in source:
                num_samples, shape = num_samples + 1, sample.picture.shape
            seconds = time.process_time() - start
            path.unlink()
            speed = num_samples / seconds
            print(f"| {name} | {shape[1]} x {shape[0]} | {speed:,.0f} | {speed * size / 1e6:,.0f} |")


if __name__ == "__main__":
    main()
