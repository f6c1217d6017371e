"""A block for results: `save FOLDER` prints what it is called, `use` runs a flow that names no storage and prints its result."""

import json
import sys

from prefect import flow
from prefect.filesystems import LocalFileSystem


@flow(persist_result=True)
def asking() -> int:
    return 42


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["save", folder]:
            LocalFileSystem(basepath=folder).save("by-default")
            print(json.dumps("local-file-system/by-default"))
        case ["use"]:
            print(json.dumps(asking(return_state=True).result()))
