"""A real Prometheus scrapes the running service: every panel of the dashboard shows something, and the alerts load."""

import contextlib
import math
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import need_program
from tests.grafana.dashboard import GRAFANA, dashboard_queries
from tests.service.activity import CHAINS, RULES, Activity
from tests.service.running import HeldPort, RunningService, running

pytestmark = pytest.mark.server

_CONFIG = GRAFANA / "prometheus" / "prometheus.yaml"
_DATA_WITHIN = 60.0
_START_WITHIN = 30.0
_RATE_INTERVAL = "15s"


class Prometheus:
    """A Prometheus of its own, with the example configuration of the repository, only quicker and on this service."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder
        self._held = HeldPort()
        self._address = f"127.0.0.1:{self._held.number}"
        config = yaml.safe_load(_CONFIG.read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(_CONFIG.parent / name) for name in config["rule_files"]]
        (scrape,) = config["scrape_configs"]
        scrape["static_configs"] = [{"targets": [target]}]
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self._client = httpx.Client(base_url=f"http://{self._address}", timeout=10, trust_env=False)

    @contextlib.contextmanager
    def running(self) -> Iterator["Prometheus"]:
        program = need_program("prometheus")
        with (self._folder / "prometheus.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self._folder / 'prometheus.yaml'}",
                    f"--storage.tsdb.path={self._folder / 'tsdb'}",
                    f"--web.listen-address={self._address}",
                ],
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(lambda: process.poll() is not None or self._is_ready(), _START_WITHIN, self._log)
            assert process.poll() is None, self._log()
            yield self
        finally:
            process.terminate()
            process.wait(timeout=30)
            self._client.close()
            self._held.close()

    def _is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self._client.get("/-/ready").is_success
        return False

    def _log(self) -> str:
        return (self._folder / "prometheus.log").read_text(encoding="utf-8")

    def get(self, path: str, **parameters: str) -> Any:
        answer = self._client.get(path, params=parameters).json()
        assert answer["status"] == "success", f"{parameters}: {answer}"
        return answer["data"]

    def values(self, query: str) -> list[float]:
        return [float(sample["value"][1]) for sample in self.get("/api/v1/query", query=query)["result"]]

    def alerts(self) -> dict[str, dict[str, Any]]:
        """The alert rules as loaded, by name, with `state` and `health`."""
        groups = self.get("/api/v1/rules", type="alert")["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}


def wait_for(holds: Callable[[], bool], within: float, said: Callable[[], object]) -> None:
    ends = time.monotonic() + within
    while not holds():
        assert time.monotonic() < ends, said()
        time.sleep(0.25)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningService, Activity, Prometheus]]:
    need_program("prometheus")
    with running(tmp_path_factory.mktemp("workspace"), rules=RULES, chains=CHAINS) as (service, providers):
        prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{service.port}")
        with prometheus.running():
            yield service, Activity(service, providers), prometheus


def test_every_query_of_the_dashboard_returns_data(watched):
    """Each query gives at least one number, and no quantile is NaN, while a shop is at work."""
    _, activity, prometheus = watched
    missing = set(dashboard_queries(rate_interval=_RATE_INTERVAL))
    assert len(missing) > 30
    ends = time.monotonic() + _DATA_WITHIN
    while missing:
        assert time.monotonic() < ends, "no data:\n" + "\n".join(sorted(missing))
        activity.round()
        time.sleep(0.5)  # Prometheus needs two scrapes that differ
        missing = {query for query in missing if not _has_data(prometheus.values(query))}


def _has_data(values: list[float]) -> bool:
    return any(not math.isnan(value) for value in values)


def test_the_choices_of_the_dashboard(watched):
    """The variables Job and Instance are filled from the labels of tocsin_build_info."""
    service, _, prometheus = watched
    assert prometheus.get("/api/v1/label/job/values", **{"match[]": "tocsin_build_info"}) == ["tocsin"]
    assert prometheus.get("/api/v1/label/instance/values", **{"match[]": 'tocsin_build_info{job="tocsin"}'}) == [
        f"127.0.0.1:{service.port}"
    ]


def test_the_alerts_are_loaded_and_silent_while_the_service_works(watched):
    """Every rule of the file is evaluated without an error; none says that a working service is down, stuck or slow."""
    _, activity, prometheus = watched
    written = yaml.safe_load((_CONFIG.parent / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    names = {rule["alert"] for group in written for rule in group["rules"]}
    healthy = {"TocsinDown", "TocsinAbsent", "TocsinLoopStuck", "TocsinLoopErrors", "TocsinNoEvents"}
    healthy |= {"TocsinInboxGrowing", "TocsinMessagesNotLeaving", "TocsinMatcherFallback"}

    def all_is_well() -> bool:
        activity.round()  # events are seen to flow once two scrapes differ
        alerts = prometheus.alerts()
        is_evaluated = {rule["health"] for rule in alerts.values()} == {"ok"}
        return is_evaluated and {alerts[name]["state"] for name in healthy} == {"inactive"}

    wait_for(all_is_well, _DATA_WITHIN, prometheus.alerts)
    alerts = prometheus.alerts()
    assert set(alerts) == names
    assert {rule.get("lastError", "") for rule in alerts.values()} == {""}


def test_what_is_wrong_is_noticed(watched):
    """Refused events and undeliverable messages are pending at once, and so is a service that is gone."""
    service, activity, prometheus = watched

    def both_are_raised() -> bool:
        activity.round()  # the chat fails once it is told more than it takes in a minute
        return all(_is_raised(prometheus, name) for name in ("TocsinEventsRefused", "TocsinDeliveriesFailing"))

    wait_for(both_are_raised, _DATA_WITHIN, prometheus.alerts)
    service.kill()
    wait_for(partial(_is_raised, prometheus, "TocsinDown"), _START_WITHIN, prometheus.alerts)
    (down,) = prometheus.alerts()["TocsinDown"]["alerts"]
    assert down["labels"]["severity"] == "critical"
    assert f"127.0.0.1:{service.port}" in down["annotations"]["summary"]


def _is_raised(prometheus: Prometheus, alert: str) -> bool:
    return prometheus.alerts()[alert]["state"] in ("pending", "firing")
