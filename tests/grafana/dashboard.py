"""The queries of the dashboard, as Prometheus gets them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GRAFANA = Path(__file__).parents[2] / "grafana"
DASHBOARD = GRAFANA / "dashboards" / "tocsin.json"


def dashboard_queries(*, job: str = "tocsin", instance: str = ".+", rate_interval: str = "1m") -> list[str]:
    """Every query of every panel, with the variables filled in."""
    values = {"$job": job, "$instance": instance, "$__rate_interval": rate_interval}
    queries = []
    for panel in panels():
        for target in panel["targets"]:
            query = str(target["expr"])
            for name, value in values.items():
                query = query.replace(name, value)
            queries.append(query)
    return queries


def panels() -> Iterator[dict[str, Any]]:
    """The panels that show something; rows are headings."""
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        if panel["type"] != "row":
            yield panel
