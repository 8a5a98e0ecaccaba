"""A page of the demo that tests can start: any model, and a KanjiVG of three characters."""

import base64
import gzip
import json
import socket
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import yomite

# Strokes of our own in KanjiVG's square of 109 units, in the order taught at school.
_SVG = '<svg xmlns="http://www.w3.org/2000/svg"><g><g id="kvg">{}</g></g></svg>'
PATHS = {
    "十": ("M15,54L94,54", "M54,12L54,98"),
    "人": ("M54,12C52,50 36,80 14,96", "M54,30C62,62 76,84 96,96"),
    "川": ("M24,18C26,50 22,80 10,98", "M54,20L54,86", "M86,12L86,100"),
}

_KANJIDIC = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE kanjidic2 [<!ELEMENT kanjidic2 (header,character*)>]>
<kanjidic2><header><file_version>4</file_version></header>
<character><literal>川</literal><reading_meaning><rmgroup>
<reading r_type="pinyin">chuan1</reading><reading r_type="ja_on">セン</reading>
<reading r_type="ja_kun">かわ</reading><meaning>stream</meaning><meaning>river</meaning>
<meaning m_lang="fr">rivière</meaning></rmgroup><nanori>か</nanori></reading_meaning></character>
<character><literal>永</literal><reading_meaning><rmgroup>
<reading r_type="ja_on">エイ</reading><reading r_type="ja_kun">なが.い</reading>
<meaning>eternity</meaning></rmgroup></reading_meaning></character>
<character><literal>々</literal></character>
</kanjidic2>"""


def write_kanjivg(data_root: Path) -> Path:
    """Write the archive where the data folder keeps KanjiVG."""
    path = data_root / "strokes" / "kanjivg.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for character, paths in PATHS.items():
            content = "".join(f'<path d="{d}"/>' for d in paths)
            archive.writestr(f"kanji/{ord(character):05x}.svg", _SVG.format(content))
    return path


def write_kanjidic(data_root: Path) -> Path:
    """Write the dictionary of two kanji, in KANJIDIC2's format, where the data folder keeps it."""
    path = data_root / "tables" / "kanjidic2.xml.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(_KANJIDIC.encode()))
    return path


@contextmanager
def run_page(model: Any, data_root: Path, **address: Any) -> Iterator[Any]:
    """A running page in this process, on a model file or a reader; its `local_url` ends in a slash."""
    from yomite.apps.demo.endpoints import Endpoints
    from yomite.apps.demo.server import Address, Server

    reader = yomite.load(model, num_threads=1) if isinstance(model, Path | None) else model
    endpoints = Endpoints(reader, data_root)
    server = Server(endpoints, Address(port=find_free_port(), **address))
    thread = Thread(target=server.run)
    thread.start()
    while not server.is_running:
        assert thread.is_alive(), "the server ended"
        time.sleep(0.01)
    try:
        yield server
    finally:
        server.close()
        thread.join()


def find_free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(url: str, body: bytes, **headers: str) -> tuple[int, str]:
    """Status and text of a POST of JSON."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    return _open(request)


def get(url: str, **headers: str) -> tuple[int, str]:
    """Status and text of a GET."""
    return _open(urllib.request.Request(url, headers=headers))


def _open(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def call(url: str, name: str, *data: Any) -> Any:
    """The answer of a named endpoint, by the two requests of docs/demo.md; RuntimeError with its error."""
    status, text = post(f"{url}gradio_api/call/{name}", json.dumps({"data": data}).encode())
    if status != 200:
        raise RuntimeError(f"{status}: {text}")
    _, stream = get(f"{url}gradio_api/call/{name}/{json.loads(text)['event_id']}")
    kind, _, answer = stream.strip().rpartition("\n\n")[2].partition("\ndata: ")
    if kind != "event: complete":
        raise RuntimeError(json.loads(answer)["error"])
    return json.loads(answer)[0]


def to_base64(content: bytes) -> str:
    """Bytes as the endpoints take them."""
    return base64.b64encode(content).decode()
