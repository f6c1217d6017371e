"""Task workers as the API shows them, and what is asked of them."""

from pydantic import BaseModel, Field

from lictor.validation.fields import DateTime


class TaskWorkerFilter(BaseModel):
    """What to ask of task workers."""

    task_keys: list[str] = Field(description="They run at least one of these tasks; none asks nothing.")


class TaskWorkerResponse(BaseModel):
    """A process that runs tasks in the background."""

    identifier: str = Field(description="What it calls itself.")
    task_keys: list[str] = Field(description="The tasks that it runs.")
    timestamp: DateTime = Field(description="When it gave its last sign of life.")
