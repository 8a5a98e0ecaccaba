"""Ray on a small cluster of this machine: rows, an actor that is killed, a machine that is lost."""

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bulk_inputs import check_rows, draw, due, read_rows, write_tar
from tiny_model import write_tiny_model

from yomite.bulk import read_dataset
from yomite.bulk.inputs import find_inputs
from yomite.bulk.job import Job, run_job
from yomite.bulk.ray_engine import _ShardWriter
from yomite.bulk.reader import Choice
from yomite.errors import DataError

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
ray = pytest.importorskip("ray", reason='needs the extra: pip install "yomite[bulk]"')

NUMBERS = range(3000)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Ray's clusters of one machine are for Linux")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head with one core and another machine with one; both are processes here."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # Ray's processes find what this one finds.
        patch.setenv("PYTHONPATH", os.pathsep.join(os.path.abspath(path) for path in sys.path if path))
        small: dict[str, Any] = {
            "num_cpus": 1,
            "object_store_memory": 100_000_000,
            "include_dashboard": False,
        }
        # A lost machine is missed after seconds, not after half a minute.
        soon = {"health_check_failure_threshold": 3, "health_check_period_ms": 1000}
        cluster = Cluster(initialize_head=True, head_node_args={**small, "_system_config": soon})
        yield cluster
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray")
    write_tiny_model(folder / "tiny.onnx")
    write_tar(folder / "t.tar", NUMBERS)
    return folder


def kill_an_actor() -> None:
    """Kill the process of an actor that writes shards, as the system does when memory is short."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"MapWorker" in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGKILL)
                return
        except OSError:
            continue
    raise AssertionError("no actor is there")


def test_actor_and_machine_that_are_lost_cost_no_row(cluster: Any, folder: Path, tmp_path: Path) -> None:
    node = cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
    cluster.wait_for_nodes()
    killed: list[str] = []

    def kill() -> None:
        for count, what in ((20, "actor"), (80, "machine")):
            while len(list(tmp_path.glob("*.parquet"))) < count:
                time.sleep(0.01)
            kill_an_actor() if what == "actor" else cluster.remove_node(node, allow_graceful=False)
            killed.append(f"{what} before the end: {len(list(tmp_path.glob('*.parquet'))) < 600}")

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    choice = Choice("character", str(folder / "tiny.onnx"))
    job = Job(str(folder / "t.tar"), tmp_path, choice, "ray", 2, cluster.address, shard_size=5)
    summary = run_job(job)
    killer.join(60)
    assert killed == ["actor before the end: True", "machine before the end: True"]
    assert (summary.num_rows, summary.num_errors) == (3000, 300)
    check_rows(read_rows(tmp_path), NUMBERS, "t.tar/")


def test_actor_tells_what_keeps_it_from_writing(folder: Path, tmp_path: Path) -> None:
    """As a row: Ray would wrap an exception in tracebacks, and read the shard again and again."""
    choice = Choice("character", str(folder / "tiny.onnx"))
    shard = next(find_inputs(str(folder / "t.tar"), tmp_path).cut(20))
    batch = {"shard": [pickle.dumps(shard)]}
    writer = _ShardWriter(tmp_path, choice)
    assert writer(batch) == {"rows": [20], "errors": [2], "fault": [""]}
    written = (tmp_path / shard.name).stat().st_mtime_ns
    assert writer(batch)["rows"] == [20] and (tmp_path / shard.name).stat().st_mtime_ns == written
    (fault,) = _ShardWriter(tmp_path / "nowhere", choice)(batch)["fault"]
    assert "every machine must see the folder at this path" in fault and "\n" not in fault


def test_dataset_is_read_beside_its_own_columns(cluster: Any, folder: Path) -> None:
    ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False, ignore_reinit_error=True)
    dataset = ray.data.from_items([{"n": number, "bytes": draw(number)} for number in range(40)])
    model = str(folder / "tiny.onnx")
    rows = read_dataset(dataset, model=model, num_actors=1).take_all()
    assert {row["n"]: row["text"] for row in rows} == {number: due(number) for number in range(40)}
    assert all((row["error"] is None) == (row["n"] % 10 != 9) for row in rows)
    assert set(rows[0]) == {
        "n",
        "text",
        "confidence",
        "is_rejected",
        "candidates",
        "model",
        "version",
        "error",
    }
    with pytest.raises(DataError, match="no column 'image'; its columns: n, bytes"):
        read_dataset(dataset, column="image")
    named = dataset.rename_columns({"n": "text"})
    with pytest.raises(DataError, match="has the columns text already"):
        read_dataset(named)
