"""What the page on scale and the Dockerfile say is understood by the command, and true."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mockserver.command_line import read_settings
from mockserver.settings import OPTIONS, PREFIX, Settings
from mockserver.stores import LIFETIME
from mockserver.stores import PREFIX as REDIS_PREFIX
from tests.documentation import README, block
from tests.mock.test_cli import served, url
from tests.redis_server import RedisServer, needs_redis, shared_redis

ROOT = README.parent
PAGE = ROOT / "docs" / "scale.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VARIABLES = {option.variable for option in OPTIONS}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile, without comments, an instruction a row."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]


def told(instruction: str) -> str:
    """What stands behind the one instruction of that name."""
    [said] = [rest for name, rest in instructions() if name == instruction]
    return said


def understood(words: list[str], **env: str) -> Settings:
    """The settings of a command line that starts with the name of ours."""
    assert words[0].rpartition("/")[2] == "mockserver" and "mockserver" in PROJECT["scripts"]
    return read_settings(words[1:], env)


def environment() -> dict[str, str]:
    """What the Dockerfile sets."""
    return dict(pair.split("=", 1) for pair in shlex.split(told("ENV")))


def test_container_serves_on_its_published_port_to_everyone() -> None:
    settings = understood(json.loads(told("ENTRYPOINT")), **environment())
    assert set(environment()) <= VARIABLES
    assert (settings.host, str(settings.port)) == ("0.0.0.0", told("EXPOSE"))  # noqa: S104 - in a container


def test_container_takes_the_wheel_alone_and_a_python_that_it_runs_on() -> None:
    source, folder = told("COPY").split()
    wheel = f"dist/{PROJECT['name'].replace('-', '_')}-*.whl"
    assert source == wheel and f"{folder}{Path(wheel).name}" in told("RUN")
    image, version = re.fullmatch(r"(\w+):([\d.]+)-slim", told("FROM")).groups()  # type: ignore[union-attr]
    assert image == "python" and f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]
    assert [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"] == [
        "*",
        "!dist/*.whl",
    ]


def test_container_does_not_run_as_root_and_may_write_its_volume() -> None:
    assert int(told("USER")) > 0 and f"--uid {told('USER')} " in told("RUN")
    assert f"install --directory --owner=mock {told('VOLUME')}" in told("RUN")


def health(address: str, **env: str) -> int:
    """What the health check of the container says of a mock: its exit code."""
    python, *rest = json.loads(told("HEALTHCHECK").partition("CMD ")[2])
    assert python == "python"
    env = {**os.environ, "MOCKSERVER_PORT": address.rpartition(":")[2], **env}
    return subprocess.run([sys.executable, *rest], env=env, stderr=subprocess.DEVNULL, check=False).returncode


@pytest.mark.parametrize("env", [{}, {"MOCKSERVER_CONTROL_TOKEN": "secret"}])
def test_health_check_tells_a_mock_that_runs_from_one_that_does_not(env: dict[str, str]) -> None:
    with served(**env) as (_, said):
        assert health(url(said), **env) == 0
    assert health(url(said), **env) != 0


@needs_redis
def test_container_without_its_store_is_not_healthy() -> None:
    with closing(RedisServer()) as redis, served("--store", redis.url()) as (_, said):
        redis.kill()
        assert health(url(said)) != 0


def commands() -> list[list[str]]:
    """Every command of ours on the page, also those within a container."""
    text = PAGE.read_text("utf-8")
    lines = re.findall(r"^(?:ExecStart=)?(\S*mockserver .+)$", text, re.MULTILINE)
    inside = [
        rest
        for line in re.findall(r"^docker run (.+)$", text, re.MULTILINE)
        for rest in [line.partition("videos-mock ")[2]]
    ]
    return [shlex.split(line) for line in (*lines, *(f"mockserver {rest}" for rest in inside))]


def test_page_names_no_option_that_is_not_there() -> None:
    text = PAGE.read_text("utf-8")
    assert set(re.findall(rf"{PREFIX}\w+", text)) <= VARIABLES
    assert len(commands()) >= 4
    for words in commands():
        shared = {} if "--store" in words else {"MOCKSERVER_STORE": "sqlite:x"}
        assert understood(words, **shared)


def test_compose_file_of_the_page_sets_what_there_is() -> None:
    services: dict[str, Any] = yaml.safe_load(block("text", "compose", PAGE))["services"]
    mock = services["mock"]
    settings = understood(["mockserver", *mock["command"].split()], **mock["environment"])
    assert settings.store.is_shared and settings.tokens == ("token-of-ann", "token-of-bob")
    assert mock["depends_on"].keys() <= services.keys() and mock["ports"][0].endswith(f":{told('EXPOSE')}")


def test_unit_of_the_page_is_one(tmp_path: Path) -> None:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block("text", "unit", PAGE))
    assert unit.sections() == ["Unit", "Service", "Install"]
    assert unit["Service"]["StateDirectory"] in unit["Service"]["ExecStart"]
    verify = shutil.which("systemd-analyze")
    if verify:
        path = tmp_path / "videos-mock.service"
        path.write_text(block("text", "unit", PAGE).replace("/opt/videos-mock/bin/mockserver", sys.executable))
        assert subprocess.run([verify, "verify", path], capture_output=True, text=True, check=False).stderr == ""


@pytest.mark.parametrize("name", ["workers", pytest.param("replica", marks=needs_redis)])
def test_commands_of_the_page_serve(name: str, tmp_path: Path) -> None:
    *exports, line = block("run", name, PAGE).strip().splitlines()
    words = shlex.split(line.replace("/tmp/jobs.db", f"{tmp_path}/jobs.db").replace("--port 8000", ""))  # noqa: S108
    env = dict(shlex.split(export)[1].split("=", 1) for export in exports)
    if "MOCKSERVER_STORE" in env:
        env["MOCKSERVER_STORE"] = env["MOCKSERVER_STORE"].replace(":6379/", f":{shared_redis().port}/")
    with served(*words[1:], **env) as (_, said):
        assert httpx.get(f"{url(said)}/_mock/health").json()["status"] == "ok"


def test_settings_of_the_url_are_those_that_the_page_tells() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^`|]+?)`? \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert rows == {"prefix": REDIS_PREFIX, "expire": str(LIFETIME)}
