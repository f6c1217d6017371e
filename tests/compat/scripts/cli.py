"""Runs commands of Prefect's CLI one after the other: a JSON list of argument lists on standard input."""

import contextlib
import io
import json
import sys
import traceback

from prefect.cli import app

results = []
for arguments in json.load(sys.stdin):
    printed = io.StringIO()
    code = 0
    sys.argv = ["prefect", *arguments]
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            app()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception:  # noqa: BLE001  # whatever it is, it is the answer
            traceback.print_exc()
            code = 1
    results.append((code, printed.getvalue()))
print(json.dumps(results))
