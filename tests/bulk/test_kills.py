"""Jobs that are killed as nobody expects it, and typed again: no row is lost, none is there twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from bulk_inputs import check_rows, read_rows, write_tar
from tiny_model import write_tiny_model

NUMBERS = range(2000)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills")
    write_tiny_model(folder / "tiny.onnx")
    write_tar(folder / "t.tar", NUMBERS)
    return folder


def start(folder: Path, out: Path) -> subprocess.Popen[str]:
    options = ["--model", str(folder / "tiny.onnx"), "--shard-size", "5", "--processes", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "yomite", "bulk", str(folder / "t.tar"), "--out", str(out), *options],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores it
    )


def count_shards(out: Path) -> int:
    return len(list(out.glob("*.parquet")))


def wait_until(is_true: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


def find_readers(pid: int) -> list[int]:
    """The processes of the pool, without multiprocessing's tracker."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_killed_jobs_go_on_and_leave_no_process_behind(folder: Path, tmp_path: Path) -> None:
    for _ in range(3):
        process, before = start(folder, tmp_path), count_shards(tmp_path)
        wait_until(lambda before=before: count_shards(tmp_path) >= before + 20)
        readers = find_readers(process.pid)
        process.kill()
        process.communicate()
        assert len(readers) == 2
        wait_until(lambda readers=readers: all(map(is_gone, readers)))
        assert count_shards(tmp_path) < 400
        assert len(read_rows(tmp_path)) == 5 * count_shards(tmp_path)  # what is there is whole
    process = start(folder, tmp_path)
    out, errors = process.communicate()
    assert (process.returncode, errors) == (0, ""), errors  # quiet in a pipe
    assert out.startswith("2,000 rows: 1,800 read, 0 rejected, 200 errors")
    check_rows(read_rows(tmp_path), NUMBERS, "t.tar/")
    assert not list(tmp_path.glob(".shard*"))


def test_killed_reader_is_replaced(folder: Path, tmp_path: Path) -> None:
    process = start(folder, tmp_path)
    wait_until(lambda: count_shards(tmp_path) >= 20)
    os.kill(find_readers(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    check_rows(read_rows(tmp_path), NUMBERS, "t.tar/")


def test_ctrl_c_ends_the_job_quietly(folder: Path, tmp_path: Path) -> None:
    process = start(folder, tmp_path)
    wait_until(lambda: count_shards(tmp_path) >= 20)
    readers = find_readers(process.pid)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate()
    assert (process.returncode, out, errors) == (130, "", "")
    assert all(map(is_gone, readers)) and len(read_rows(tmp_path)) == 5 * count_shards(tmp_path)


def test_full_disk_of_a_reader_is_one_line(folder: Path, tmp_path: Path) -> None:
    """A folder that takes no more files stands for a disk that takes no more bytes."""
    if os.geteuid() == 0 and subprocess.run(["mount", "-V"], capture_output=True).returncode:
        pytest.skip("needs mount, or a user other than root")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", small], capture_output=True)
    if mounted.returncode:
        pytest.skip("may not mount a small disk here")
    try:
        process = start(folder, small)
        out, errors = process.communicate()
        assert (process.returncode, out) == (2, "")
        assert errors.startswith("yomite: ") and errors.count("\n") == 1 and "No space left" in errors
        rows = read_rows(small)
        assert len(rows) == 5 * count_shards(small) > 0
    finally:
        subprocess.run(["umount", small], check=True)
