"""What SREs watch: every metric of the service, in one registry that belongs to one service (no module globals)."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400)

# name, what it says, labels, samples of (label values, value)
GaugeNow = tuple[str, str, tuple[str, ...], Iterable[tuple[tuple[str, ...], float]]]


class Metrics:
    """Names follow Prometheus' conventions: seconds, `_total` for counters, no label with unbounded values."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.build = self._gauge("tocsin_build_info", "The running version; always 1.", "version")
        self.build.labels(version).set(1)
        self.events = self._counter(
            "tocsin_events_total", "Events by what became of them: taken, duplicate, refused.", "source", "result"
        )
        self.refusals = self._counter("tocsin_events_refused_total", "Refused events by reason.", "code")
        self.left_out = self._counter("tocsin_event_fields_left_out_total", "Fields that the model does not declare.")
        self.event_age = self._histogram(
            "tocsin_event_age_seconds", "From when an event was true to when we learned it.", _SLOW, "source"
        )
        self.folded_again = self._counter(
            "tocsin_entities_folded_again_total", "Entities folded again because of late or retracted events."
        )
        self.batch_seconds = self._histogram("tocsin_loop_batch_seconds", "One batch, commit included.", _QUICK)
        self.batch_items = self._histogram(
            "tocsin_loop_batch_items", "Items in a batch.", (0, 1, 2, 5, 10, 50, 100, 500, 1000)
        )
        self.loop_errors = self._counter("tocsin_loop_errors_total", "Batches that failed and were tried again.")
        self.entity_errors = self._counter(
            "tocsin_entity_errors_total", "Entities that could not be judged and are tried again a minute later."
        )
        self.loop_progress = self._gauge("tocsin_loop_last_progress_timestamp_seconds", "When a batch last committed.")
        self.deadline_lateness = self._histogram(
            "tocsin_deadline_lateness_seconds", "From the instant an incident is due to its commit.", _QUICK
        )
        self.opened = self._counter("tocsin_incidents_opened_total", "Incidents opened.", "rule", "severity")
        self.resolved = self._counter(
            "tocsin_incidents_resolved_total",
            "Ends of incidents; one that a person ended counts again when its condition ends.",
            "rule",
            "reason",
        )
        self.acknowledge_seconds = self._histogram(
            "tocsin_acknowledge_seconds", "From detection to the first acknowledgement.", _SLOW
        )
        self.deliveries = self._counter(
            "tocsin_deliveries_total", "Attempts to tell somebody, by what the provider said.", "channel", "outcome"
        )
        self.delivery_seconds = self._histogram(
            "tocsin_delivery_seconds", "From when a message was due to when the provider accepted it.", _SLOW, "channel"
        )

        self.workspace_valid = self._gauge(
            "tocsin_workspace_valid", "Whether the files on disk could be taken up; 0: those before stay in force."
        )
        self.reloads = self._counter(
            "tocsin_reloads_total", "Readings of the files while running: applied, refused, failed.", "result"
        )
        for result in ("applied", "refused", "failed"):
            self.reloads.labels(result)  # counted from 0, so that the first of each is seen as an increase

    def watch(self, read: Callable[[], Iterable[GaugeNow]]) -> None:
        """Gauges that are read from the store and the loop at the moment of scraping."""
        self.registry.register(_Now(read))

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self.registry, buckets=tuple(buckets))


class _Now(Collector):
    def __init__(self, read: Callable[[], Iterable[GaugeNow]]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return ()  # asked at registration, when there may be nothing to read yet

    def collect(self) -> Iterator[Metric]:
        for name, text, labels, samples in self._read():
            family = GaugeMetricFamily(name, text, labels=labels)
            for values, value in samples:
                family.add_metric(values, value)
            yield family
