"""The Dockerfile's own steps, each in an empty environment, and what comes out of them at work."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.dockerfile import ROOT, stages
from tests.postgres import free_port

BUILD, FINAL = stages()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in place of the image's root: all of the first stage's steps were run in it."""
    root = tmp_path_factory.mktemp("image")
    workdir = root / "build"
    workdir.mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for step in BUILD.instructions:
        if step.name == "COPY":
            *sources, target = step.words()
            for source in sources:
                copy(ROOT / source, workdir / target)
        elif step.name == "RUN":
            command = step.text.replace("/venv", f"{root}/venv")
            subprocess.run(command, shell=True, cwd=workdir, check=True, env={**os.environ, "PATH": path})
    shutil.rmtree(workdir)  # the second stage has none of it
    return root


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def environment(image: Path, home: Path, **variables: str) -> dict[str, str]:
    """The image's, and no other."""
    declared = {name: value.replace("/venv", f"{image}/venv") for name, value in FINAL.environment().items()}
    declared["PATH"] = declared["PATH"].replace("$PATH", os.environ["PATH"])
    return {**declared, "LICTOR_HOME": str(home), "PREFECT_SERVER_API_HOST": "127.0.0.1", **variables}


def test_the_command_is_there(image, tmp_path):
    said = subprocess.run(
        ["lictor", "version"],
        env=environment(image, tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("Lictor ")


def test_nothing_is_left_of_what_only_builds(image):
    packages = {path.name for path in image.glob("venv/lib/*/site-packages/*")}
    assert "lictor" in packages
    assert not packages & {"pip", "hatchling", "pytest"}
    assert next(image.glob("venv/lib/*/site-packages/lictor/migrations/env.py"))


def test_the_server_starts_is_healthy_and_stops(image, tmp_path):
    variables = environment(image, tmp_path, PREFECT_SERVER_API_PORT=str(free_port()))
    server = subprocess.Popen(FINAL.the("CMD").words(), env=variables, cwd=tmp_path)
    try:
        check = FINAL.the("HEALTHCHECK").text.partition("CMD ")[2]
        for _ in range(60):
            if subprocess.run(check, shell=True, env=variables, check=False, capture_output=True).returncode == 0:
                break
            time.sleep(0.5)
        else:
            pytest.fail("the health check never passed")
        assert (tmp_path / "lictor.db").exists()
    finally:
        server.terminate()
    assert server.wait(timeout=60) == 0
