"""Reads as much of a Dockerfile as ours has."""

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Instruction:
    name: str
    text: str

    def words(self) -> list[str]:
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


@dataclass(frozen=True)
class Stage:
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, name: str) -> list[Instruction]:
        return [instruction for instruction in self.instructions if instruction.name == name]

    def the(self, name: str) -> Instruction:
        (only,) = self.all(name)
        return only

    def environment(self) -> dict[str, str]:
        return dict(instruction.text.split("=", 1) for instruction in self.all("ENV"))


def stages() -> list[Stage]:
    found: list[Stage] = []
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        name, _, text = line.strip().partition(" ")
        if name == "FROM":
            found.append(Stage())
        elif name and not name.startswith("#"):
            found[-1].instructions.append(Instruction(name, text))
    return found
