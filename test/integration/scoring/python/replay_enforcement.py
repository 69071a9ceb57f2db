"""Asks the Python server's reader with every recorded case: one JSON line for each on stdout."""

import json
import sys
from pathlib import Path
from types import ModuleType

from mlflow.models import Model, ModelSignature
from mlflow.pyfunc import PyFuncModel
from mlflow.types import ParamSchema, Schema

ROOT = Path(__file__).parents[4]
FIXTURES = ROOT / "test" / "unit" / "scoring" / "fixtures"

package = ModuleType("scoring_server")
package.__path__ = [str(ROOT / "scoring" / "python")]
sys.modules[package.__name__] = package
sys.path.insert(0, str(FIXTURES))

from record import accepted, plain  # noqa: E402
from scoring_server.errors import ScoringError  # noqa: E402
from scoring_server.mlflow_model import served  # noqa: E402
from scoring_server.model import Request  # noqa: E402


class Echo:
    """Answers what it was asked with."""

    def predict(self, data, params=None):
        return data, params


def outcome(case):
    inputs, specs = case["inputs"], case["paramSpecs"]
    signature = {
        "inputs": None if inputs is None else Schema.from_json(json.dumps(inputs)),
        "params": None if specs is None else ParamSchema.from_json(json.dumps(specs)),
    }
    meta = Model(
        signature=ModelSignature(**signature) if any(signature.values()) else None,
        flavors={"python_function": {"loader_module": "none"}},
    )
    try:
        model = served(PyFuncModel(meta, Echo()))
        data, params = model.predict(Request(case["body"].encode(), "application/json", {}))
        return {"accepted": accepted(data), "params": plain(params) if params else {}}
    except ScoringError as error:
        return {"refused": error.error_code, "status": error.status, "message": str(error)}


for line in (FIXTURES / "enforcement.jsonl").read_text().splitlines():
    print(json.dumps(outcome(json.loads(line)), allow_nan=False))
