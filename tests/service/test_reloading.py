"""Files that change on disk: when they are read again, what is refused, and who hears of it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from notifiers.config import Channel
from notifiers.message import Notifier
from service.changing.reloading import Reloader
from service.changing.watching import Watcher
from service.intake import Swap
from service.metrics import Metrics
from streams.embedded import Busy
from tests.service.running import RULES, RunningService, event, running
from tests.service.test_changing_rules import CHANNELS, Shop, rule
from tests.service.whole import Provider

_SOON = 15.0


def test_a_change_counts_once_the_files_lie_still(tmp_path: Path) -> None:
    """An editor writes in several steps; a file that is written again with the same content is no change."""
    (tmp_path / "rules").mkdir()
    file = tmp_path / "rules" / "a.yaml"
    file.write_text("one")
    watcher = Watcher(tmp_path)
    assert not watcher.look()
    file.write_text("one and a half")
    assert [watcher.look(), watcher.next_look] == [False, 0.3]
    file.write_text("two, longer")
    assert [watcher.look(), watcher.look(), watcher.look()] == [False, True, False]
    os.utime(file, (1, 1))
    assert [watcher.look(), watcher.look()] == [False, False]


def test_a_file_that_is_replaced_by_another_one_is_seen(tmp_path: Path) -> None:
    """As most editors save: the new content beside it, then renamed. What is no file of the workspace is not read."""
    file = tmp_path / "model.yaml"
    file.write_text("one")
    watcher = Watcher(tmp_path)
    (tmp_path / "model.yaml.swp").write_text("x")
    (tmp_path / "tocsin.db").write_text("x")
    assert [watcher.look(), watcher.look()] == [False, False]
    (tmp_path / ".new").write_text("two")
    (tmp_path / ".new").replace(file)
    assert [watcher.look(), watcher.look()] == [False, True]
    file.unlink()
    assert [watcher.look(), watcher.look()] == [False, True]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.whole.close()


class Reloading:
    """A reloader over a service without threads."""

    def __init__(self, shop: Shop) -> None:
        whole = shop.whole
        self.metrics = Metrics("tests")
        self.built: list[str] = []
        self.busy = False
        self.reloader = Reloader(
            shop.folder,
            Watcher(shop.folder),
            running=lambda: whole.work.running,
            in_use=lambda: whole.sender.notifiers,
            build=self._build,
            hand_in=self._hand_in,
            swapper=whole.swapper,
            store=whole.store,
            metrics=self.metrics,
            clock=shop.clock,
        )
        self._shop = shop

    def _build(self, channel: Channel) -> Notifier:
        self.built.append(channel.id)
        return Provider(channel.id, self._shop.clock)

    def _hand_in(self, item: Swap) -> None:
        if self.busy:
            raise Busy("not now")
        self._shop.whole.batch([item])

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def reloading(shop: Shop) -> Reloading:
    return Reloading(shop)


def test_invalid_files_are_refused_whole(shop: Shop, reloading: Reloading) -> None:
    """The rules of before go on, every error of all files is listed with its line, and the metric says so."""
    before = shop.whole.work.running
    shop.write("rules/late", rule("when: amuont > 5"))
    shop.write("chains", "chains: {}\ndefault: shiping\n")
    reloading.reloader.reload("asked")
    refused = reloading.reloader.refused
    assert refused is not None
    assert {one.place.file for one in refused.problems} == {"rules/late.yaml", "chains.yaml"}
    (first,) = [one for one in refused.problems if one.place.file == "rules/late.yaml"]
    assert first.line[first.place.column - 1 :].startswith("amuont")
    assert shop.whole.work.running is before
    assert reloading.value("tocsin_workspace_valid") == 0
    assert reloading.value("tocsin_reloads_total", result="refused") == 1
    shop.write("rules/late", rule("when: amount > 5"))
    shop.write("chains", "chains: {}\n")
    reloading.reloader.reload("asked")
    assert reloading.reloader.refused is None
    assert reloading.value("tocsin_workspace_valid") == 1
    assert reloading.value("tocsin_reloads_total", result="applied") == 1
    assert shop.whole.work.running is not before


def test_a_loop_that_is_busy_leaves_everything_as_it_was(shop: Shop, reloading: Reloading) -> None:
    """The next reload takes the change up."""
    shop.write("rules/late", rule("when: amount > 5"))
    reloading.busy = True
    with pytest.raises(Busy):
        reloading.reloader.reload("saved")
    assert reloading.value("tocsin_reloads_total", result="failed") == 1
    reloading.busy = False
    reloading.reloader.reload("saved")
    assert shop.whole.work.running.changes.recomputed == ["late"]


def test_only_channels_that_changed_are_connected_anew(shop: Shop, reloading: Reloading) -> None:
    """What the others know of their providers' limits stays."""
    robot = "  chat: {kind: dingtalk-robot, url: 'env:ROBOT'}\n"
    shop.write(
        "channels",
        "channels:\n  mail: {kind: smtp, host: localhost, security: none, from: tocsin@example.com}\n" + robot,
    )
    reloading.reloader.reload("asked")
    assert reloading.built == ["chat"]
    assert shop.whole.sender.notifiers["mail"] is shop.mail
    shop.write("channels", CHANNELS.replace("localhost", "mail.example.com"))
    reloading.reloader.reload("asked")
    assert (reloading.built, list(shop.whole.sender.notifiers)) == (["chat", "mail"], ["mail"])


def test_what_needs_a_restart_is_said_and_waits(shop: Shop, reloading: Reloading) -> None:
    """The port and the database stay; the rest of tocsin.yaml is in force at once."""
    shop.write("tocsin", "listen: 127.0.0.1:9999\nlanguage: zh\n")
    reloading.reloader.reload("asked")
    running = shop.whole.work.running
    assert running.loaded.wait_for_restart == ("listen",)
    assert (running.settings.port, running.settings.language) == (8321, "zh")


def test_a_key_that_nobody_can_use_is_refused(shop: Shop, reloading: Reloading) -> None:
    """At start it would be; while running it must not take the key of before away."""
    shop.write("tocsin", "api_keys: {erp: 'env:NO_SUCH_VARIABLE_OF_OURS'}\n")
    reloading.reloader.reload("asked")
    refused = reloading.reloader.refused
    assert refused is not None and "NO_SUCH_VARIABLE_OF_OURS" in refused.problems[0].message.en


def wait_for(what: Callable[[], bool], service: RunningService) -> None:
    ends = time.monotonic() + _SOON
    while not what():
        assert time.monotonic() < ends, service.log
        time.sleep(0.05)


def sample(service: RunningService, line: str) -> bool:
    return line in service.client.get("/metrics").text.splitlines()


def test_a_running_service_follows_its_files(tmp_path: Path) -> None:
    """Saved while events flow, wrong for a while, put right and taken up on SIGHUP: no event is lost on the way."""
    with running(tmp_path, chains="chains: {}\n") as (service, _):
        now = "2026-03-02T09:00:00Z"
        for number in range(20):
            assert service.post_events(event(f"A-{number}", "paid", now)).is_success
        file = tmp_path / "rules" / "rules.yaml"
        file.write_text(RULES.replace("within: 1s", "within: 1parsec"), encoding="utf-8")
        wait_for(lambda: sample(service, "tocsin_workspace_valid 0.0"), service)
        ready = service.client.get("/readyz")
        assert ready.is_success and "errors" in ready.json()["notes"][0]
        assert "within: 1parsec" in str(service.client.post("/api/rules/reload").json())
        for number in range(20, 40):
            assert service.post_events(event(f"A-{number}", "paid", now)).is_success
        file.write_text("rules: []\n", encoding="utf-8")
        service.signal(signal.SIGHUP)
        wait_for(lambda: sample(service, "tocsin_workspace_valid 1.0"), service)
        wait_for(lambda: service.client.get("/api/incidents").json()["total"] == 0, service)
        file.write_text(RULES.replace("paid-not-shipped", "again"), encoding="utf-8")
        wait_for(lambda: service.client.get("/api/incidents?q=rule:again").json()["total"] == 40, service)
        service.kill()
        file.write_text("rules: []\n", encoding="utf-8")
        service.start()
        wait_for(lambda: service.client.get("/api/incidents").json()["total"] == 0, service)
