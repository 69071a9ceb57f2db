"""What the columns of a model are called and typed, and how they are fed to a graph."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# The scoring server feeds a column in the type that the signature says.
DTYPES = {
    "boolean": np.dtype("bool"),
    "integer": np.dtype("int32"),
    "long": np.dtype("int64"),
    "float": np.dtype("float32"),
    "double": np.dtype("float64"),
    "string": np.dtype("object"),
}


class NotConvertible(Exception):
    """The reason, as one sentence without a full stop."""


@dataclass(frozen=True)
class Inputs:
    """Columns of a table, or of a matrix when the signature is a tensor."""

    names: list
    dtypes: list
    is_tensor: bool

    @property
    def are_numbers(self):
        return all(dtype.kind in "if" for dtype in self.dtypes)

    @property
    def matrix_dtype(self):
        """The type of all columns as one matrix, as the scoring server makes it."""
        if len(set(self.dtypes)) == 1:
            return self.dtypes[0]
        return np.dtype("float64" if any(dtype.kind == "f" for dtype in self.dtypes) else "int64")


def read_inputs(signature):
    """The columns that a signature asks for. Raises NotConvertible."""
    if signature is None or signature.inputs is None:
        raise NotConvertible("the model has no signature, so the types of its inputs are not known")
    if signature.params is not None and len(signature.params.params) > 0:
        raise NotConvertible("the model takes parameters, and a graph has none")
    schema = signature.inputs
    return tensor_inputs(schema) if schema.is_tensor_spec() else column_inputs(schema)


def tensor_inputs(schema):
    [spec, *more] = schema.inputs
    if more or spec.name is not None:
        raise NotConvertible("the signature has named tensors")
    if len(spec.shape) != 2 or spec.shape[0] != -1 or spec.shape[1] < 1 or spec.type not in DTYPES.values():
        raise NotConvertible(f"the signature's tensor is {spec.type} {spec.shape}, and only (-1, n) of numbers is converted")
    width = spec.shape[1]
    return Inputs(list(range(width)), [spec.type] * width, True)


def column_inputs(schema):
    names = []
    for at, column in enumerate(schema.inputs):
        type_name = getattr(column.type, "name", str(column.type))
        name = at if column.name is None else column.name
        if type_name not in DTYPES:
            raise NotConvertible(f"the column '{name}' is of type {type_name}")
        if not column.required:
            raise NotConvertible(f"the column '{name}' is optional, and a graph needs all its inputs")
        names.append(name)
    return Inputs(names, [DTYPES[column.type.name] for column in schema.inputs], False)


def feeds_of(table, session):
    """A table as the inputs of a graph, by the rules of the scoring server."""
    wanted = session.get_inputs()
    if len(wanted) == 1:
        return {wanted[0].name: table.to_numpy(dtype=NUMPY_TYPES[wanted[0].type])}
    return {entry.name: column_of(table, entry) for entry in wanted}


def column_of(table, entry):
    cells = table[entry.name]
    if entry.type == "tensor(string)":
        cells = cells.map(lambda cell: "null" if cell is None or cell is pd.NA else str(cell))
    return cells.to_numpy(dtype=NUMPY_TYPES[entry.type]).reshape(-1, 1)


NUMPY_TYPES = {
    "tensor(bool)": "bool",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(string)": "object",
}
