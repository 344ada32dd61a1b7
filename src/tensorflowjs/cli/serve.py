"""`serve DIR`: the models of a folder in the browser."""

from __future__ import annotations

import argparse
import sys

EXAMPLES = """\
examples:
  tensorflowjs serve web_model
  tensorflowjs serve models --port 0 --open
  tensorflowjs serve models --host 0.0.0.0      (for a phone in the same network, and everybody else in it)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="the folder with the models")
    parser.add_argument("--port", type=int, help="default: 8000, or a free one where that is taken; 0: a free one")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1, this computer alone)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def run(arguments: argparse.Namespace) -> None:
    from tensorflowjs.serve.server import serve

    def ready(address: str) -> None:
        print(f"Serving {arguments.folder} at {address}  (Ctrl-C to stop)", flush=True)
        if arguments.host not in ("127.0.0.1", "localhost", "::1"):
            print("Every computer that can reach this one can read these files.", file=sys.stderr)
        if arguments.open:
            import webbrowser

            webbrowser.open(address)

    serve(arguments.folder, host=arguments.host, port=arguments.port, ready=ready)
