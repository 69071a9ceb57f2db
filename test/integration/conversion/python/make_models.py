"""Trains a model of each kind that is converted, and one that cannot be; writes what each answers to 200 rows.

Usage: make_models.py FOLDER
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import lightgbm
import mlflow
import numpy
import pandas
import xgboost
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

FOLDER = Path(sys.argv[1])
REQUIREMENTS = [f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "xgboost-cpu", "lightgbm", "pandas")]


def flats(rows, seed):
    random = numpy.random.default_rng(seed)
    frame = pandas.DataFrame(
        {
            "rooms": random.integers(1, 6, rows),
            "area": random.uniform(20, 140, rows),
            "distance": random.uniform(0, 20, rows),
            "quarter": random.choice(["north", "east", "south"], rows),
        }
    )
    rent = 300 + 9.5 * frame.area + 80 * frame.rooms - 12 * frame.distance + 90 * (frame.quarter == "south")
    return frame, rent


TRAIN, RENT = flats(400, 1)
ASKED, _ = flats(200, 2)
NUMBERS = ["area", "distance"]
IS_DEAR = numpy.where(RENT > RENT.median(), "dear", "cheap")


def save(flavor, name, model, columns, **options):
    folder = FOLDER / name
    train, asked = TRAIN[columns], ASKED[columns]
    flavor.save_model(
        model,
        str(folder),
        signature=infer_signature(train, model.predict(train)),
        input_example=train[:5],
        pip_requirements=REQUIREMENTS,
        **options,
    )
    answers = mlflow.pyfunc.load_model(str(folder)).predict(asked)
    exchange = {"request": {"dataframe_split": asked.to_dict(orient="split", index=False)}, "answers": answers.tolist()}
    (FOLDER / f"{name}.json").write_text(json.dumps(exchange))


encode = make_column_transformer((OneHotEncoder(), ["quarter"]), (StandardScaler(), ["rooms", *NUMBERS]))
classifier = make_pipeline(encode, LogisticRegression()).fit(TRAIN, IS_DEAR)
save(mlflow.sklearn, "sklearn", classifier, list(TRAIN.columns), serialization_format="cloudpickle")

trees = xgboost.XGBClassifier(n_estimators=20).fit(TRAIN[NUMBERS], IS_DEAR == "dear")
save(mlflow.xgboost, "xgboost", trees, NUMBERS)

leaves = lightgbm.LGBMRegressor(n_estimators=50, verbose=-1).fit(TRAIN[NUMBERS], RENT)
save(mlflow.lightgbm, "lightgbm", leaves, NUMBERS)

custom = make_pipeline(FunctionTransformer(numpy.square), LogisticRegression()).fit(TRAIN[NUMBERS], IS_DEAR)
save(mlflow.sklearn, "custom", custom, NUMBERS, serialization_format="cloudpickle")
