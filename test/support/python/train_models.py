"""Trains one model of each kind, logs it with the plain MLflow client, and writes down what it answers.

Usage: train_models.py REPORT   (the server is MLFLOW_TRACKING_URI)

REPORT gets, by the name of the registered model, the expected answers to the rows of every request, and the bodies of
these requests in each form that the server takes.
"""

import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import lightgbm
import mlflow
import numpy
import pandas
import sklearn.compose
import sklearn.linear_model
import sklearn.pipeline
import sklearn.preprocessing
import xgboost

ROWS = 200


def flats(rows, seed):
    """Flats with their rents: whole numbers, decimals that CSV keeps exactly, and words."""
    random = numpy.random.default_rng(seed)
    frame = pandas.DataFrame(
        {
            "rooms": random.integers(1, 6, rows),
            "area": random.uniform(20, 140, rows).round(2),
            "distance": random.uniform(0, 20, rows).round(2),
            "quarter": random.choice(["north", "east", "south"], rows),
        }
    )
    rent = 300 + 9.5 * frame.area + 80 * frame.rooms - 12 * frame.distance + 90 * (frame.quarter == "south")
    return frame, rent.round(2)


TRAIN, RENT = flats(600, seed=1)
ASKED, _ = flats(ROWS, seed=2)
NUMBERS = ["area", "distance"]
SHARED = [f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "xgboost-cpu", "lightgbm")]


def log_sklearn():
    encode = sklearn.compose.make_column_transformer(
        (sklearn.preprocessing.OneHotEncoder(), ["quarter"]), remainder="passthrough"
    )
    model = sklearn.pipeline.make_pipeline(encode, sklearn.linear_model.Ridge()).fit(TRAIN, RENT)
    # As the tutorial does: what the environment is, MLflow finds out.
    mlflow.sklearn.log_model(
        model, name="model", input_example=TRAIN.head(3), registered_model_name="py-sklearn"
    )


def log_xgboost():
    model = xgboost.XGBRegressor(n_estimators=30, max_depth=4, random_state=0).fit(TRAIN[NUMBERS], RENT)
    mlflow.xgboost.log_model(
        model,
        name="model",
        input_example=TRAIN[NUMBERS].head(3),
        pip_requirements=SHARED,
        registered_model_name="py-xgboost",
    )


def log_lightgbm():
    labels = numpy.where(RENT > RENT.median(), "dear", "cheap")
    model = lightgbm.LGBMClassifier(n_estimators=30, num_leaves=8, random_state=0, verbose=-1, n_jobs=1)
    mlflow.lightgbm.log_model(
        model.fit(TRAIN[NUMBERS], labels),
        name="model",
        input_example=TRAIN[NUMBERS].head(3),
        pip_requirements=SHARED,
        registered_model_name="py-lightgbm",
    )


class Discount(mlflow.pyfunc.PythonModel):
    """Needs a module that only `code_paths` brings."""

    def predict(self, context, model_input, params=None):
        from pricing.discounts import rent_of

        return model_input.apply(rent_of, axis=1).rename("rent").to_frame()


def log_code_paths(folder):
    package = folder / "pricing"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "discounts.py").write_text(
        "def rent_of(flat):\n    return round(300 + 9.5 * flat.area - 12 * flat.distance, 2)\n"
    )
    sys.path.insert(0, str(folder))
    mlflow.pyfunc.log_model(
        name="model",
        python_model=Discount(),
        code_paths=[str(package)],
        input_example=TRAIN[NUMBERS].head(3),
        pip_requirements=SHARED,
        registered_model_name="py-code",
    )


SCRIPT = """
import json
import os

import numpy


def init():
    global weights
    folder = os.path.join(os.environ["AZUREML_MODEL_DIR"], "model")
    with open(os.path.join(folder, "weights.json")) as file:
        weights = numpy.array(json.load(file))


def run(raw_data):
    rows = json.loads(raw_data)["input_data"]["data"]
    return (numpy.array(rows) @ weights).tolist()
"""


def register_script(folder):
    """A folder as Azure ML's own examples have it: a script, its files and its requirements, and no MLmodel."""
    source = folder / "script"
    source.mkdir()
    (source / "score.py").write_text(SCRIPT)
    (source / "weights.json").write_text("[2.5, -1.5]")
    (source / "serving_input_example.json").write_text('{"input_data": {"data": [[30.0, 2.0]]}}')
    (source / "requirements.txt").write_text("\n".join(SHARED))
    (source / "conda.yaml").write_text(
        json.dumps({"dependencies": [f"python={'.'.join(map(str, sys.version_info[:3]))}", {"pip": SHARED}]})
    )
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(source), "script")
    client = mlflow.MlflowClient()
    client.create_registered_model("py-script")
    client.create_model_version("py-script", f"{run.info.artifact_uri}/script", run_id=run.info.run_id)


def forms(frame):
    split = json.loads(frame.to_json(orient="split"))
    records = json.loads(frame.to_json(orient="records"))
    return {
        "input_data": {"input_data": split},
        "dataframe_split": {"dataframe_split": split},
        "dataframe_records": {"dataframe_records": records},
        "instances": {"instances": records},
        "inputs": {"inputs": frame.to_dict(orient="list")},
        "csv": frame.to_csv(index=False),
    }


def plain(answer):
    """The answer as the server's JSON has it: a table as one record per row."""
    if isinstance(answer, pandas.DataFrame):
        return json.loads(answer.to_json(orient="records", double_precision=15))
    return numpy.asarray(answer).tolist()


def answers(name, frame):
    loaded = mlflow.pyfunc.load_model(f"models:/{name}/1")
    return {"expected": plain(loaded.predict(frame)), "forms": forms(frame)}


def main(report):
    mlflow.set_experiment("python-models")
    log_sklearn()
    log_xgboost()
    log_lightgbm()
    with tempfile.TemporaryDirectory() as folder:
        log_code_paths(Path(folder))
        register_script(Path(folder))
        numbers = ASKED[NUMBERS]
        result = {
            "py-sklearn": answers("py-sklearn", ASKED),
            **{name: answers(name, numbers) for name in ("py-xgboost", "py-lightgbm", "py-code")},
            "py-script": {
                "expected": (numbers.to_numpy() @ numpy.array([2.5, -1.5])).tolist(),
                "forms": {"input_data": forms(numbers)["input_data"]},
            },
        }
    Path(report).write_text(json.dumps(result))


if __name__ == "__main__":
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    main(sys.argv[1])
