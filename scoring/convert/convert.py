"""Writes an MLflow model of scikit-learn, XGBoost or LightGBM as one with an ONNX graph, and compares the two.

Runs in the model's own environment with requirements.txt beside it:

    python convert.py --model FOLDER_OR_TAR --out FOLDER --tolerance 1e-4 [--missing refuse] [--memory-bytes N]

The last line of stdout is one JSON document; the exit code is 0 also when the model cannot be converted, which is an
answer. The folder is only written when the answers are within the tolerance.
"""

import argparse
import contextlib
import json
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

from columns import NotConvertible, feeds_of, read_inputs
from compare import as_array, difference
from graphs import OPSETS, OUTPUT, candidates, convert, shape_like
from sample import example_table, known_words, sample_rows, with_infinity, with_missing, with_words
from unpack import unpack

FLAVORS = ("sklearn", "xgboost", "lightgbm")
TIMED_RUNS = 50
# Each is tried by itself where a model refuses words that it does not know.
MAX_WORDS = 1000
GRAPH_FILE = "model.onnx"
# What describes the model and not the way it runs.
KEPT_FILES = ("input_example.json", "serving_input_example.json")
KEPT_FIELDS = (
    "artifact_path",
    "mlflow_version",
    "model_id",
    "model_uuid",
    "run_id",
    "saved_input_example_info",
    "signature",
    "utc_time_created",
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tolerance", type=float, required=True)
    # as-model: what the model answers to missing values, the graph must answer too; refuse: nobody may send them.
    parser.add_argument("--missing", choices=("as-model", "refuse"), default="as-model")
    parser.add_argument("--memory-bytes", type=int)
    arguments = parser.parse_args()
    limit_memory(arguments.memory_bytes)
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as unpacked:
        if arguments.model.is_file():
            arguments.model = unpack(arguments.model, unpacked)
        try:
            report = run(arguments)
        except NotConvertible as reason:
            report = {"converted": False, "reason": str(reason)}
    print(json.dumps(report), flush=True)


def limit_memory(size):
    """Of this process; where the system knows no such limit, the container's own is all there is."""
    if size is not None:
        import resource

        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def run(arguments):
    import mlflow
    import onnx
    from mlflow.models import Model

    folder, tolerance = arguments.model, arguments.tolerance
    description = Model.load(str(folder))
    flavor = next((name for name in FLAVORS if name in description.flavors), None)
    if flavor is None:
        raise NotConvertible(f"only models of {', '.join(FLAVORS)} are converted")
    inputs = read_inputs(description.signature)
    original = mlflow.pyfunc.load_model(str(folder))
    native = load_native(flavor, folder)
    predict_fn = description.flavors["python_function"].get("predict_fn", "predict")

    example = example_table(description.load_input_example(str(folder)), inputs)
    plain, known = with_known_words(original, native, inputs, example, sample_rows(example, inputs))
    if arguments.missing == "refuse":
        rows, refuses = plain, refuse_all(inputs)
    else:
        rows, refuses = with_edges(original, inputs, example, plain)
    refuses["unknown"] = known
    wanted = reference(original, native, inputs, rows)

    graph, figures, candidate = best(flavor, native, predict_fn, inputs, rows, wanted, tolerance)
    report = {
        "converted": figures["maxRelativeDifference"] <= tolerance,
        **figures,
        "rows": len(rows),
        "tolerance": tolerance,
        "opset": OPSETS[""],
        "layout": candidate.layout,
        "precision": candidate.precision,
        "refuses": refuses,
        "speedUp": timed(original, inputs, example.iloc[[0]], graph),
    }
    if not report["converted"]:
        report["reason"] = why_not(graph, plain, wanted, report)
        return report
    write_model(folder, arguments.out, onnx.__version__, graph, flavor, refuses)
    return report


def why_not(graph, plain, wanted, report):
    apart = f"the answers are up to {report['maxRelativeDifference']:.3g} apart, more than the tolerance of {report['tolerance']:g}"
    session = session_of(graph)
    _, on_plain = difference(session.run([OUTPUT], feeds_of(plain, session))[0], wanted[0][: len(plain)])
    if len(plain) < report["rows"] and on_plain <= report["tolerance"]:
        return f"{apart}, but only for missing or infinite values: a policy with missing 'refuse' would convert it"
    return apart


def load_native(flavor, folder):
    import importlib

    return importlib.import_module(f"mlflow.{flavor}").load_model(str(folder))


def sent(inputs, rows):
    return rows.to_numpy(dtype=inputs.matrix_dtype) if inputs.is_tensor else rows


def predict(original, inputs, rows):
    return as_array(original.predict(sent(inputs, rows)))


def answers(original, inputs, rows):
    """Whether the model answers these rows at all."""
    try:
        original.predict(sent(inputs, rows))
        return True
    except Exception:
        return False


def refuse_all(inputs):
    named = list(zip(inputs.names, inputs.dtypes))
    return {
        "missing": [name for name, dtype in named if dtype.kind in "fO"],
        "infinite": [name for name, dtype in named if dtype.kind == "f"],
    }


def with_edges(original, inputs, example, rows):
    """The sample with missing values and infinities where the model takes them, and the columns that refuse them."""
    refuses = {}
    for what, edges in (("missing", with_missing), ("infinite", with_infinity)):
        tried = list(edges(example, inputs))
        together = pd.concat([row for _, row in tried], ignore_index=True) if tried else None
        if together is not None and answers(original, inputs, together):
            taken, refused = [row for _, row in tried], []
        else:
            judged = [(name, row, answers(original, inputs, row)) for name, row in tried]
            taken = [row for _, row, fine in judged if fine]
            refused = [name for name, _, fine in judged if not fine]
        rows = pd.concat([rows, *taken], ignore_index=True)
        refuses[what] = refused
    return rows, refuses


def with_known_words(original, native, inputs, example, rows):
    """The sample with all words that encoders know, and by column the words that are taken where others are refused."""
    known = {}
    words = list(dict.fromkeys(known_words(native)))[:MAX_WORDS]
    for name, tried in with_words(example, inputs, words):
        taken = tried
        if not answers(original, inputs, pd.concat([row for _, row in tried], ignore_index=True)):
            taken = [(word, row) for word, row in tried if answers(original, inputs, row)]
            known[str(name)] = [word for word, _ in taken]
        rows = pd.concat([rows, *[row for _, row in taken]], ignore_index=True)
    return rows, known


def reference(original, native, inputs, rows):
    """(answers, probabilities under them or None) of the model itself."""
    try:
        answer = predict(original, inputs, rows)
    except NotConvertible:
        raise
    except Exception as error:
        # The graph would answer what the model refuses, such as a category that it was not trained with.
        raise NotConvertible(f"the model refuses inputs that a graph would answer: {first_line(error)}") from error
    probabilities = None
    if hasattr(native, "predict_proba"):
        probabilities = np.asarray(native.predict_proba(sent(inputs, rows)))
    return answer, probabilities


def best(flavor, native, predict_fn, inputs, rows, wanted, tolerance):
    """The first candidate within the tolerance, else the closest: (graph, its figures, candidate)."""
    closest, problem = None, None
    for candidate in candidates(native, inputs):
        try:
            graph, under = convert(flavor, native, predict_fn, inputs, candidate)
            figures = measured(graph, under, rows, wanted)
        except Exception as error:
            # Converters raise all kinds for what they do not know; the first attempt's reason says most.
            problem = problem or error
            continue
        if figures["maxRelativeDifference"] <= tolerance:
            return graph, figures, candidate
        if closest is None or figures["maxRelativeDifference"] < closest[1]["maxRelativeDifference"]:
            closest = (graph, figures, candidate)
    if closest is None:
        raise NotConvertible(first_line(problem))
    return closest


def measured(graph, under, rows, wanted):
    answer, probabilities = wanted
    shape_like(graph, run_graph(graph, rows), answer)
    apart = [difference(run_graph(graph, rows), answer)]
    if under is not None and probabilities is not None:
        apart.append(difference(run_graph(under, rows), probabilities))
    return {
        "maxDifference": max(absolute for absolute, _ in apart),
        "maxRelativeDifference": max(relative for _, relative in apart),
    }


def session_of(graph):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run_graph(graph, rows):
    session = session_of(graph)
    return session.run([OUTPUT], feeds_of(rows, session))[0]


def timed(original, inputs, row, graph):
    """Milliseconds of one row, as medians."""
    session = session_of(graph)
    return {
        "pythonMs": median_ms(lambda: original.predict(sent(inputs, row))),
        "onnxMs": median_ms(lambda: session.run([OUTPUT], feeds_of(row, session))),
    }


def median_ms(call):
    call()
    times = []
    for _ in range(TIMED_RUNS):
        before = time.perf_counter()
        call()
        times.append((time.perf_counter() - before) * 1000)
    return round(statistics.median(times), 4)


def write_model(folder, out, onnx_version, graph, flavor, refuses):
    """The same model with another flavor: signature, example and identity stay."""
    import yaml

    out.mkdir(parents=True)
    for name in KEPT_FILES:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, out / name)
    (out / GRAPH_FILE).write_bytes(graph.SerializeToString(deterministic=True))
    before = yaml.safe_load((folder / "MLmodel").read_text())
    metadata = before.get("metadata") or {}
    after = {
        **{key: before[key] for key in KEPT_FIELDS if key in before},
        "flavors": {"onnx": {"onnx_version": onnx_version, "data": GRAPH_FILE, "code": None}},
        "metadata": {**metadata, "slipway": {"convertedFrom": flavor, "refuses": refuses}},
    }
    (out / "MLmodel").write_text(yaml.safe_dump(after, sort_keys=True))


def first_line(error):
    text = str(error).strip().split("\n")[0].rstrip(".")
    return (text or type(error).__name__)[:400]


if __name__ == "__main__":
    main()
