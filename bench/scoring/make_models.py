"""Trains the two models that are measured, and writes the rows that are sent.

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
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(sys.argv[1])
FEATURES = 10
REQUIREMENTS = [f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "lightgbm", "pandas")]

random = numpy.random.default_rng(1)
rows = pandas.DataFrame(random.normal(size=(2000, FEATURES)), columns=[f"f{at}" for at in range(FEATURES)])
value = rows.f0 * 3 + rows.f1 - rows.f2 * rows.f3 + random.normal(size=len(rows)) * 0.1


def save(flavor, name, model, wanted):
    fitted = model.fit(rows, wanted)
    flavor.save_model(
        fitted,
        str(FOLDER / name),
        signature=infer_signature(rows, fitted.predict(rows)),
        input_example=rows[:5],
        pip_requirements=REQUIREMENTS,
        serialization_format="cloudpickle",
    )


logistic = make_pipeline(StandardScaler(), LogisticRegression())
save(mlflow.sklearn, "logistic", logistic, (value > 0).astype(int))
save(mlflow.lightgbm, "lightgbm", lightgbm.LGBMRegressor(n_estimators=200, verbose=-1), value)
(FOLDER / "rows.json").write_text(json.dumps(rows[:100].to_dict(orient="split")))
