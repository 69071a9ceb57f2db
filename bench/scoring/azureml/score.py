"""The scoring script that Azure ML generates for MLflow models, reduced to tables: what users of its server run."""

import os

import mlflow
import pandas


def init():
    global model
    model = mlflow.pyfunc.load_model(os.environ["AZUREML_MODEL_DIR"])


def run(raw_data):
    import json

    table = json.loads(raw_data)["input_data"]
    frame = pandas.DataFrame(table["data"], columns=table["columns"], index=table["index"])
    return model.predict(frame).tolist()
