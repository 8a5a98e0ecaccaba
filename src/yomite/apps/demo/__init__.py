"""The verb of the page: demo.

The page is Gradio's, the answers are JSON without Gradio (answers.py), and web/ holds what the browser runs.
"""

from typing import Annotated

import typer

from yomite.apps.options import DataRoot, needs_extra
from yomite.errors import YomiteError


def demo(
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Where to listen; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port; else the first free one from 7860.")
    ] = None,
    root_path: Annotated[
        str, typer.Option(metavar="PATH", help="The path, or whole URL, at which a proxy shows the page.")
    ] = "",
    auth: Annotated[
        str | None,
        typer.Option(metavar="USER:PASSWORD", envvar="YOMITE_AUTH", help="Ask for a name and a password."),
    ] = None,
    browser: Annotated[
        bool | None, typer.Option(help="Open the page in a browser; by default on this machine's screen.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A released model (the default) or an ONNX file.")
    ] = None,
    data_root: DataRoot = None,
) -> None:
    """Show a page to draw on: candidates, reasons, pictures, ink; with an API."""
    import sys
    import webbrowser

    user, separator, password = (auth or "").partition(":")
    if auth is not None and not (user and separator and password):
        raise YomiteError("--auth is not USER:PASSWORD; type, for example, --auth friend:sesame")
    if root_path and not root_path.startswith(("/", "http://", "https://")):
        raise YomiteError(f"--root-path {root_path}: begins with neither / nor https://; type /{root_path}")
    with needs_extra("demo", "demo"):
        import yomite
        from yomite.apps.demo.answers import Answers
        from yomite.apps.demo.server import Address, is_loopback, start_server
        from yomite.data.sources import find_data_root, resolve_data_root

    # Without a data folder the page reads; it draws no stroke orders and says where they would come from.
    root = resolve_data_root(data_root) if data_root else find_data_root()
    answers = Answers(yomite.load(model), root)
    page = start_server(answers, Address(host, port, root_path, (user, password) if auth else None))
    typer.echo(f"The page is at {page.local_url} (Ctrl-C ends it)")
    if not is_loopback(host) and not auth:
        typer.echo("Everyone in the network can use it; --auth USER:PASSWORD asks for a password.")
    if browser if browser is not None else is_loopback(host) and sys.stdout.isatty():
        webbrowser.open(str(page.local_url))
    page.block_thread()
