"""One self-contained page about a conversion: what went in and came out, sizes, passes, precision, proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from tensorflowjs.errors import OutputError
from tensorflowjs.report.amounts import size
from tensorflowjs.report.snippet import snippet
from tensorflowjs.version import version

if TYPE_CHECKING:
    from tensorflowjs.pipeline.plan import Plan, PlannedWeight
    from tensorflowjs.pipeline.result import Conversion
    from tensorflowjs.pipeline.verification import Verification
    from tensorflowjs.verify import Comparison, Tolerance

MOST_ROWS = 200
Cells = Sequence[str]


def write_report(path: Path, result: Conversion, plan: Plan, verification: Verification | None) -> None:
    """Write the page to `path`; it needs nothing else, not even a network."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(result, plan, verification), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"The report {path} cannot be written: {error.strerror}.") from error


def page(result: Conversion, plan: Plan, verification: Verification | None) -> str:
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    title = f"{Path(result.input_path).name} for TensorFlow.js"
    body = "\n".join(_sections(result, plan, verification))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>\n{style}</style>\n</head>\n'
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n"
        f"<footer>tensorflowjs {version}</footer>\n</main>\n</body>\n</html>\n"
    )


def _sections(result: Conversion, plan: Plan, verification: Verification | None) -> Iterator[str]:
    yield _figures(result)
    if verification is not None:
        yield _section("Proof", _proof(verification))
    yield _section("Load it", f"<pre><code>{escape(snippet(result.model_json))}</code></pre>")
    if result.notes:
        yield _section("Notes", _list(str(note) for note in result.notes))
    done = [(name, f"{count:,}") for name, count in sorted(result.passes.items()) if count]
    if done:
        yield _section("What the optimiser did", _table(("pass", "changes"), done))
    missed = [(node, name, why) for (name, node), why in sorted(result.missed.items())]
    if missed:
        yield _section("What it had to leave", _table(("node", "pass", "because"), missed))
    yield _section("Weights", _weights(plan.weights))


def _figures(result: Conversion) -> str:
    rows = [
        ("from", f"{result.input_path} ({result.input_format})"),
        ("to", f"{result.model_json} ({result.output_format})"),
        ("layers", f"{result.layers:,}" if result.layers else ""),
        ("nodes", f"{result.nodes:,}" if result.nodes else ""),
        ("parameters", f"{result.parameters:,} in {result.weights:,} tensors"),
        ("size", _size(result)),
    ]
    items = "".join(f"<dt>{key}</dt><dd>{escape(value)}</dd>" for key, value in rows if value)
    return f"<dl>{items}</dl>"


def _size(result: Conversion) -> str:
    files_ = f"{size(result.written_bytes)} in {result.shards} file{'' if result.shards == 1 else 's'}"
    if 0 < result.written_bytes < result.weight_bytes:
        return f"{files_}, {result.weight_bytes / result.written_bytes:.1f} times smaller than as float32"
    return files_


def _proof(found: Verification) -> str:
    verdict = "Every output agrees" if found.ok else "The outputs do NOT agree"
    words = f"{verdict} with that of {found.oracle}, on random inputs of seed {found.seed}, in TF.js ({found.backend})."
    rows = [(each.name, _verdict(each, found.tolerance), *_measures(each)) for each in found.comparisons]
    table = _table(("output", "agrees", "largest error", "relative", "signal to noise", "argmax"), rows)
    apart = f"<p>The first to differ from a plain conversion: {escape(found.apart)}</p>" if found.apart else ""
    return f'<p class="{"good" if found.ok else "bad"}">{escape(words)}</p>{table}{apart}'


def _verdict(each: Comparison, tolerance: Tolerance) -> str:
    if not each.ok(tolerance):
        return "NO"
    return f"yes, {each.rounding}" if each.rounding else "yes"


def _measures(each: Comparison) -> Cells:
    if each.problem:
        return each.problem, "", "", ""
    argmax = "" if each.argmax_agreement is None else f"{each.argmax_agreement:.0%}"
    return f"{each.max_abs:.2e}", f"{each.max_rel:.2e}", f"{each.snr_db:.0f} dB", argmax


def _weights(weights: Sequence[PlannedWeight]) -> str:
    largest = sorted(weights, key=lambda row: -row.stored.nbytes)
    most = max((row.stored.nbytes for row in largest), default=1) or 1
    rows = [_weight(row, most) for row in largest[:MOST_ROWS]]
    heads = ("weight", "shape", "stored as", "size", "", "largest error", "signal to noise")
    more = f"<p>and {len(largest) - MOST_ROWS:,} smaller ones.</p>" if len(largest) > MOST_ROWS else ""
    return _rows_table(heads, rows) + more


def _weight(row: PlannedWeight, most: int) -> str:
    exact = row.stored.dtype == row.dtype
    cells = [
        escape(row.name),
        "&times;".join(map(str, row.shape)) or "one value",
        row.stored.dtype,
        size(row.stored.nbytes),
        f'<div class="bar" style="--share: {row.stored.nbytes / most:.4f}"></div>',
        "" if exact else f"{row.stored.max_abs:.2g}",
        "" if exact else f"{row.stored.snr_db:.0f} dB",
    ]
    return "".join(f"<td>{cell}</td>" for cell in cells)


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{content}\n</section>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _table(heads: Cells, rows: Iterable[Cells]) -> str:
    return _rows_table(heads, ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows])


def _rows_table(heads: Cells, rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    lines = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table></div>'
