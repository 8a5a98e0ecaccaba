"""Tars and Parquet files: what is found by headers alone, what is read of any part, and what is damaged."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bulk_inputs import add, draw, name_picture, write_parquet, write_tar

from yomite.bulk.tables import Table, list_table
from yomite.bulk.tars import Tar, list_tar
from yomite.errors import DataError, PictureError


def read_numbers(container: Tar | Table, prefix: str) -> list[int]:
    """Which drawings a container gives, checked against what they are."""
    numbers = []
    for key, content in container.read():
        number = int(key.removesuffix(".png")[-5:])
        assert key == prefix + name_picture(number) and content == draw(number)
        numbers.append(number)
    return numbers


def test_any_part_of_a_tar_is_read_by_itself(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "cells.tar", range(40))
    tar, fault = list_tar(str(path), "cells.tar")
    assert (len(tar), fault) == (40, "")
    assert read_numbers(tar.cut(0, 40), "cells.tar/") == list(range(40))
    assert read_numbers(tar.cut(10, 30).cut(5, 9), "cells.tar/") == [15, 16, 17, 18]


def test_long_and_odd_names_hidden_files_and_links_in_a_tar(tmp_path: Path) -> None:
    names = ["長い名前" * 40 + ".png", "a.PNG", "sp ace.jpeg", "b" * 200 + ".webp"]
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        path = tmp_path / f"{form}.tar"
        with tarfile.open(path, "w", format=form) as tar:
            for name in (*names, "._a.png", "notes.txt"):
                add(tar, name, draw(0))
            link = tarfile.TarInfo("link.png")
            link.type, link.linkname = tarfile.SYMTYPE, "a.PNG"
            tar.addfile(link)
        found, fault = list_tar(str(path), "t")
        assert fault == ""
        assert [key for start in range(4) for key, _ in found.cut(start, start + 1).read()] == [
            f"t/{name}" for name in names
        ]


def damage(content: bytes, kind: str) -> bytes:
    middle = len(content) // 2 // 512 * 512
    return {
        "header": content[:middle] + b"x" * 1024 + content[middle + 1024 :],
        "cut": content[: middle + 100],
        "cut between": content[:middle],
        "endless": content.rstrip(b"\0") + b"\0" * (-len(content.rstrip(b"\0")) % 512),
        "joined": content + content,
    }[kind]


@pytest.mark.parametrize("kind", ["header", "cut", "cut between", "endless", "joined"])
def test_damaged_tar_gives_what_stands_before_the_damage(tmp_path: Path, kind: str) -> None:
    whole = write_tar(tmp_path / "cells.tar", range(40), others=False)
    path = tmp_path / "damaged.tar"
    path.write_bytes(damage(whole.read_bytes(), kind))
    tar, fault = list_tar(str(path), "t")
    assert "byte" in fault and "\n" not in fault
    numbers = read_numbers(tar, "t/")
    assert numbers == list(range(len(numbers)))
    assert (len(numbers) == 40) == (kind in ("endless", "joined"))


@pytest.mark.parametrize("content", [b"", b"no tar", b"\0" * 100, b"x" * 5000])
def test_what_is_no_tar_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.tar").write_bytes(content)
    tar, fault = list_tar(str(tmp_path / "t.tar"), "t")
    assert len(tar) == 0 and fault


def test_tar_that_changes_after_it_was_listed_gives_an_error_for_each_input(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "cells.tar", range(20))
    tar, _ = list_tar(str(path), "cells.tar")
    path.write_bytes(path.read_bytes()[:5000])
    items = list(tar.cut(2, 20).read())
    assert len(items) == 18 and isinstance(items[-1][1], PictureError) and items[-1][0] == "cells.tar#19"


@pytest.mark.parametrize("group", [7, 1000])
def test_any_part_of_a_table_is_read_by_itself(tmp_path: Path, group: int) -> None:
    path = write_parquet(tmp_path / "cells.parquet", range(200), row_group_size=group)
    table, fault = list_table(str(path), "t", None, "name")
    assert table and (len(table), fault) == (200, "")
    assert read_numbers(table, "") == list(range(200))
    assert read_numbers(table.cut(50, 150).cut(20, 95), "") == list(range(70, 145))


def test_rows_without_a_key_column_are_numbered(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "cells.parquet", range(100))
    table, _ = list_table(str(path), "t", None, None)
    assert table and [key for key, _ in table.cut(70, 73).read()] == ["t#70", "t#71", "t#72"]


def test_structs_of_hugging_face_and_empty_cells(tmp_path: Path) -> None:
    values = [{"bytes": draw(0), "path": "0.png"}, {"bytes": None, "path": "1.png"}, None]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(values, kind), "n": [1, 2, 3]}), tmp_path / "t.parquet")
    table, _ = list_table(str(tmp_path / "t.parquet"), "t", None, "n")
    assert table
    (one, content), (two, nothing), (_, none) = table.read()
    assert (one, content, two) == ("1", draw(0), "2")
    assert isinstance(nothing, PictureError) and isinstance(none, PictureError)


@pytest.mark.parametrize(
    ("columns", "column", "key", "complaint"),
    [
        ({"n": [1]}, None, None, "no column of bytes; its columns: n"),
        ({"a": [b""], "b": [b""]}, None, None, r"several columns of bytes \(a, b\).*--column"),
        ({"a": [b""], "n": [1]}, "n", None, "'n' is no bytes; columns of bytes: a"),
        ({"a": [b""], "n": [1]}, "picture", None, "'picture' is not there"),
        ({"a": [b""], "n": [1]}, None, "id", "'id' is not there; its columns: a, n"),
    ],
)
def test_wrong_columns_are_one_line(
    tmp_path: Path, columns: dict[str, Any], column: str | None, key: str | None, complaint: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=complaint):
        list_table(str(tmp_path / "t.parquet"), "t", column, key)


def test_damaged_page_of_a_table_costs_the_rows_of_its_group_alone(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "t.parquet", range(100), row_group_size=50, compression="zstd")
    table, _ = list_table(str(path), "t", None, None)
    assert table
    with pq.ParquetFile(path) as file:
        start = file.metadata.row_group(1).column(1).data_page_offset
    content = bytearray(path.read_bytes())
    content[start + 20 : start + 200] = b"\0" * 180
    path.write_bytes(bytes(content))
    items = list(table.read())
    assert len(items) == 100
    assert [content for _, content in items[:50]] == [draw(number) for number in range(50)]
    assert all(isinstance(content, PictureError) for _, content in items[50:])


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(io.BytesIO(b"PAR1 no").getvalue())
    table, fault = list_table(str(tmp_path / "t.parquet"), "t", None, None)
    assert table is None and "no whole Parquet" in fault and "\n" not in fault
