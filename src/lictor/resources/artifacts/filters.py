"""What can be asked of artifacts."""

from lictor.query.criteria import Filter, column
from lictor.resources.artifacts.table import artifact, artifact_collection


class ArtifactFilter(Filter):
    """What to ask of artifacts."""

    id = column(artifact.c.id, "any_")
    key = column(artifact.c.key, "any_", "like_", "exists_")
    flow_run_id = column(artifact.c.flow_run_id, "any_")
    task_run_id = column(artifact.c.task_run_id, "any_")
    type = column(artifact.c.type, "any_", "not_any_")


class ArtifactCollectionFilter(Filter):
    """What to ask of the latest artifacts of their keys."""

    latest_id = column(artifact_collection.c.latest_id, "any_")
    key = column(artifact_collection.c.key, "any_", "like_", "exists_")
    flow_run_id = column(artifact_collection.c.flow_run_id, "any_")
    task_run_id = column(artifact_collection.c.task_run_id, "any_")
    type = column(artifact_collection.c.type, "any_", "not_any_")
