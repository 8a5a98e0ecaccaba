"""How fast pictures are read in bulk, beside `recognize_many`; memory over the run, and what a resume costs.

    python benchmarks/bulk.py --data-root ../shared/data --num 100000
    python benchmarks/bulk.py --task page --folder ../shared/data/dev/lines/pages --num 1000

The pictures are repeated until there are so many, in tars of 1,000. Each engine is the command
`yomite bulk`, from its start to its summary. Prints tables for benchmarks/README.md.
"""

import argparse
import io
import itertools
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from PIL import Image

import yomite
from yomite.cores import count_cores
from yomite.data.sources import open_source
from yomite.ink.pictures import read_gray

TAR_SIZE = 1000
MEMORY_SECONDS = 0.25


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=["character", "line", "page"], default="character")
    parser.add_argument("--num", type=int, default=100_000, help="how many pictures")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--pictures", default="dev/touchscreen-100", help="a named set")
    parser.add_argument("--folder", type=Path, help="pictures of one's own instead, such as pages")
    parser.add_argument("--engines", nargs="+", default=["local:1", "local:2", "ray:1", "ray:2"])
    parser.add_argument("--work", type=Path, help="folder for inputs and results; by default a temporary one")
    options = parser.parse_args()
    print(describe_machine(), end="\n\n")
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        source = Path(work) / "in"
        pictures = read_pictures(options)
        write_tars(source, itertools.islice(itertools.cycle(pictures), options.num))
        print(f"{options.num:,} pictures, {len(pictures)} different ones, task {options.task}\n")
        rates = print_engines(options, pictures, source, Path(work))
        if engines := [engine for engine in options.engines if engine.startswith("local")]:
            print_resume(options, source, Path(work), engines[0])
    print_forecast(rates)


def read_pictures(options: argparse.Namespace) -> list[bytes]:
    """Return the files of the pictures, as PNG where they are none."""
    if options.folder:
        return [path.read_bytes() for path in sorted(options.folder.iterdir()) if path.suffix != ".json"]
    contents = []
    for sample in open_source(options.pictures, options.data_root):
        file = io.BytesIO()
        Image.fromarray(read_gray(sample.picture)).save(file, "PNG")
        contents.append(file.getvalue())
    return contents


def write_tars(folder: Path, contents: Iterable[bytes]) -> None:
    """Write tars of TAR_SIZE pictures each."""
    folder.mkdir()
    iterator, number = iter(contents), 0
    while chunk := list(itertools.islice(iterator, TAR_SIZE)):
        with tarfile.open(folder / f"{number:05}.tar", "w") as tar:
            for place, content in enumerate(chunk):
                member = tarfile.TarInfo(f"{place:04}.png")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        number += 1


def print_engines(
    options: argparse.Namespace, pictures: list[bytes], source: Path, work: Path
) -> dict[str, float]:
    """Print pictures a second, efficiency and memory of each engine; return the rates by engine."""
    num = min(options.num, 5_000 if options.task == "character" else 300)
    threads = sorted({int(engine.split(":")[1]) for engine in options.engines})
    alone = {count: measure_alone(options.task, pictures, num, count) for count in threads}
    print("| what | pictures/s | of the method with as many threads | memory, first to last quarter |")
    print("|---|---|---|---|")
    for count, rate in alone.items():
        print(f"| the method of Python, {count} threads, {num:,} pictures | {rate:,.1f} | | |")
    rates = {}
    for engine in options.engines:
        name, count = engine.split(":")
        seconds, memory = run(command(options, source, work / engine, name, count))
        rates[engine] = options.num / seconds
        quarters = [max(part, default=0) for part in np.array_split(memory, 4)]
        print(
            f"| {name}, {count} | {rates[engine]:,.1f} | {rates[engine] / alone[int(count)]:.0%} | "
            f"{quarters[0]:,.0f} to {quarters[-1]:,.0f} MB |",
            flush=True,
        )
    print()
    return rates


def measure_alone(task: str, pictures: list[bytes], num: int, num_threads: int) -> float:
    """Return pictures a second of recognize_many, read_lines or read, opening not counted."""
    reader: Any = yomite.load(num_threads=num_threads)
    some = list(itertools.islice(itertools.cycle(pictures), num))

    def read(many: list[bytes]) -> None:
        if task == "character":
            reader.recognize_many(many, top=5, errors="return")
        elif task == "line":
            reader.read_lines(many, errors="return")
        else:
            for one in many:
                reader.read(one)

    read(some[:3])
    start = time.perf_counter()
    read(some)
    return num / (time.perf_counter() - start)


def print_resume(options: argparse.Namespace, source: Path, work: Path, engine: str) -> None:
    """Print what it costs to start again: when all is done, and after kill -9 in the middle."""
    name, count = engine.split(":")
    begin = time.perf_counter()
    run(command(options, source, work / engine, name, count))
    again = time.perf_counter() - begin
    whole = len(list((work / engine).glob("*.parquet")))
    killed = command(options, source, work / "killed", name, count)
    begin = time.perf_counter()
    process = subprocess.Popen(killed)
    while len(list((work / "killed").glob("*.parquet"))) < whole / 2 and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    process.wait()
    run(killed)
    print(f"| {engine} | s |\n|---|---|")
    print(f"| typed again when all is done | {again:.1f} |")
    print(f"| killed at half, and typed again, together | {time.perf_counter() - begin:.1f} |\n")


def print_forecast(rates: dict[str, float]) -> None:
    """Print hours of a core, and of 100 cores, for ten million and a billion pictures."""
    print("| engine | pictures | hours of one core | hours of 100 cores |\n|---|---|---|---|")
    for engine, rate in rates.items():
        per_core = rate / min(int(engine.split(":")[1]), count_cores())
        for num in (10_000_000, 1_000_000_000):
            hours = num / per_core / 3600
            print(f"| {engine} | {num:,} | {hours:,.0f} | {hours / 100:,.1f} |")


def command(options: argparse.Namespace, source: Path, out: Path, engine: str, count: str) -> list[str]:
    """Return the command line of a job."""
    arguments = [str(source), "--out", str(out), "--task", options.task, "--engine", engine]
    return [sys.executable, "-m", "yomite", "bulk", *arguments, "--processes", count]


def run(arguments: list[str]) -> tuple[float, list[float]]:
    """Run a command: seconds, and MB of its processes while it ran (what they share is counted once each)."""
    begin = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    memory: list[float] = []
    watch = threading.Thread(target=lambda: memory.extend(watch_memory(process)))
    watch.start()
    process.wait()
    seconds = time.perf_counter() - begin
    watch.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return seconds, memory


def watch_memory(process: "subprocess.Popen[bytes]") -> Iterator[float]:
    """Yield MB of a process and all below it, until it ends."""
    while process.poll() is None:
        yield sum(map(read_memory, find_family(process.pid)))
        time.sleep(MEMORY_SECONDS)


def find_family(pid: int) -> list[int]:
    """Return a process and all below it; nothing where there is no /proc."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in find_family(int(child)))]


def read_memory(pid: int) -> float:
    """Return the MB that a process holds in memory; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


if __name__ == "__main__":
    main()
