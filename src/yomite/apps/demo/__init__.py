"""The verb of the page: demo.

The page is Gradio's, the endpoints are JSON without Gradio (endpoints.py), and web/ holds what the browser
runs.
"""

from pathlib import Path
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
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Answer to this name as well; addresses, localhost and the machine's name always work.",
        ),
    ] = None,
    browser: Annotated[
        bool | None, typer.Option(help="Open the page in a browser; by default on this machine's screen.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A released model (the default) or an ONNX file.")
    ] = None,
    line_model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A line model of your own (ONNX)."),
    ] = None,
    page_model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A page model of your own (ONNX)."),
    ] = None,
    ink_model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="An ink finder of your own (ONNX)."),
    ] = None,
    data_root: DataRoot = None,
) -> None:
    """Show a page to draw on: candidates, reasons, pictures, ink; with an API."""
    import gc
    import sys
    import webbrowser

    user, separator, password = (auth or "").partition(":")
    if auth is not None and not (user and separator and password):
        raise YomiteError("--auth is not USER:PASSWORD; type, for example, --auth friend:sesame")
    if root_path and not root_path.startswith(("/", "http://", "https://")):
        raise YomiteError(f"--root-path {root_path}: begins with neither / nor https://; type /{root_path}")
    with needs_extra("demo", "demo"):
        import yomite
        from yomite.apps.demo.endpoints import NO_KANJIVG, Endpoints
        from yomite.apps.demo.server import Address, Server, is_loopback
        from yomite.data.sources import find_data_root, resolve_data_root

    # Without a data folder the page reads; it has no stroke orders and no ink.
    root = resolve_data_root(data_root) if data_root else find_data_root()
    reader = yomite.load(model, line=line_model, page=page_model, ink=ink_model)
    endpoints = Endpoints(reader, root)
    names = tuple(name.lower() for name in allowed_host or ())
    server = Server(endpoints, Address(host, port, root_path, (user, password) if auth else None, names))
    typer.echo(f"The page is at {server.local_url} (Ctrl-C ends it)")
    if not is_loopback(host) and not auth:
        typer.echo("Everyone in the network can use it; --auth USER:PASSWORD asks for a password.")
    if not endpoints.has_kanjivg:
        typer.echo(NO_KANJIVG[0].upper() + NO_KANJIVG[1:] + ".")
    if browser if browser is not None else is_loopback(host) and sys.stdout.isatty():
        webbrowser.open(server.local_url)
    try:
        server.run()
    finally:
        gc.freeze()  # else the last garbage collection goes over all that Gradio imports, for seconds
