"""The verb demo, its options, and the container that runs it."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import typer.main
from conftest import PROJECT_ROOT
from demo_page import call, find_free_port, get, post, run_page, write_kanjivg
from tiny_model import STROKES, write_tiny_model
from typer.testing import CliRunner

from yomite.apps.cli import app

DOCKERFILE = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--auth", "friend"], "USER:PASSWORD"),
        (["--auth", ":secret"], "USER:PASSWORD"),
        (["--root-path", "yomite"], "/yomite"),
        (["--port", "99999"], "65535"),
        (["--model", "nobody"], "nobody"),
        (["--line-model", "nothing.onnx"], "nothing.onnx"),
        (["--page-model", "nothing.onnx"], "nothing.onnx"),
        (["--ink-model", "nothing.onnx"], "nothing.onnx"),
        (["--data-root", "/no/such/folder"], "--data-root"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(options: list[str], complaint: str) -> None:
    result = CliRunner().invoke(app, ["demo", *options])
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "tiny.onnx")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["demo", "--port", str(port), "--model", str(model)])
    assert result.exit_code == 2
    assert str(port) in result.stderr
    assert result.stderr.startswith("yomite: ")


def test_without_gradio_the_line_says_what_to_install() -> None:
    program = "import sys; sys.modules['gradio'] = None; from yomite.apps.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "demo"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install" in done.stderr and '[demo]"' in done.stderr
    assert done.stderr.count("\n") == 1


@contextmanager
def run_command(
    folder: Path, *options: str, prepare: Callable[[], None] = lambda: None
) -> Iterator[tuple[subprocess.Popen[bytes], int, list[str]]]:
    """The command with a tiny model, its port, and the first line that it writes."""
    port = find_free_port()
    command = [sys.executable, "-m", "yomite", "demo", "--port", str(port), "--no-browser", *options]
    command += ["--model", str(write_tiny_model(folder / "tiny.onnx"))]

    def begin() -> None:
        # What a shell starts in the background ignores Ctrl-C, and so would the page that these tests start.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        prepare()

    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "YOMITE_DATA": str(folder)}
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, env=environment, preexec_fn=begin
        )
        try:
            assert process.stdout is not None
            yield process, port, [process.stdout.readline().decode()]
        finally:
            process.kill()
            process.communicate()  # else leaving the block would leave a pipe behind


def test_the_command_says_where_the_page_is_and_ends_quietly(tmp_path: Path) -> None:
    with run_command(tmp_path) as (process, port, (line,)):
        assert f"http://127.0.0.1:{port}" in line
        assert "<gradio-app" in get(f"http://127.0.0.1:{port}/")[1]
        process.send_signal(signal.SIGINT)  # Ctrl-C
        process.wait(60)
    assert "Traceback" not in (tmp_path / "errors.txt").read_text()


def test_ctrl_c_does_not_wait_for_pages_that_are_open(tmp_path: Path) -> None:
    """Every open page keeps a stream open; the server had to be killed or took ten seconds to end."""
    with run_command(tmp_path) as (process, port, _), ExitStack() as stack:
        wait_for(f"http://127.0.0.1:{port}/", process)
        for number in range(3):
            stream = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            stream.sendall(f"GET /gradio_api/heartbeat/{number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert stream.recv(1000).startswith(b"HTTP/1.1 200")
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(60)
        assert time.monotonic() - begin < 5
    assert (tmp_path / "errors.txt").read_text() == ""


def test_without_kanjivg_the_command_says_what_to_type(tmp_path: Path) -> None:
    with run_command(tmp_path) as (process, _, _):
        assert process.stdout is not None
        assert "yomite data fetch kanjivg" in process.stdout.readline().decode()


def test_half_sent_requests_keep_nobody_out(tmp_path: Path) -> None:
    """Many of them, on a server that may open few files."""
    resource = pytest.importorskip("resource")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    with run_command(tmp_path, prepare=limit) as (process, port, _), ExitStack() as stack:
        url = f"http://127.0.0.1:{port}/"
        wait_for(url, process)
        half = [stack.enter_context(socket.socket()) for _ in range(400)]
        for one in half:
            one.settimeout(60)
            one.connect(("127.0.0.1", port))
            one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        assert get(url)[0] == 200
        for one in half:
            with suppress(ConnectionResetError):
                assert one.recv(1) == b""  # each of them is let go in the end
    assert (tmp_path / "errors.txt").read_text() == ""


def test_a_page_answers_to_the_names_that_are_its_own(tmp_path: Path) -> None:
    with run_command(tmp_path, "--host", "0.0.0.0", "--allowed-host", "read.example") as (process, port, _):
        url = f"http://127.0.0.1:{port}/"
        wait_for(url, process)
        statuses = {host: get(url, Host=host)[0] for host in ("read.example", "192.168.7.7", "evil.example")}
    assert statuses == {"read.example": 200, "192.168.7.7": 200, "evil.example": 421}


def test_a_password_is_asked_for(tmp_path: Path) -> None:
    from gradio_client import Client

    model = write_tiny_model(tmp_path / "tiny.onnx")
    with run_page(model, tmp_path, auth=("friend", "sesame")) as page:
        url = page.local_url
        body = b'{"data": [[[[0, 0], [9, 9]]], "text", 1, null]}'
        assert 'name="password"' in get(url)[1]
        assert "gradio" not in get(url)[1]
        assert get(f"{url}openapi.json")[0] == get(f"{url}web/pad.js")[0] == 401
        assert post(f"{url}gradio_api/call/recognize_strokes", body)[0] == 401
        form = b"username=friend&password=wrong"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert post(f"{url}login", form, **kind)[0] == 400
        request = urllib.request.Request(f"{url}login", b"username=friend&password=sesame", kind)
        with urllib.request.urlopen(request, timeout=60) as response:
            cookies = [value.split(";")[0] for value in response.headers.get_all("Set-Cookie")]
        cookie = "; ".join(cookies)
        status, _ = post(f"{url}gradio_api/call/recognize_strokes", body, Cookie=cookie)
        assert status == 200
        assert "<gradio-app" in get(url, Cookie=cookie)[1]
        client = Client(url, auth=("friend", "sesame"), verbose=False)
        assert client.predict(STROKES["人"], api_name="/recognize_strokes")["text"] == "人"
        client.close()


def test_the_root_path_is_where_the_page_looks(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "tiny.onnx")
    with run_page(model, tmp_path, root_path="/yomite") as page:
        text = get(page.local_url)[1]
        # A proxy may pass the path on or take it off.
        for path in ("web/pad.js", "yomite/web/pad.js", "yomite/gradio_api/info", "yomite/"):
            assert get(page.local_url + path)[0] == 200, path
    root = re.search(r'"root":"([^"]*)"', text)
    assert root is not None
    assert root[1].endswith("/yomite")


def test_the_container_copies_what_the_package_needs(tmp_path: Path) -> None:
    """What COPY names is there and is enough to build the wheel."""
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            place = tmp_path / (source if target == "./" else target)
            place.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-r", PROJECT_ROOT / source, place], check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "dist").glob("yomite-*.whl"))


def test_the_container_runs_a_known_command_without_rights() -> None:
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith(("#", " "))]
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    (command,) = (line.removeprefix("CMD ") for line in lines if line.startswith("CMD"))
    assert users
    assert users[-1] not in ("root", "0")
    assert lines.index(f"USER {users[-1]}") < lines.index(f"CMD {command}")
    name, verb, *options = shlex.split(command.strip("[]").replace(",", " "))
    assert (name, verb) == ("yomite", "demo")
    demo = typer.main.get_command(app).commands["demo"]  # type: ignore[attr-defined]
    known = {name for option in demo.params for name in (*option.opts, *option.secondary_opts)}
    assert {option for option in options if option.startswith("--")} <= known
    port = options[options.index("--port") + 1]
    assert f"EXPOSE {port}" in lines


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give its rights up")
def test_the_page_starts_for_a_user_who_may_write_nothing() -> None:
    """As in the container: no home, and no right to write where the package lies."""
    nobody = {"user": 65534, "group": 65534, "extra_groups": ()}
    try:
        subprocess.run([sys.executable, "-c", "import yomite"], cwd="/", check=True, **nobody)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this Python is closed to other users")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        model = write_tiny_model(Path(folder) / "tiny.onnx")
        model.chmod(0o644)
        write_kanjivg(Path(folder))
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        scratch.chmod(0o777)
        settings = dict(re.findall(r"([A-Z_]+)=(\S+)", DOCKERFILE.split("ENV ")[1].splitlines()[0]))
        environment = {name: value.replace("/tmp", str(scratch)) for name, value in settings.items()}
        environment |= {"PATH": os.environ["PATH"], "YOMITE_DATA": folder}
        port = find_free_port()
        command = [sys.executable, "-m", "yomite", "demo", "--port", str(port), "--no-browser"]
        command += ["--model", str(model)]
        with subprocess.Popen(command, env=environment, cwd=scratch, **nobody) as process:
            try:
                url = f"http://127.0.0.1:{port}/"
                wait_for(url, process)
                assert call(url, "recognize_strokes", STROKES["十"], "text", 1, None)["text"] == "十"
                assert call(url, "write_text", "十", 0, 0, 0, "felt", 0.5, "screen", 0)  # compiled in scratch
            finally:
                process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers; fails when it ends first."""
    while True:
        assert process.poll() is None, "the server ended"
        try:
            assert get(url)[0] == 200
            return
        except OSError:
            time.sleep(0.3)
