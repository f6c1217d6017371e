"""Serves flows until it is told to end: two by `serve`, or, with the argument `one`, the first by `flow.serve`."""

import sys

from orders import doubles, sleeps
from prefect import serve

if sys.argv[1] == "one":
    doubles.serve("served", interval=3600, print_starting_message=False)
else:
    serve(
        doubles.to_deployment("served", interval=3600),
        sleeps.to_deployment("served", cron="0 0 1 1 *"),
        print_starting_message=False,
    )
