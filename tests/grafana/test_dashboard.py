"""The dashboard and the alert rules speak of metrics that exist, in queries that Prometheus can read."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from prometheus_client.core import Metric

from service.config import Settings
from service.metrics import Metrics
from service.wiring import Service
from service.workspace_template import write_workspace
from streams.clock import ManualClock
from streams.instants import parse_instant
from tests.conftest import need_program
from tests.grafana.dashboard import DASHBOARD, GRAFANA, dashboard_queries, panels

ALERTS = GRAFANA / "prometheus" / "alerts.yaml"
NOW = parse_instant("2026-03-02T08:00:00Z", ZoneInfo("UTC"))
OWN_NAME = re.compile(r"\b(?:tocsin|process|python)_[a-z0-9_]+\b|\bup\b")
SELECTOR = re.compile(r"\b([a-z_]+)\{([^}]*)\}")
LABEL = re.compile(r'([a-zA-Z_]+)\s*(?:=~|!~|!=|=)\s*"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")
TARGET_LABELS = {"job", "instance"}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """Every series that the service has, with its labels: from the real registry, read once."""
    folder = tmp_path_factory.mktemp("workspace")
    write_workspace(folder / "shop", "en")
    service = Service(folder / "shop", settings=Settings(matcher="compiled"), clock=ManualClock(NOW))
    series: dict[str, set[str]] = {"up": set(), "tocsin_next_due_seconds": set()}
    for metric in service.metrics.registry.collect():
        series |= _series(metric, _labels(service.metrics, metric))
    gauges = {name: set(labels) for name, _, labels, _ in service.readings()}
    service.close()
    return series | gauges


def _labels(metrics: Metrics, metric: Metric) -> set[str]:
    for own in vars(metrics).values():
        if getattr(own, "_name", None) == metric.name:
            return set(own._labelnames)
    return set()


def _series(metric: Metric, labels: set[str]) -> dict[str, set[str]]:
    if metric.type == "histogram":
        return {
            f"{metric.name}_bucket": labels | {"le"},
            f"{metric.name}_sum": labels,
            f"{metric.name}_count": labels,
        }
    return {f"{metric.name}_total" if metric.type == "counter" else metric.name: labels}


def assert_known(queries: Iterable[str], known: Mapping[str, set[str]]) -> None:
    for query in queries:
        names = set(OWN_NAME.findall(query))
        assert names, f"no metric in {query}"
        assert names <= set(known), f"{names - set(known)} in {query}"
        for name, matchers in SELECTOR.findall(query):
            assert set(LABEL.findall(matchers)) <= known[name] | TARGET_LABELS, query
        carried = set().union(*(known[name] for name in names)) | TARGET_LABELS
        for labels in GROUPED.findall(query):
            assert {label.strip() for label in labels.split(",")} <= carried, query


def test_every_query_names_metrics_and_labels_of_the_service(known):
    """Each metric of the dashboard is one that the service exports, and so is each label it selects or groups by."""
    assert len(dashboard_queries()) > 30
    assert_known(dashboard_queries(), known)


def test_every_alert_names_metrics_and_labels_of_the_service(known):
    """The same of the alert rules: an alert over a metric that was renamed would never fire."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    assert_known((rule["expr"] for group in groups for rule in group["rules"]), known)


def test_every_metric_is_shown_or_alerted_on(known):
    """Nothing is measured for nobody: each of our own metrics stands in the dashboard."""
    text = "\n".join(dashboard_queries())
    own = {re.sub("_(bucket|sum|count)$", "", name) for name in known if name.startswith("tocsin_")}
    assert {name for name in own if name not in text and not name.endswith("_created")} == set()


def test_prometheus_reads_every_query(tmp_path):
    """promtool parses each query of the dashboard."""
    promtool = need_program("promtool")
    rules = [{"record": f"query_{number}", "expr": query} for number, query in enumerate(dashboard_queries())]
    file = tmp_path / "queries.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    run = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(rules)} rules found" in run.stdout


def test_prometheus_accepts_the_alerts_and_the_example_configuration():
    """promtool check config, which checks the alert rules that it names too."""
    promtool = need_program("promtool")
    config = GRAFANA / "prometheus" / "prometheus.yaml"
    run = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "15 rules found" in run.stdout


def test_alerts_fire_when_they_should_and_are_silent_otherwise(tmp_path):
    """promtool test rules over tests/grafana/alerts_test.yaml."""
    promtool = need_program("promtool")
    (tmp_path / "alerts.yaml").write_text(ALERTS.read_text(encoding="utf-8"))
    file = tmp_path / "alerts_test.yaml"
    file.write_text((Path(__file__).parent / "alerts_test.yaml").read_text(encoding="utf-8"))
    run = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_panel_says_what_it_shows_and_does_not_lie_over_another():
    """Each panel has a description and a place of its own in the 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        assert len(panel["description"]) > 10, panel["title"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_provisioning_leads_to_the_dashboard():
    """The provider reads JSON files from a folder; ours has a fixed uid, so that links to it last."""
    provider = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "tocsin.yaml").read_text())["providers"][0]
    assert provider["type"] == "file"
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert dashboard["uid"] == "tocsin-service"
    assert "id" not in dashboard
