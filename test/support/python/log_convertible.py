"""Logs a classifier with the plain MLflow client (MLFLOW_TRACKING_URI) and prints what it answers to three rows."""

import json
from importlib.metadata import version

import mlflow
import numpy
import pandas
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

random = numpy.random.default_rng(1)
rows = pandas.DataFrame(random.normal(size=(200, 2)), columns=["a", "b"])
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, (rows.a + rows.b > 0).astype(int))
mlflow.sklearn.log_model(
    model,
    name="model",
    signature=infer_signature(rows, model.predict(rows)),
    input_example=rows.head(3),
    pip_requirements=[f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "pandas")],
    registered_model_name="graph-heart",
)
asked = pandas.DataFrame([[1, 2], [-1, 3], [0.5, -4]], columns=["a", "b"])
print(json.dumps(model.predict(asked).tolist()))
