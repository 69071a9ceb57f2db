"""How far two models' answers are apart."""

import numpy as np

from columns import NotConvertible


def as_array(answer):
    """What `predict` of an MLflow model answers as an array of numbers, truths or text. Raises NotConvertible."""
    if type(answer).__module__.startswith("pandas"):
        raise NotConvertible("the model answers with a table, and a graph answers with an array")
    array = np.asarray(answer)
    if array.dtype.kind in "OU" and all(isinstance(cell, str) for cell in array.ravel()):
        return array.astype(object)
    if array.dtype.kind not in "fiub":
        raise NotConvertible(f"the model's answers are of type {array.dtype}")
    return array


def difference(answer, reference):
    """(largest absolute, largest relative to what is wanted or 1) difference; labels that differ are 1 apart."""
    if answer.shape != reference.shape:
        raise NotConvertible(f"the graph answers in the shape {answer.shape}, the model in {reference.shape}")
    if reference.dtype.kind in "OUb" or answer.dtype.kind in "OUb":
        apart = 0.0 if np.array_equal(answer.astype(object), reference.astype(object)) else 1.0
        return apart, apart
    got, wanted = answer.astype("float64"), reference.astype("float64")
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    apart = np.abs(np.where(same, 0.0, got - wanted))
    # A number where the other has none is as far apart as can be written in JSON.
    apart = np.nan_to_num(apart, nan=1e308, posinf=1e308)
    if apart.size == 0:
        return 0.0, 0.0
    scale = np.maximum(1.0, np.abs(np.nan_to_num(wanted, nan=0.0, posinf=1.0, neginf=1.0)))
    return float(apart.max()), float((apart / scale).max())
