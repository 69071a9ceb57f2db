"""Fills an MLflow database with the models that catalogue.ts describes, through MLflow's own table classes."""

import sys

from mlflow.store.db.utils import create_sqlalchemy_engine_with_retry
from mlflow.store.model_registry.dbmodels.models import (
    SqlModelVersion,
    SqlModelVersionTag,
    SqlRegisteredModel,
    SqlRegisteredModelAlias,
)
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.orm import Session

VERSIONS_PER_MODEL = 100
TEAMS = 10
FIRST_AT = 1767225600000


def rows_of(index):
    name = f"model-{index:05d}"
    at = FIRST_AT + index * VERSIONS_PER_MODEL
    numbers = range(1, VERSIONS_PER_MODEL + 1)
    yield SqlRegisteredModel(name=name, creation_time=at, last_updated_time=at + VERSIONS_PER_MODEL, description="")
    yield SqlRegisteredModelAlias(name=name, alias="champion", version=VERSIONS_PER_MODEL)
    for number in numbers:
        yield SqlModelVersion(
            name=name,
            version=number,
            creation_time=at + number,
            last_updated_time=at + number,
            current_stage="None",
            source=f"s3://models/{name}/{number}/artifacts",
            status="READY",
        )
    for number in numbers:
        yield SqlModelVersionTag(name=name, version=number, key="team", value=f"team-{number % TEAMS}")


def main(store_uri, models):
    SqlAlchemyStore(store_uri)  # makes the tables
    engine = create_sqlalchemy_engine_with_retry(store_uri)
    for first in range(0, models, 100):
        with Session(engine) as session:
            rows = [row for index in range(first, min(first + 100, models)) for row in rows_of(index)]
            # Parents before children: bulk saving does not sort by foreign key.
            for table in (SqlRegisteredModel, SqlModelVersion, SqlModelVersionTag, SqlRegisteredModelAlias):
                session.bulk_save_objects([row for row in rows if isinstance(row, table)])
            session.commit()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
