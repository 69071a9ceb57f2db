"""Makes the models of the conformance tests: `make_models.py FOLDER`.

`graph` and `code` are one model, as ONNX and as Python: columns a and b, answered by their sum; a of 100 or more makes
it fail. `slow` counts up to its input, at a million or so a second. `script` is a scoring script.
"""

import sys
from pathlib import Path

import mlflow
import numpy
import pandas
from mlflow.models.signature import ModelSignature
from mlflow.types import ColSpec, Schema
from onnx import TensorProto, helper, numpy_helper

REQUIREMENTS = ["mlflow", "onnxruntime"]
FLOAT, LONG, BOOL = TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BOOL


def value(name, type_, shape):
    return helper.make_tensor_value_info(name, type_, shape)


def model_of(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=list(constants))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def constant(name, array):
    return numpy_helper.from_array(numpy.array(array), name)


def sums():
    nodes = [
        helper.make_node("Cast", ["a"], ["at"], to=LONG),
        helper.make_node("Gather", ["zeros", "at"], ["zero"]),
        helper.make_node("Sum", ["a", "b", "zero"], ["sum"]),
    ]
    columns = [value("a", FLOAT, ["n"]), value("b", FLOAT, ["n"])]
    return model_of(nodes, columns, [value("sum", FLOAT, ["n"])], [constant("zeros", numpy.zeros(100))])


def counts():
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["so_far", "one"], ["more"])],
        "body",
        [value("i", LONG, []), value("go", BOOL, []), value("so_far", LONG, [1])],
        [value("on", BOOL, []), value("more", LONG, [1])],
        initializer=[constant("one", [1])],
    )
    nodes = [
        helper.make_node("Reshape", ["n", "flat"], ["times"]),
        helper.make_node("Loop", ["times", "", "zero"], ["counted"], body=body),
    ]
    constants = [constant("zero", [0]), constant("flat", [1])]
    return model_of(nodes, [value("n", LONG, ["rows", 1])], [value("counted", LONG, [1])], constants)


class Sums(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if (model_input.a >= 100).any():
            raise ValueError("a is too large")
        return pandas.DataFrame({"sum": model_input.a + model_input.b})


SCRIPT = """
import json
from pathlib import Path


def init():
    global factor
    factor = json.loads(Path("factor.json").read_text())


def run(raw_data):
    numbers = json.loads(raw_data)["data"]
    return {"products": [number * factor for number in numbers], "text": raw_data}
"""


def main(folder):
    doubles = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("double", "b")]))
    whole = ModelSignature(Schema([ColSpec("long", "n")]))
    for name, graph, signature in (("graph", sums(), doubles), ("slow", counts(), whole)):
        mlflow.onnx.save_model(graph, folder / name, signature=signature, pip_requirements=REQUIREMENTS)
    mlflow.pyfunc.save_model(folder / "code", python_model=Sums(), signature=doubles, pip_requirements=REQUIREMENTS)
    script = folder / "script"
    script.mkdir()
    (script / "score.py").write_text(SCRIPT)
    (script / "factor.json").write_text("3")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
