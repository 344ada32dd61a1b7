"""`tensorflowjs_converter`: the compatible door to all conversions."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorflowjs.cli.arguments import parse
from tensorflowjs.errors import ConversionError, UsageError
from tensorflowjs.version import version as __version__

if TYPE_CHECKING:
    from tensorflowjs.pipeline.result import Conversion


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when all went well, 1 when the conversion failed, 2 when the command makes no sense."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy makes threads that nobody needs
    words = sys.argv[1:] if argv is None else argv
    return guarded(lambda: run(parse(words)), debug="--debug" in words)


def guarded(work: Callable[[], None], *, debug: bool = False) -> int:
    """Do `work`; an error becomes a plain message and an exit code."""
    _accept_any_text()
    try:
        with _stopped_like_ctrl_c():
            work()
        sys.stdout.flush()  # here, where it can be said if nobody reads it
    except SystemExit as stop:  # argparse has printed the help
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:
        print("\nStopped. Nothing was written.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001  the last place where anything can be said plainly
        if debug:
            traceback.print_exc()
        return _report(error)
    return 0


def _accept_any_text() -> None:
    """Print what the terminal has no letters for (names of files and layers) in some other way."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _stopped_like_ctrl_c() -> Iterator[None]:
    """Clean up too when asked to end, as by `timeout` or a container that shuts down."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _report(error: Exception) -> int:
    if isinstance(error, ConversionError):
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    what = f"{type(error).__name__}: {error}"
    print(f"error: this should not have happened ({what}).", file=sys.stderr)
    print("Run again with --debug for details, and please report them.", file=sys.stderr)
    return 1


def run(arguments: Namespace) -> None:
    if arguments.show_version:
        _print_versions()
        return
    if not arguments.input_path or not arguments.output_path:
        missing = "output_path" if arguments.input_path else "input_path"
        raise UsageError(f"The {missing} is missing.", hint="Try: tensorflowjs_converter model.keras web_model")
    _convert(arguments)


def _convert(arguments: Namespace) -> None:
    from tensorflowjs.cli.summary import summary

    result = converted(arguments, quantization_map(arguments))
    if not arguments.quiet:
        print(summary(result))


def converted(arguments: Namespace, quantization: Mapping[str, bool | list[str]]) -> Conversion:
    """Do what the flags ask for, with a bar that tells how far it is."""
    from tensorflowjs.cli.progress import shown_progress
    from tensorflowjs.pipeline.run import convert

    with shown_progress(enabled=not arguments.quiet):
        return convert(
            at_home(arguments.input_path),
            at_home(arguments.output_path),
            input_format=arguments.input_format,
            output_format=arguments.output_format,
            quantization_dtype_map=quantization,
            split_weights_by_layer=arguments.split_weights_by_layer,
            weight_shard_size_bytes=arguments.weight_shard_size_bytes,
            metadata=read_metadata(arguments.metadata),
            hash_shards=arguments.hash_shards,
            **graph_options(arguments),
        )


def graph_options(arguments: Namespace) -> dict[str, Any]:
    """The flags that concern graphs, as `GraphOptions` takes them."""
    return {
        "signature_name": arguments.signature_name,
        "saved_model_tags": arguments.saved_model_tags,
        "output_node_names": arguments.output_node_names,
        "skip_op_check": arguments.skip_op_check,
        "strip_debug_ops": arguments.strip_debug_ops,
        "control_flow_v2": arguments.control_flow_v2,
        "use_structured_outputs_names": arguments.use_structured_outputs_names,
        "passes": arguments.passes,
        "disabled_passes": tuple(arguments.disable_pass),
    }


def at_home(path: str) -> str:
    """A path with the `~` that a shell leaves alone in quotes, and always on Windows."""
    return str(Path(path).expanduser()) if path.startswith("~") else path


def quantization_map(arguments: Namespace) -> dict[str, bool | list[str]]:
    """Which weights are to be stored as what, from the flags."""
    chosen = {
        dtype: value
        for dtype in ("float16", "uint8", "uint16")
        if (value := getattr(arguments, f"quantize_{dtype}")) is not None
    }
    if arguments.quantization_bytes:
        if chosen:
            raise UsageError(
                "--quantization_bytes cannot be combined with --quantize_float16, --quantize_uint8, --quantize_uint16."
            )
        dtype = "uint8" if arguments.quantization_bytes == 1 else "uint16"
        if not arguments.quiet:
            print(f"--quantization_bytes is deprecated. Please use --quantize_{dtype}.", file=sys.stderr)
        return {dtype: True}
    return {dtype: _patterns(value) for dtype, value in chosen.items()}


def _patterns(value: str | bool) -> bool | list[str]:
    if value is True or value == "*":
        return True
    return [pattern.strip() for pattern in str(value).split(",") if pattern.strip()]


def read_metadata(value: str | None) -> dict[str, Any]:
    """`key:file.json,key2:file2.json` as the values in those files."""
    metadata = {}
    for item in (value or "").split(","):
        if not item.strip():
            continue
        key, colon, path = item.partition(":")
        if not colon or not key or not path:
            raise UsageError(f"--metadata takes key:file.json, not {item!r}.")
        metadata[key.strip()] = _read_json(Path(path))
    return metadata


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The metadata file {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The metadata file {path} is not JSON: {error}.") from error


def _print_versions() -> None:
    from importlib.metadata import PackageNotFoundError, version

    print(f"tensorflowjs {__version__}\n\nDependency versions:")
    for name in ("numpy", "h5py", "protobuf", "rich"):
        try:
            print(f"  {name} {version(name)}")
        except PackageNotFoundError:
            print(f"  {name} not installed")
    print(f"  python {sys.version.split()[0]}")


if __name__ == "__main__":
    sys.exit(main())
