"""What can be asked of artifacts."""

from lictor.artifacts.table import artifact, artifact_collection
from lictor.filters.criteria import Filter, on


class ArtifactFilter(Filter):
    """What to ask of artifacts."""

    id = on(artifact.c.id, "any_")
    key = on(artifact.c.key, "any_", "like_", "exists_")
    flow_run_id = on(artifact.c.flow_run_id, "any_")
    task_run_id = on(artifact.c.task_run_id, "any_")
    type = on(artifact.c.type, "any_", "not_any_")


class ArtifactCollectionFilter(Filter):
    """What to ask of the latest artifacts of their keys."""

    latest_id = on(artifact_collection.c.latest_id, "any_")
    key = on(artifact_collection.c.key, "any_", "like_", "exists_")
    flow_run_id = on(artifact_collection.c.flow_run_id, "any_")
    task_run_id = on(artifact_collection.c.task_run_id, "any_")
    type = on(artifact_collection.c.type, "any_", "not_any_")
