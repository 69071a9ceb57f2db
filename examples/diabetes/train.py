"""Trains four versions of one model on scikit-learn's diabetes data and exports them with MLflow as ONNX.

Every run writes the same bytes: identifiers and times inside MLmodel are replaced by constants.
README.md says what each version is for.
"""

import hashlib
import json
import re
import shutil
import sys
import textwrap
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from mlflow.models import infer_signature
from mlflow.onnx import save_model
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
OPSETS = {"": 17, "ai.onnx.ml": 3}
OUTPUT = "progression"
CREATED = "2026-01-01 00:00:00.000000"
BAND_WIDTH = 2.0
LOOP_ROUNDS = 250
LOOP_WIDTH = 256


def to_onnx(model, width):
    """The fitted estimator as an ONNX graph from `features` (float, n × width) to one output column."""
    graph = convert_sklearn(model, initial_types=[("features", FloatTensorType([None, width]))], target_opset=OPSETS)
    rename_output(graph, OUTPUT)
    graph.graph.name = "diabetes"
    graph.ir_version = 8
    versions = {entry.domain: entry.version for entry in graph.opset_import}
    del graph.opset_import[:]
    graph.opset_import.extend(helper.make_opsetid(*entry) for entry in sorted(versions.items()))
    return graph


def rename_output(model, name):
    previous = model.graph.output[0].name
    for node in model.graph.node:
        node.output[:] = [name if output == previous else output for output in node.output]
    model.graph.output[0].name = name


def bmi_column():
    return [
        helper.make_node("Gather", ["features", "bmi_index"], ["bmi"], axis=1),
    ], [numpy_helper.from_array(np.array([2], dtype=np.int64), "bmi_index")]


def with_bmi_correction(base, widest_bmi):
    """`base` plus a correction looked up per BMI band; the table ends at `widest_bmi`, larger values have no entry."""
    model = onnx.ModelProto()
    model.CopyFrom(base)
    rename_output(model, "uncorrected")
    nodes, constants = bmi_column()
    # The last band ends exactly at the widest BMI the table was made from.
    bands = int(np.ceil((widest_bmi - 18.0) / BAND_WIDTH))
    start = widest_bmi - bands * BAND_WIDTH
    table = np.round(np.linspace(-2.0, 2.0, bands), 3).astype(np.float32)
    constants += [
        numpy_helper.from_array(table, "band_correction"),
        numpy_helper.from_array(np.array([start], dtype=np.float32), "band_start"),
        numpy_helper.from_array(np.array([BAND_WIDTH], dtype=np.float32), "band_width"),
        numpy_helper.from_array(np.array([0], dtype=np.float32), "first_band"),
    ]
    nodes += [
        helper.make_node("Sub", ["bmi", "band_start"], ["above_start"]),
        helper.make_node("Div", ["above_start", "band_width"], ["exact_band"]),
        helper.make_node("Floor", ["exact_band"], ["whole_band"]),
        helper.make_node("Max", ["whole_band", "first_band"], ["float_band"]),
        helper.make_node("Cast", ["float_band"], ["band"], to=TensorProto.INT64),
        helper.make_node("Gather", ["band_correction", "band"], ["correction"], axis=0),
        helper.make_node("Add", ["uncorrected", "correction"], [OUTPUT]),
    ]
    return extended(model, nodes, constants)


def with_useless_loop(base):
    """`base` plus zero, where the zero takes LOOP_ROUNDS dependent matrix products to compute."""
    model = onnx.ModelProto()
    model.CopyFrom(base)
    rename_output(model, "unchanged")
    nodes, constants = bmi_column()
    square = helper.make_tensor_value_info("square_in", TensorProto.FLOAT, [LOOP_WIDTH, LOOP_WIDTH])
    squared = helper.make_tensor_value_info("square_out", TensorProto.FLOAT, [LOOP_WIDTH, LOOP_WIDTH])
    going = helper.make_tensor_value_info("go_in", TensorProto.BOOL, [])
    still_going = helper.make_tensor_value_info("go_out", TensorProto.BOOL, [])
    turn = helper.make_tensor_value_info("turn", TensorProto.INT64, [])
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["square_in", "square_in"], ["product"]),
            helper.make_node("Tanh", ["product"], ["square_out"]),
            helper.make_node("Identity", ["go_in"], ["go_out"]),
        ],
        "round",
        [turn, going, square],
        [still_going, squared],
    )
    constants += [
        numpy_helper.from_array(np.array(LOOP_ROUNDS, dtype=np.int64), "rounds"),
        numpy_helper.from_array(np.array(True), "go"),
        numpy_helper.from_array(np.array([LOOP_WIDTH, LOOP_WIDTH], dtype=np.int64), "square_shape"),
        numpy_helper.from_array(np.array(1e-3, dtype=np.float32), "small"),
        numpy_helper.from_array(np.array(0, dtype=np.float32), "nothing"),
    ]
    nodes += [
        # Derived from the input, so that no optimizer can compute the loop ahead of time.
        helper.make_node("ReduceMean", ["bmi"], ["mean_bmi"], keepdims=0),
        helper.make_node("Mul", ["mean_bmi", "small"], ["seed"]),
        helper.make_node("Expand", ["seed", "square_shape"], ["square"]),
        helper.make_node("Loop", ["rounds", "go", "square"], ["final_square"], body=body),
        helper.make_node("ReduceMean", ["final_square"], ["loop_mean"], keepdims=0),
        helper.make_node("Mul", ["loop_mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["unchanged", "zero"], [OUTPUT]),
    ]
    return extended(model, nodes, constants)


def extended(model, nodes, constants):
    model.graph.output[0].name = OUTPUT
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(constants)
    onnx.checker.check_model(model, full_check=True)
    return model


def export(model, version, train):
    """Writes `models/v<version>` with MLflow, with constants for what would differ between two runs."""
    folder = HERE / "models" / f"v{version}"
    shutil.rmtree(folder, ignore_errors=True)
    example = train[train["bmi"] < 24].head(3).reset_index(drop=True)
    signature = infer_signature(train, pd.DataFrame({OUTPUT: np.zeros(1, dtype=np.float32)}))
    save_model(model, folder, signature=signature, input_example=example, save_as_external_data=False)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    uuid = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()[:32]
    mlmodel = (folder / "MLmodel").read_text()
    mlmodel = re.sub(r"(?m)^model_uuid:.*$", f"model_uuid: {uuid}", mlmodel)
    mlmodel = re.sub(r"(?m)^utc_time_created:.*$", f"utc_time_created: '{CREATED}'", mlmodel)
    (folder / "MLmodel").write_text(mlmodel)


def answers(model, rows):
    """One answer per row, asked one by one; NaN where the graph fails."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    result = []
    for row in rows.to_numpy(dtype=np.float32):
        try:
            result.append(session.run([OUTPUT], {"features": row.reshape(1, -1)})[0].item())
        except Exception:  # onnxruntime raises its own family of errors, all of them meaning "no answer"
            result.append(float("nan"))
    return np.array(result)


def rmse(model, rows, target):
    got = answers(model, rows)
    answered = ~np.isnan(got)
    error = float(np.sqrt(np.mean((got[answered] - target.to_numpy()[answered]) ** 2)))
    return error, 1 - answered.mean()


def write_rows(rows):
    split = rows.to_dict(orient="split")
    index = textwrap.fill(json.dumps(split["index"])[1:-1], 120, initial_indent="    ", subsequent_indent="    ")
    data = ",\n    ".join(json.dumps(row) for row in split["data"])
    columns = json.dumps(split["columns"])
    text = f'{{\n  "columns": {columns},\n  "index": [\n{index}\n  ],\n  "data": [\n    {data}\n  ]\n}}\n'
    (HERE / "rows.json").write_text(text)


def main():
    onnxruntime.set_default_logger_severity(4)
    data = load_diabetes(as_frame=True, scaled=False)
    features = data.data.astype("float64")
    target = data.target
    train, held_out, train_target, held_out_target = train_test_split(
        features, target, test_size=0.4, random_state=7, shuffle=True
    )
    few = ColumnTransformer([("few", StandardScaler(), [0, 1, 2])])
    linear = make_pipeline(few, Ridge(alpha=60.0)).fit(train.to_numpy(), train_target)
    boosted = GradientBoostingRegressor(
        n_estimators=100, max_depth=2, learning_rate=0.06, subsample=0.6, random_state=7
    ).fit(train.to_numpy(), train_target)

    width = features.shape[1]
    better = to_onnx(boosted, width)
    models = {
        1: to_onnx(linear, width),
        2: better,
        3: with_bmi_correction(better, float(held_out["bmi"].quantile(0.75))),
        4: with_useless_loop(better),
    }
    print(f"{len(train)} rows to train on, {len(held_out)} held out")
    for version, model in models.items():
        export(model, version, train)
        error, failing = rmse(model, held_out, held_out_target)
        print(f"v{version}: RMSE {error:.1f}, {failing:.1%} of the rows fail")
    write_rows(held_out)


if __name__ == "__main__":
    sys.exit(main())
