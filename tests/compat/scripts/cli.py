"""Runs commands of Prefect's CLI one after the other: a JSON list of argument lists on standard input.

The argument `{id}` stands for the last id that was printed in the first column of a table.
"""

import contextlib
import io
import json
import re
import sys
import traceback

from prefect.cli import app

FIRST_COLUMN = re.compile(r"^[│┃|] *([0-9a-f]{8}-[0-9a-f-]{27}) ", re.MULTILINE)

results: list[tuple[int, str]] = []
for arguments in json.load(sys.stdin):
    printed = io.StringIO()
    code = 0
    ids = [id for _, text in results for id in FIRST_COLUMN.findall(text)]
    sys.argv = ["prefect", *(ids[-1] if argument == "{id}" else argument for argument in arguments)]
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
