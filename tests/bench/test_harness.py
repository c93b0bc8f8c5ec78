"""What `make bench` writes for the driver, and how it judges what the driver measured."""

import http.client
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from bench import goals, places, report, run, servers, targets
from launcher.problems import Problem
from portal.benching.jobs import faces, is_routed

SERVERS = servers.Servers(
    "postgresql://postgres@127.0.0.1:5432/portico_bench",
    "postgresql://postgres@127.0.0.1:5432/perf_baseline",
    "postgresql://portico_app@127.0.0.1:5432/portico_bench",
    "redis://127.0.0.1:6379",
)


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    env = targets.portal_environment(SERVERS, tmp_path)
    return targets.configuration(SERVERS, faces(), tmp_path, env, targets.Portal(threads=8))


def result(rows: dict[str, Any], limits: goals.Limits = goals.MUST) -> report.Result:
    document = {"table": rows, "failures": [], "missed": []}
    return report.Result("2 cores", "1 round", document, {"v1": {"projects": 2}}, limits)


def row(**figures: float) -> dict[str, dict[str, float]]:
    good = {"ratio": 2.0, "sum_ratio": 2.0, "cpu_ms": 0.4, "p99_ms": 20.0}
    return {"express": {"rps": 500.0}, "portico-v1": good | figures}


def test_the_configuration_names_the_baseline_and_each_face(config: dict[str, Any]) -> None:
    names = [target["name"] for target in config["targets"]]
    assert names[:2] == ["express", "portico-v1"]
    assert config["baseline"] == "express"
    json.dumps(config)
    for target in config["targets"]:
        assert {"base", "start", "cwd", "env", "ready", "login", "paths", "clean"} <= set(target)
        assert target["paths"]["projects"].startswith("/api/")
    assert len({target["base"] for target in config["targets"]}) == len(names)


def test_the_server_is_started_as_in_production(config: dict[str, Any]) -> None:
    portal = config["targets"][1]
    assert "--blocking-threads 8" in portal["start"]
    assert portal["env"]["PORTICO_ENV"] == "production"
    assert portal["env"]["WEB_THREADS"] == "8"


def test_both_sides_do_the_same_jobs(config: dict[str, Any]) -> None:
    express, portal = config["targets"][0]["paths"], config["targets"][1]["paths"]
    assert set(portal) <= set(express)
    assert "include_total=true" in portal["projects"]


def test_only_jobs_with_a_route_are_named() -> None:
    assert is_routed("/api/v1/projects?limit=20")
    assert not is_routed("/api/v1/nothing")
    with override_settings(ROOT_URLCONF="apps.accounts.urls"):
        assert faces() == {}


def test_budgets_that_hold_are_met() -> None:
    assert result({"projects": row()}).missed == []
    assert "all budgets met" in report.words(result({"projects": row()}))


def test_each_missed_budget_has_a_line() -> None:
    found = result({"projects": row(ratio=1.2, cpu_ms=0.7)}).missed
    assert found == [
        "missed: portico-v1 projects: ratio is 1.2, goal >=1.3",
        "missed: portico-v1 projects: cpu_ms is 0.7, goal <=0.60",
    ]


def test_a_figure_that_is_missing_is_no_success() -> None:
    rows = {"projects": {"portico-v1": {"ratio": 2.0}}}
    assert any("missing" in line for line in result(rows).missed)


def test_too_many_queries_miss_the_budget() -> None:
    assert goals.missed_queries({"v1": {"projects": 3, "health": 0, "write": None}}) == [
        "v1 projects: 3 queries, goal <=2"
    ]


def test_the_quick_bench_judges_processor_time_alone() -> None:
    rows = {"projects": row(ratio=0.5, p99_ms=500.0)}
    assert result(rows, goals.QUICK).missed == []
    assert run.options_of(["--quick"]).rounds == 1
    assert run.options_of([]).rounds == 3


def test_an_aim_is_told_and_fails_nothing() -> None:
    found = result({"projects": row(ratio=1.5)})
    assert found.missed == []
    assert "below its aim" in report.words(found)


def test_the_page_holds_machine_table_and_judgement(tmp_path: Path) -> None:
    page = tmp_path / "RESULT.md"
    report.write(result({"projects": row()}), page)
    text = page.read_text()
    assert "2 cores. 1 round." in text
    assert "| projects | portico-v1 | 2.00 |" in text
    assert "all budgets met" in text


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_DRIVER", str(tmp_path / "nowhere"))
    with pytest.raises(Problem, match="BENCH_DRIVER"):
        places.driver()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match="wrk is not installed"):
        places.check_programs()


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("postgres://postgres@127.0.0.1:5432/x", "postgresql://postgres@127.0.0.1:5432/db"),
        ("postgresql://a:b%2Fc@host/x", "postgresql://a:b%2Fc@host:5432/db"),
        ("postgresql://postgres@%2Ftmp%2Fs/x", "postgresql://postgres@%2Ftmp%2Fs:5432/db"),
    ],
)
def test_a_url_leads_to_another_database_of_the_same_server(known: str, expected: str) -> None:
    assert servers.url_of(known, "db") == expected


def test_the_baseline_starts_from_the_configuration(config: dict[str, Any]) -> None:
    """A smoke test of the real baseline, where Node and its packages are there."""
    folder = places.SCRATCH / "express"
    if shutil.which("node") is None:
        pytest.skip("there is no node")
    if not (folder / ".installed").exists():
        pytest.skip("the baseline is installed by `make bench`")
    express = config["targets"][0]
    process = subprocess.Popen(
        express["start"].split(), cwd=folder, env=os.environ | express["env"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert "express baseline on" in process.stdout.readline()
        link = http.client.HTTPConnection(express["base"].removeprefix("http://"), timeout=5)
        link.request("GET", express["ready"])
        assert link.getresponse().status == 200
        link.close()
    finally:
        process.terminate()
        process.communicate(timeout=10)
