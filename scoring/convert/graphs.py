"""Models of scikit-learn, XGBoost and LightGBM as ONNX graphs that answer what their MLflow flavor answers."""

import copy
import json
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx.common import data_types

from columns import NotConvertible

# What the scoring server's ONNX Runtime and all converters know.
OPSETS = {"": 15, "ai.onnx.ml": 3}
# Written by the format's version that belongs to these opsets.
IR_VERSION = 8
GRAPH_NAME = "model"
OUTPUT = "predictions"


@dataclass(frozen=True)
class Candidate:
    """One way to write the same model; doubles are exact where the operators know them."""

    layout: str  # matrix | columns
    precision: str  # double | float
    # Whole numbers as the converter sees them: scalers want what is beside them, encoders what they were trained with.
    whole: str = "as numbers"  # as numbers | as they are

    def __str__(self):
        return f"{self.layout} of {self.precision}"


def candidates(model, inputs):
    """The fastest and most exact first."""
    if is_booster(model):
        return [Candidate("matrix", "float")]
    both = ("double", "float")
    matrices = [Candidate("matrix", precision) for precision in both] if inputs.are_numbers else []
    if inputs.is_tensor:
        return matrices
    kinds = ["as numbers", "as they are"] if any(dtype.kind in "ib" for dtype in inputs.dtypes) else ["as numbers"]
    return [*matrices, *[Candidate("columns", precision, whole) for precision in both for whole in kinds]]


def is_booster(model):
    """What XGBoost and LightGBM train without scikit-learn's interface; both call it so."""
    return type(model).__name__ == "Booster"


def convert(flavor, model, predict_fn, inputs, candidate):
    """Graphs with the signature's inputs and one output: the model's answer, and under labels their probabilities.

    Raises whatever the converters raise."""
    raw, answer = raw_graph(flavor, model, predict_fn, inputs, candidate)
    probabilities = None
    if answer == (0, None) and hasattr(model, "predict_proba") and len(raw.graph.output) > 1:
        probabilities = finished(copy.deepcopy(raw), (1, None), inputs, candidate)
    return finished(raw, answer, inputs, candidate), probabilities


def finished(graph, answer, inputs, candidate):
    keep_only(graph, answer)
    if candidate.layout == "matrix":
        take_as_sent(graph, graph.graph.input[0], inputs.matrix_dtype)
    else:
        dtypes = dict(zip(map(str, inputs.names), inputs.dtypes))
        for entry in list(graph.graph.input):
            take_as_sent(graph, entry, dtypes[entry.name])
    graph.ir_version = IR_VERSION
    return graph


def raw_graph(flavor, model, predict_fn, inputs, candidate):
    """The converter's own graph, and which of its outputs is the answer: an index and perhaps a column of it."""
    if is_booster(model):
        return booster_graph(flavor, model, inputs, candidate)
    register_boosters()
    forget_feature_names(model)
    from skl2onnx import convert_sklearn

    options = {"zipmap": False} if hasattr(model, "classes_") else None
    graph = convert_sklearn(
        model,
        GRAPH_NAME,
        initial_types=initial_types(inputs, candidate),
        target_opset=OPSETS,
        options=None if options is None else {id(model): options},
    )
    if predict_fn == "predict":
        return graph, (0, None)
    if predict_fn == "predict_proba":
        return graph, (1, None)
    raise NotConvertible(f"the model is served by its {predict_fn}, and only predict and predict_proba are converted")


def booster_graph(flavor, model, inputs, candidate):
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("input", FloatTensorType([None, len(inputs.names)]))]
    if flavor == "xgboost":
        model = model.copy()
        model.feature_names = None
        objective = json.loads(model.save_config())["learner"]["objective"]["name"]
        graph = convert_xgboost(model, GRAPH_NAME, initial_types=types, target_opset=OPSETS[""])
        answers = {"binary:logistic": (1, 1), "multi:softprob": (1, None)}
    else:
        objective = str(model.params.get("objective", "regression"))
        graph = convert_lightgbm(model, GRAPH_NAME, initial_types=types, target_opset=OPSETS[""], zipmap=False)
        answers = {"binary": (1, 1), "multiclass": (1, None)}
    return graph, answers.get(objective, (0, None))


def register_boosters():
    """Lets scikit-learn's converter know the estimators of XGBoost and LightGBM, alone and in pipelines."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes as classes,
        calculate_linear_regressor_output_shapes as values,
    )

    choices = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
    try:
        from lightgbm import LGBMClassifier, LGBMRegressor
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm as lightgbm

        update_registered_converter(LGBMClassifier, "LightGbmLGBMClassifier", classes, lightgbm, options=choices)
        update_registered_converter(LGBMRegressor, "LightGbmLGBMRegressor", values, lightgbm, options={"split": None})
    except ImportError:
        pass
    try:
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost as xgboost
        from xgboost import XGBClassifier, XGBRegressor

        update_registered_converter(XGBClassifier, "XGBoostXGBClassifier", classes, xgboost, options=choices)
        update_registered_converter(XGBRegressor, "XGBoostXGBRegressor", values, xgboost)
    except ImportError:
        pass


def forget_feature_names(model):
    """The converter of XGBoost reads only names like f0; it takes columns by position anyway."""
    for step in [model, *[step for _, step in getattr(model, "steps", [])]]:
        if type(step).__name__ in ("XGBClassifier", "XGBRegressor"):
            step.get_booster().feature_names = None


def initial_types(inputs, candidate):
    floats = data_types.DoubleTensorType if candidate.precision == "double" else data_types.FloatTensorType
    if candidate.layout == "matrix":
        return [("input", floats([None, len(inputs.names)]))]
    types = {"f": floats, "i": floats, "b": floats, "O": data_types.StringTensorType}
    if candidate.whole == "as they are":
        types |= {"i": data_types.Int64TensorType, "b": data_types.BooleanTensorType}
    return [(str(name), types[dtype.kind]([None, 1])) for name, dtype in zip(inputs.names, inputs.dtypes)]


def keep_only(graph, answer):
    """Leaves one output; the operators that only the others needed are removed by the runtime."""
    index, column = answer
    name = graph.graph.output[index].name
    if not any(entry.domain == "" for entry in graph.opset_import):
        graph.opset_import.append(helper.make_opsetid("", OPSETS[""]))
    if column is not None:
        add_constant(graph, "slipway_column", np.array(column, dtype=np.int64))
        graph.graph.node.append(helper.make_node("Gather", [name, "slipway_column"], ["slipway_chosen"], axis=1))
        name = "slipway_chosen"
    del graph.graph.output[:]
    graph.graph.node.append(helper.make_node("Identity", [name], [OUTPUT]))
    # Of no type yet: converters are not always right about it, and the runtime finds it by itself.
    graph.graph.output.append(helper.make_empty_tensor_value_info(OUTPUT))


def take_as_sent(graph, entry, dtype):
    """The scoring server turns doubles to floats where a graph wants them, and nothing else: the graph does the rest."""
    sent = elem_type_of(dtype)
    wanted = entry.type.tensor_type.elem_type
    if sent == wanted or (sent == TensorProto.DOUBLE and wanted == TensorProto.FLOAT):
        return
    inner = f"slipway_cast_{entry.name}"
    for node in graph.graph.node:
        for at, name in enumerate(node.input):
            if name == entry.name:
                node.input[at] = inner
    entry.type.tensor_type.elem_type = sent
    graph.graph.node.insert(0, helper.make_node("Cast", [entry.name], [inner], to=wanted))


def shape_like(graph, answer, reference):
    """Makes the graph's output have the rank and kind of what the model itself answers."""
    if answer.ndim != reference.ndim:
        if answer.size != reference.size or reference.ndim != 1:
            raise NotConvertible(f"the graph answers in the shape {answer.shape}, the model in {reference.shape}")
        add_constant(graph, "slipway_flat", np.array([-1], dtype=np.int64))
        change_output(graph, "Reshape", ["slipway_flat"])
    kind = answer.dtype
    if answer.dtype.kind == "i" and reference.dtype.kind in "fb":
        kind = np.dtype("float64" if reference.dtype.kind == "f" else "bool")
        change_output(graph, "Cast", [], to=helper.np_dtype_to_tensor_dtype(kind))
    del graph.graph.output[:]
    graph.graph.output.append(helper.make_tensor_value_info(OUTPUT, elem_type_of(kind), [None] * reference.ndim))
    onnx.checker.check_model(graph)


def change_output(graph, operator, more_inputs, **attributes):
    before = f"slipway_before_{operator}"
    graph.graph.node[-1].output[0] = before
    graph.graph.node.append(helper.make_node(operator, [before, *more_inputs], [OUTPUT], **attributes))


def elem_type_of(dtype):
    return TensorProto.STRING if dtype.kind == "O" else helper.np_dtype_to_tensor_dtype(dtype)


def add_constant(graph, name, value):
    graph.graph.initializer.append(numpy_helper.from_array(value, name))
