"""THE table: which reader and which writer take a model from one format to another.

Rooms are named by module and imported only when a conversion takes their route.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorflowjs.errors import UsageError


@dataclass(frozen=True)
class Format:
    name: str
    what: str
    default_output: str | None = None


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("keras", "an HDF5 file (.h5) written by Keras", "tfjs_layers_model"),
        Format("keras_keras", "a .keras archive written by Keras", "tfjs_layers_model"),
        Format("keras_weights", "the .weights.json of Keras weights in several files", "tfjs_layers_model"),
        Format("keras_saved_model", "a SavedModel folder written by tf.keras", "tfjs_layers_model"),
        Format("tf_saved_model", "a SavedModel folder", "tfjs_graph_model"),
        Format("tf_hub", "a TensorFlow Hub module", "tfjs_graph_model"),
        Format("tf_frozen_model", "a frozen GraphDef (.pb)", "tfjs_graph_model"),
        Format("tfjs_layers_model", "a TF.js layers model (model.json)", "keras"),
        Format("tfjs_graph_model", "a TF.js graph model (model.json)", "tfjs_graph_model"),
    )
}


@dataclass(frozen=True)
class Route:
    """From one format to another: `readers.<reader>` reads, `pipeline.<journey>` does the rest.

    `takes` names the graph options that the reader wants.
    """

    source: str
    target: str
    reader: str
    journey: str
    takes: tuple[str, ...] = ()


_SIGNATURE = ("signature_name", "saved_model_tags")


ROUTES: dict[tuple[str, str], Route] = {
    (row.source, row.target): row
    for row in (
        Route("keras", "tfjs_layers_model", reader="keras_h5", journey="layers"),
        Route("keras_keras", "tfjs_layers_model", reader="keras_archive", journey="layers"),
        Route("keras_weights", "tfjs_layers_model", reader="keras_shards", journey="layers"),
        Route("keras_saved_model", "tfjs_layers_model", reader="keras_saved_model", journey="layers"),
        Route("keras", "tfjs_graph_model", reader="keras_h5", journey="lowered"),
        Route("keras_keras", "tfjs_graph_model", reader="keras_archive", journey="lowered"),
        Route("keras_saved_model", "tfjs_graph_model", reader="saved_model", journey="graphs", takes=_SIGNATURE),
        Route("tf_saved_model", "tfjs_graph_model", reader="saved_model", journey="graphs", takes=_SIGNATURE),
        Route("tf_hub", "tfjs_graph_model", reader="hub", journey="graphs", takes=_SIGNATURE),
        Route(
            "tf_frozen_model",
            "tfjs_graph_model",
            reader="frozen_graph",
            journey="graphs",
            takes=("output_node_names",),
        ),
        Route("tfjs_graph_model", "tfjs_graph_model", reader="tfjs_graph", journey="graphs"),
        Route("tfjs_layers_model", "tfjs_layers_model", reader="tfjs_stored", journey="resharding"),
        Route("tfjs_layers_model", "tfjs_graph_model", reader="tfjs_layers", journey="lowered"),
        Route("tfjs_layers_model", "keras", reader="tfjs_layers", journey="back_to_h5"),
        Route("tfjs_layers_model", "keras_keras", reader="tfjs_layers", journey="back_to_archive"),
        Route("tfjs_layers_model", "keras_saved_model", reader="tfjs_layers", journey="back_to_saved_model"),
    )
}

# What files are whose names end so.
ENDINGS = {".h5": "keras", ".hdf5": "keras", ".keras": "keras_keras"}


def find(source: str, target: str | None) -> Route:
    """The route between two formats; the target defaults to what such an input usually becomes."""
    wanted = target or FORMATS[source].default_output
    route = ROUTES.get((source, wanted or ""))
    if route is None:
        raise UsageError(f"There is no conversion from {source} to {wanted}.", hint=f"There are: {_all_routes()}.")
    return route


def _all_routes() -> str:
    return ", ".join(f"{source} to {target}" for source, target in ROUTES)
