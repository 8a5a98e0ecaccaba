"""A whole job with the tiny model: rows, resuming, folders that belong to another one, and the summary."""

import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from bulk_inputs import check_rows, draw, due, name_picture, read_rows, write_folder, write_parquet, write_tar
from filelock import FileLock
from tiny_model import write_tiny_model

from yomite.bulk import local, shards
from yomite.bulk.inputs import Shard
from yomite.bulk.job import Job, run_job
from yomite.bulk.reader import Choice, RowReader
from yomite.bulk.summary import Summary
from yomite.errors import DataError, ModelFileError, YomiteError

NUMBERS = range(300)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("pictures"), NUMBERS)


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The local engine without processes, which take a second each; a test that wants them says so."""
    if "processes" in request.fixturenames:
        return

    def run(todo: Any, folder: Path, choice: Choice, num: int, tell: Callable[..., None]) -> None:
        reader = RowReader(choice)
        for shard in todo:
            tell(shards.write_shard(shard, folder, reader))

    monkeypatch.setattr(local, "run_local", run)


@pytest.fixture
def processes() -> None:
    pass


def run(source: Path | str, out: Path, model: Path, **changes: Any) -> Summary:
    return run_job(Job(str(source), out, Choice("character", str(model)), **{"num_readers": 2, **changes}))


def list_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_input_has_its_row(pictures: Path, model: Path, tmp_path: Path, processes: None) -> None:
    summary = run(pictures, tmp_path / "out", model)
    rows = read_rows(tmp_path / "out")
    check_rows(rows, NUMBERS)
    assert (summary.num_rows, summary.num_errors, int(summary.bins.sum())) == (300, 30, 270)
    assert str(summary).startswith("300 rows: 270 read, 0 rejected, 30 errors")
    read = next(row for row in rows if row["error"] is None)
    assert read["confidence"] >= read["candidates"][0]["probability"] > 0.3
    assert read["candidates"][0]["text"] == read["text"] and len(read["candidates"]) == 5
    assert (read["model"], read["is_rejected"]) == ("tiny", False) and read["version"]
    bad = next(row for row in rows if row["error"])
    assert "is not a picture" in bad["error"] and bad["confidence"] is None and bad["candidates"] is None
    assert not [name for name in list_files(tmp_path / "out") if "partial" in name]
    assert [path.parent for path in (tmp_path / "out").rglob("*.parquet")] == [tmp_path / "out"] * 6


def test_tars_tables_and_pictures_in_one_folder(model: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", range(30))
    write_tar(folder / "b.tar", range(30, 60))
    write_parquet(folder / "c.parquet", range(60, 90))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(draw(0))
    run(folder, folder / "out", model, shard_size=7, key_column="name")  # inside: results are no input
    run(folder, folder / "out", model, shard_size=7, key_column="name")
    rows = read_rows(folder / "out")
    check_rows([row for row in rows if "tar" not in row["key"]], [*range(30), *range(60, 90)])
    check_rows([row for row in rows if "tar" in row["key"]], range(30, 60), "b.tar/")
    sizes = [pq.read_metadata(path).num_rows for path in sorted((folder / "out").glob("*.parquet"))]
    assert sizes == [7] * 12 + [6]


def test_a_glob_is_read_in_order(
    pictures: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pictures)
    run("**/*1.png", tmp_path / "out", model)
    numbers = [number for number in NUMBERS if number % 10 == 1]
    check_rows(read_rows(tmp_path / "out"), numbers)


def test_what_is_written_is_not_read_again(
    pictures: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    run(pictures, out, model)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    (out / "shard-000002.parquet").unlink()
    content = (out / "shard-000004.parquet").read_bytes()
    (out / "shard-000004.parquet").write_bytes(content[: len(content) // 2])  # a disk's fault, none of ours
    (out / ".shard-000002.parquet.77.partial").write_bytes(b"half")
    summary = run(pictures, out, model)
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    assert {name for name in after if after[name] != before[name]} == {
        "shard-000002.parquet",
        "shard-000004.parquet",
    }
    check_rows(read_rows(out), NUMBERS)
    assert summary.num_rows == 300 and not list(out.glob(".shard*"))
    monkeypatch.setattr(local, "run_local", lambda *arguments: pytest.fail("there is nothing to do"))
    assert str(run(pictures, out, model)) == str(summary)


def test_full_disk_is_one_line_and_what_is_written_stays(
    pictures: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    real = shards.write_whole

    def write(path: Path, content: bytes) -> None:
        if path.name == "shard-000003.parquet":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "write_whole", write)
        with pytest.raises(
            DataError, match=r"shard-000003.parquet cannot be written \(No space left"
        ) as told:
            run(pictures, out, model)
    assert "\n" not in str(told.value)
    assert len(read_rows(out)) == 150
    run(pictures, out, model)
    check_rows(read_rows(out), NUMBERS)


@pytest.mark.parametrize("name", ["in", "t.tar", "t.parquet"])
def test_inputs_that_vanish_are_no_rows_of_errors(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A machine of a cluster may not have them mounted."""
    write = {"in": write_folder, "t.tar": write_tar, "t.parquet": write_parquet}[name]
    source = write(tmp_path / name, range(100))
    real = local.run_local

    def hide_and_run(*arguments: Any) -> None:
        source.rename(tmp_path / "hidden")
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(local, "run_local", hide_and_run)
        with pytest.raises(DataError, match=f"{name} is not there; every machine"):
            run(source, tmp_path / "out", model)
    assert not list((tmp_path / "out").glob("*.parquet"))
    (tmp_path / "hidden").rename(source)
    assert run(source, tmp_path / "out", model).num_rows == 100


def test_folder_of_another_run_or_model_says_which(model: Path, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(pictures, out, model)
    other = tmp_path / "tiny.onnx"
    write_tiny_model(other, rejection_threshold=json.dumps({"text": 0.1, "uniform": 0.1}))
    folder = write_folder(tmp_path / "in", range(299))
    renamed = Path(shutil.copytree(pictures, tmp_path / "renamed"))
    (renamed / "00001.png").rename(renamed / "00001-b.png")
    before = list_files(out)
    for source, changes, words in (
        (
            pictures,
            {"model": other},
            "read with other models, tiny.onnx [0-9a-f]{12}, not tiny.onnx [0-9a-f]",
        ),
        (folder, {}, "its number of inputs is 300, not 299"),
        (renamed, {}, "its inputs were others"),
        (pictures, {"shard_size": 7}, "the inputs of a shard are 50, not 7"),
    ):
        with pytest.raises(DataError, match=f"holds another run: .*{words}") as told:
            run(source, out, changes.pop("model", model), **changes)
        assert "\n" not in str(told.value)
    with pytest.raises(DataError, match="its task is character, not line"):
        run_job(Job(str(pictures), out, Choice("line")))
    assert list_files(out) == before


@pytest.mark.parametrize("is_begun", [False, True])
def test_parquet_of_something_else_is_left_alone(
    pictures: Path, model: Path, tmp_path: Path, is_begun: bool
) -> None:
    if is_begun:
        run(pictures, tmp_path, model)
    (tmp_path / "own").mkdir()
    write_parquet(tmp_path / "own" / "table.parquet", range(3))
    with pytest.raises(DataError, match=r"table.parquet, (of something else|which is not of this job)"):
        run(pictures, tmp_path, model)


def test_two_jobs_on_one_folder(pictures: Path, model: Path, tmp_path: Path) -> None:
    with FileLock(tmp_path / ".lock"), pytest.raises(DataError, match="another job is writing to"):
        run(pictures, tmp_path, model)
    run(pictures, tmp_path, model)


def test_inputs_that_are_none_are_one_line(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("text")
    (tmp_path / "cells.tar.gz").write_bytes(b"")
    (tmp_path / "broken.tar").write_bytes(b"no tar")
    for source, complaint in (
        (tmp_path / "in", "holds no picture, tar or Parquet file"),
        (tmp_path / "*.png", "holds no picture"),
        (tmp_path / "nowhere", "no such file or folder; give a folder"),
        (tmp_path / "cells.tar.gz", "is compressed"),
        (tmp_path / "broken.tar", "broken.tar is damaged at byte 0"),
    ):
        with pytest.raises(DataError, match=complaint):
            run(source, tmp_path / "out", model)
    with pytest.raises(ModelFileError, match="no model named"):
        run_job(Job(str(tmp_path / "broken.tar"), tmp_path / "out", Choice("character", "nothing")))
    assert not (tmp_path / "out").exists()


def test_damaged_tar_among_others_is_told_when_all_else_is_read(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        write_tar(folder / f"{number}.tar", range(10 * number, 10 * number + 10), others=False)
    content = (folder / "1.tar").read_bytes()
    (folder / "1.tar").write_bytes(content[:4096] + b"x" * 512 + content[4608:])
    for _ in range(2):
        with pytest.raises(DataError, match=r"^1.tar is damaged at byte 4,096; the 24 pictures") as told:
            run(folder, tmp_path / "out", model)
        assert "\n" not in str(told.value)
        rows = read_rows(tmp_path / "out")
        assert sorted(row["key"][:5] for row in rows) == ["0.tar"] * 10 + ["1.tar"] * 4 + ["2.tar"] * 10
    assert "damaged at byte 4,096" in (tmp_path / "out" / "_summary.html").read_text("utf-8")


def test_fault_of_ours_is_the_error_of_one_picture(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever one picture does to the reader, the others have their rows."""
    from yomite.reading import characters

    real = characters.to_drawing
    poison = draw(3)

    def to_drawing(picture: Any, *arguments: Any) -> Any:
        if isinstance(picture, bytes) and picture == poison:
            raise ZeroDivisionError("a fault")
        return real(picture, *arguments)

    monkeypatch.setattr(characters, "to_drawing", to_drawing)
    run(write_tar(tmp_path / "t.tar", range(100)), tmp_path / "out", model)
    rows = {row["key"]: row for row in read_rows(tmp_path / "out")}
    assert len(rows) == 100
    for number in range(100):
        row = rows[f"t.tar/{name_picture(number)}"]
        if draw(number) == poison:
            assert "ZeroDivisionError: a fault" in row["error"]
        elif number % 10 != 9:
            assert row["error"] is None and row["text"]


def test_summary_shows_the_least_sure_readings_first(model: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", range(50))
    write_tar(folder / "t.tar", range(50, 250))
    summary = run(folder, tmp_path / "out", model)
    rows = [row for row in read_rows(tmp_path / "out") if row["error"] is None]
    least = sorted(row["confidence"] for row in rows)[:100]
    assert [one.confidence for one in summary.doubtful] == least
    page = (tmp_path / "out" / "_summary.html").read_text("utf-8")
    assert page.count("<img") == 100 and "200" not in re.findall("<h1>(.*)</h1>", page)
    assert "http" not in re.sub(r"http://www.w3.org/\S+|http://purl\S+", "", page)
    assert "250 rows: 225 read, 0 rejected, 25 errors" in page and "is not a picture" in page


def test_shards_hold_each_input_once() -> None:
    from yomite.bulk.inputs import Inputs
    from yomite.bulk.pictures import Pictures

    parts = tuple(
        Pictures("/", tuple(f"{part}-{i}" for i in range(size))) for part, size in enumerate((5, 1, 9))
    )
    inputs = Inputs(parts, "", ())
    for size in range(1, 20):
        cut: list[Shard] = list(inputs.cut(size))
        keys = [key for shard in cut for key, _ in shard.read()]
        assert keys == [name for part in parts for name in part.names]
        assert [len(shard) for shard in cut[:-1]] == [size] * (len(cut) - 1)
        assert [shard.find(position)[0] for shard in cut for position in range(len(shard))] == keys
    assert [inputs.choose_shard_size(largest) for largest in (5000, 200, 20)] == [50, 2, 1]


def test_links_to_folders_are_followed_and_circles_are_not(model: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", range(10))
    write_folder(tmp_path / "in" / "out2", range(20, 23))  # begins like the job's own folder
    (folder / "linked").symlink_to(write_folder(tmp_path / "elsewhere", range(10, 20)))
    (folder / "a" / "up").symlink_to(folder)
    run(folder, folder / "out", model)
    keys = sorted(row["key"] for row in read_rows(folder / "out"))
    names = [name_picture(number) for number in range(10)]
    names += [f"linked/{name_picture(number)}" for number in range(10, 20)]
    assert keys == sorted([*names, *(f"out2/{name_picture(number)}" for number in range(20, 23))])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_names_that_are_no_text_are_escaped(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, number in ((b"\xff\xfe.png", 3), (b"bad\xff.png", 9)):
        (tmp_path / "in" / os.fsdecode(name)).write_bytes(draw(number))
    run(tmp_path / "in", tmp_path / "out", model)
    good, bad = sorted(read_rows(tmp_path / "out"), key=lambda row: row["error"] or "")
    assert (good["key"], good["text"]) == (r"\xff\xfe.png", due(3))
    assert bad["key"] == r"bad\xff.png" and r"bad\xff.png is not a picture" in bad["error"]


def test_unknown_task_is_told() -> None:
    from yomite.bulk.rows import check_task

    with pytest.raises(YomiteError, match="did you mean 'line'"):
        check_task("lines")
