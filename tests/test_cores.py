"""Cores against control groups laid out by hand, as both versions of them are mounted."""

import math
import os
from pathlib import Path

import pytest

from yomite import cores


def write_files(folder: Path, **content_by_name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in content_by_name.items():
        (folder / name.replace("__", ".")).write_text(content)


def test_version_2_takes_the_narrowest_group(tmp_path: Path) -> None:
    groups, own = tmp_path / "cgroup", tmp_path / "self"
    own.write_text("0::/outer/inner\n")
    write_files(groups)
    write_files(groups / "outer", cpu__max="150000 100000\n")
    write_files(groups / "outer" / "inner", cpu__max="max 100000\n")
    assert cores.read_quota(groups, own) == 1.5
    write_files(groups / "outer" / "inner", cpu__max="50000 100000\n")
    assert cores.read_quota(groups, own) == 0.5


def test_a_container_finds_its_group_at_the_mount(tmp_path: Path) -> None:
    groups, own = tmp_path / "cgroup", tmp_path / "self"
    own.write_text("0::/docker/1234\n")
    write_files(groups, cpu__max="300000 100000\n")
    assert cores.read_quota(groups, own) == 3


def test_version_1_has_a_folder_for_its_controllers(tmp_path: Path) -> None:
    groups, own = tmp_path / "cgroup", tmp_path / "self"
    own.write_text("5:cpuset:/x\n4:cpu,cpuacct:/x\n1:name=systemd:/x\n")
    write_files(groups / "cpu,cpuacct", cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n")
    assert cores.read_quota(groups, own) == math.inf
    write_files(groups / "cpu,cpuacct" / "x", cpu__cfs_quota_us="200000\n", cpu__cfs_period_us="100000\n")
    assert cores.read_quota(groups, own) == 2


@pytest.mark.parametrize("content", ["", "none", "1 2 3", "x 100000", "0 0"])
def test_what_cannot_be_read_limits_nothing(tmp_path: Path, content: str) -> None:
    groups, own = tmp_path / "cgroup", tmp_path / "self"
    assert cores.read_quota(groups, own) == math.inf
    own.write_text("0::/\n")
    write_files(groups, cpu__max=content)
    assert cores.read_quota(groups, own) == math.inf


def test_cores_are_whole_and_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for quota, expected in ((0.2, 1), (1.0, 1), (math.inf, usable)):
        monkeypatch.setattr(cores, "read_quota", lambda *_, quota=quota: quota)
        assert cores.count_cores() == expected
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(cores, "read_quota", lambda *_: 2.5)
    assert cores.count_cores() == 3
