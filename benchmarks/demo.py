"""How the page's server bears many people at once, and people who mean it harm.

    python benchmarks/demo.py [--clients 50] [--seconds 30]

Starts `yomite demo` by itself on this machine, which has to do the clients' work as well. Prints the tables
of docs/demo.md; the first needs Playwright and Chromium and is left out without them.
"""

import argparse
import asyncio
import base64
import io
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from machine import describe_machine
from PIL import Image

DRAWINGS = json.loads((Path(__file__).parents[1] / "examples" / "drawings.json").read_text(encoding="utf-8"))
PEOPLE_PAUSE_S = (0.8, 2.2)
"""From one reading to the next: a person draws a stroke or two, then rests for 300 ms."""


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50, help="people who draw at once")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    print(f"{describe_machine()}\n")
    with _run_server() as (url, process):
        asyncio.run(_call(url, "recognize_strokes", DRAWINGS["ei"]["strokes"], "text", 10, None))
        _print_browser(url)
        print(asyncio.run(_measure_people(url, process, options.clients, options.seconds)))
    with _run_server() as (url, process):
        print(asyncio.run(_measure_harm(url, process)))


def _print_browser(url: str) -> None:
    """From the moment when the drawing is sent until the candidates are on the page, in a real browser."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return
    if browser_path is None:
        return
    latencies = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector(".y-slot")
        box = page.locator(".y-pad").bounding_box()
        assert box is not None
        for drawing in [*DRAWINGS.values()] * 2:
            for stroke in drawing["strokes"]:
                x, y, side = box["x"], box["y"], box["width"] / 100
                page.mouse.move(x + stroke[0][0] * side, y + stroke[0][1] * side)
                page.mouse.down()
                for px, py in stroke[1:]:
                    page.mouse.move(x + px * side, y + py * side)
                page.mouse.up()
            page.wait_for_selector("[data-latency-ms]")
            latencies.append(float(page.locator(".y-draw").get_attribute("data-latency-ms") or 0))
            page.locator(".y-clear").click()
        browser.close()
    rows = (("median", f"{statistics.median(latencies):.0f} ms"), ("slowest", f"{max(latencies):.0f} ms"))
    print(_tabulate(f"one person in a browser, {len(latencies)} drawings: pause over to candidates", rows))


async def _measure_people(url: str, process: int, num_clients: int, seconds: float) -> str:
    latencies: list[float] = []
    lost: list[str] = []
    wrong: list[str] = []
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=num_clients)
    end = time.perf_counter() + seconds

    async def draw(client: httpx.AsyncClient, number: int) -> None:
        choose = random.Random(number)
        await asyncio.sleep(choose.uniform(0, PEOPLE_PAUSE_S[1]))
        while time.perf_counter() < end:
            drawing = choose.choice(list(DRAWINGS.values()))
            begin = time.perf_counter()
            try:
                answer = await _call(
                    url, "recognize_strokes", drawing["strokes"], "text", 10, None, client=client
                )
            except Exception as error:
                lost.append(repr(error))
            else:
                latencies.append(1000 * (time.perf_counter() - begin))
                group = answer["text"] + answer["lookalikes"]
                if drawing["character"] not in group:
                    wrong.append(answer["text"])
            await asyncio.sleep(choose.uniform(*PEOPLE_PAUSE_S))

    memory = _read_memory_mb(process)
    async with httpx.AsyncClient(limits=limits, timeout=120) as client:
        await asyncio.gather(*(draw(client, number) for number in range(num_clients)))
    quantiles = statistics.quantiles(latencies, n=100)
    rows = (
        ("readings", f"{len(latencies):,} in {seconds:.0f} s"),
        ("sent to answered, median", f"{statistics.median(latencies):.0f} ms"),
        ("95 % below", f"{quantiles[94]:.0f} ms"),
        ("slowest", f"{max(latencies):.0f} ms"),
        ("answers lost", f"{len(lost)}" + (f" ({lost[0]})" if lost else "")),
        ("answers mixed up", f"{len(wrong)}"),
        ("memory, before and after", f"{memory:.0f} MB, {_read_memory_mb(process):.0f} MB"),
    )
    return _tabulate(f"{num_clients} people drawing at once", rows)


async def _measure_harm(url: str, process: int) -> str:
    """What bad clients get, and how much memory the server takes meanwhile at most."""
    largest = _encode(Image.new("RGBA", (4000, 4000), (255, 255, 255, 200)))
    huge = _encode(Image.new("L", (10_000, 10_000), 255))
    text = base64.b64encode(b"this is no picture " * 1000).decode()
    long = "A" * 4_000_000
    attacks: tuple[tuple[str, list[Any]], ...] = (
        ("40 x a file that is no picture", [[text]] * 40),
        ("40 x 100 megapixels in a small file", [[huge]] * 40),
        ("40 x 16 megapixels with transparency, the most that is read", [[largest]] * 40),
        ("150 x 4 MB of nonsense at once", [[long]] * 150),
    )
    rows = []
    for what, pictures in attacks:
        peak = _read_memory_mb(process)
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=300) as client:
            tasks = [
                asyncio.create_task(
                    _note(_call(url, "recognize_pictures", one, "text", 1, None, client=client))
                )
                for one in pictures
            ]
            while not all(task.done() for task in tasks):
                await asyncio.sleep(0.05)
                peak = max(peak, _read_memory_mb(process))
        lines = sorted({task.result() for task in tasks})
        answer = await _call(url, "recognize_strokes", DRAWINGS["ei"]["strokes"], "text", 1, None)
        rows.append((what, "; ".join(lines), f"{peak:.0f} MB", answer["text"]))
    return _tabulate("", rows, ("sent", "answers", "memory at most", "a reading afterwards"))


async def _note(call: Any) -> str:
    try:
        (answer,) = await call
    except Exception as error:
        return str(error)[:90]
    return answer.get("error", "read")[:90]


async def _call(url: str, name: str, *data: Any, client: httpx.AsyncClient | None = None) -> Any:
    if client is None:
        async with httpx.AsyncClient(timeout=120) as client:
            return await _call(url, name, *data, client=client)
    joined = await client.post(f"{url}/gradio_api/call/{name}", json={"data": data})
    if joined.status_code != 200:
        raise RuntimeError(f"{joined.status_code} {joined.text}")
    stream = (await client.get(f"{url}/gradio_api/call/{name}/{joined.json()['event_id']}")).text
    kind, _, body = stream.strip().rpartition("\n\n")[2].partition("\ndata: ")
    if kind != "event: complete":
        raise RuntimeError(body)
    return json.loads(body)[0]


@contextmanager
def _run_server() -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "yomite", "demo", "--port", str(port), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(600):
                try:
                    httpx.get(url, timeout=5)
                    break
                except httpx.HTTPError:
                    time.sleep(0.2)
            time.sleep(3)  # what it does once at the start
            yield url, server.pid
        finally:
            server.terminate()


def _encode(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _read_memory_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def _tabulate(title: str, rows: Any, head: tuple[str, ...] | None = None) -> str:
    head = head or (title, "measured")
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
