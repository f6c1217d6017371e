"""Blocks of a user, which the CLI registers from this file; run by itself, it saves one."""

import json

from prefect.blocks.core import Block


class Kettle(Block):
    litres: float = 1.5


class Kitchen(Block):
    kettle: Kettle


if __name__ == "__main__":
    Kettle(litres=2.5).save("small", overwrite=True)
    print(json.dumps("saved"))
