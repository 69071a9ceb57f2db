"""Rows to compare two models on: the input example, rows like it, and the edges of what the signature allows."""

import numpy as np
import pandas as pd

SEED = 20260101
ROWS_LIKE_EXAMPLE = 256
# Edges are tried one column at a time; of very wide tables only so many columns.
MAX_EDGE_COLUMNS = 200
FLOAT_EDGES = [0.0, -1.0, 1.0, 0.5, 1e-6, -1e6, 1e6]
INTEGER_EDGES = [0, -1, 1, 2, -(2**31), 2**31 - 1]
UNSEEN = "never seen before"


def example_table(example, inputs):
    """The input example as a table of exactly the signature's columns; made up where there is none."""
    if example is None:
        return pd.DataFrame(made_up(inputs))
    table = example if isinstance(example, pd.DataFrame) else pd.DataFrame(np.atleast_2d(np.asarray(example)))
    if inputs.is_tensor or list(table.columns) != inputs.names:
        table = table[inputs.names] if set(inputs.names) <= set(table.columns) else table.set_axis(inputs.names, axis=1)
    table = table.dropna()
    return typed(table, inputs) if len(table) > 0 else pd.DataFrame(made_up(inputs))


def made_up(inputs):
    values = {"b": [True, False], "i": [0, 1, 2], "f": [0.0, 1.0, -1.0], "O": ["a", "b"]}
    return {
        name: np.resize(np.array(values[dtype.kind], dtype=dtype), 6)
        for name, dtype in zip(inputs.names, inputs.dtypes)
    }


def typed(table, inputs):
    """The same cells in the types of the signature; text as Python's own str."""
    return pd.DataFrame(
        {
            name: pd.Series(list(table[name]), dtype=dtype) if dtype.kind == "O" else table[name].astype(dtype).to_numpy()
            for name, dtype in zip(inputs.names, inputs.dtypes)
        }
    )


def sample_rows(example, inputs):
    """The example, rows like it, and one row per edge of each column. The same for the same model."""
    random = np.random.default_rng(SEED)
    like = pd.DataFrame(
        {
            name: cells_like(example[name].to_numpy(), dtype, random)
            for name, dtype in zip(inputs.names, inputs.dtypes)
        }
    )
    first = example.iloc[[0]]
    edges = [
        first.assign(**{str(name): edge}) if isinstance(name, str) else with_cell(first, name, edge)
        for name, dtype in list(zip(inputs.names, inputs.dtypes))[:MAX_EDGE_COLUMNS]
        for edge in edges_of(dtype)
    ]
    return typed(pd.concat([example, like, *edges], ignore_index=True), inputs)


def with_cell(row, name, cell):
    changed = row.copy()
    changed[name] = [cell]
    return changed


def cells_like(cells, dtype, random):
    picked = random.choice(cells, ROWS_LIKE_EXAMPLE)
    if dtype.kind in "bO":
        return picked
    spread = float(np.std(cells.astype("float64"))) or max(abs(float(cells[0])), 1.0)
    moved = picked.astype("float64") + random.normal(0, spread, ROWS_LIKE_EXAMPLE)
    if dtype.kind == "f":
        return moved.astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(moved), limits.min, limits.max).astype(dtype)


def edges_of(dtype):
    return {"b": [False, True], "i": INTEGER_EDGES, "f": FLOAT_EDGES, "O": []}[dtype.kind]


def with_missing(example, inputs):
    """One row per column that may be missing: (column, row). JSON's null is NaN among floats and None among text."""
    for name, dtype in zip(inputs.names, inputs.dtypes):
        if dtype.kind in "fO":
            yield name, with_cell(example.iloc[[0]], name, np.nan if dtype.kind == "f" else None)


def with_words(example, inputs, words):
    """Rows per column of text: (column, [(word, row)]); the words are those that encoders know, and others."""
    for name, dtype in zip(inputs.names, inputs.dtypes):
        if dtype.kind == "O":
            tried = dict.fromkeys([*example[name], *words, "", UNSEEN])
            yield name, [(word, with_cell(example.iloc[[0]], name, word)) for word in tried]


def known_words(model, seen=None):
    """What the encoders anywhere in a model were trained with."""
    seen = set() if seen is None else seen
    if id(model) in seen or isinstance(model, (str, bytes, int, float, np.ndarray, pd.DataFrame)) or model is None:
        return []
    seen.add(id(model))
    if isinstance(model, (list, tuple)):
        return [word for part in model for word in known_words(part, seen)]
    if isinstance(model, dict):
        return [word for part in model.values() for word in known_words(part, seen)]
    if not type(model).__module__.startswith(("sklearn.", "imblearn.")):
        return []
    own = [word for known in getattr(model, "categories_", []) for word in known if isinstance(word, str)]
    return [*own, *known_words(list(vars(model).values()), seen)]


def with_infinity(example, inputs):
    """One row per column of floats: (column, row)."""
    for name, dtype in zip(inputs.names, inputs.dtypes):
        if dtype.kind == "f":
            yield name, with_cell(example.iloc[[0]], name, np.inf)
