"""/readyz says when events cannot be kept."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from anyio import to_thread
from starlette.testclient import TestClient

from service.config import load_settings
from service.web import create_web
from service.wiring import Service
from service.workspace_template import write_workspace
from streams.clock import WallClock
from streams.embedded import Done, EmbeddedRunner
from streams.instants import Instant


class Work:
    """Fails while it is told to."""

    def __init__(self) -> None:
        self.broken = False

    def __call__(self, batch: Sequence[str], now: Instant) -> Done:
        if self.broken:
            raise OSError("the disk is full")
        return Done(answers=[None for _ in batch], next_due=None)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def runner(work: Work) -> Iterator[EmbeddedRunner[str]]:
    runner: EmbeddedRunner[str] = EmbeddedRunner(work, WallClock(), failed=lambda error: None)
    runner.start()
    yield runner
    runner.stop()


def test_a_loop_whose_batches_fail_is_not_healthy_until_one_is_done(runner, work):
    """Alive all the time; healthy before, not while the disk is full, and again after."""
    runner.submit("one").result(5)
    assert runner.healthy
    work.broken = True
    with pytest.raises(OSError):
        runner.submit("two").result(5)
    assert runner.alive and not runner.healthy
    work.broken = False
    runner.submit("three").result(5)
    assert runner.healthy


def test_health_is_answered_while_no_thread_is_free(tmp_path):
    """Posted events that wait for a locked database take no thread from pages, and health needs none at all."""
    write_workspace(tmp_path / "shop", "en")
    web = create_web(Service(tmp_path / "shop"))
    with TestClient(web) as client:
        assert client.portal is not None
        limiter = client.portal.call(to_thread.current_default_thread_limiter)
        client.portal.call(setattr, limiter, "total_tokens", 1)
        client.portal.call(limiter.acquire_on_behalf_of_nowait, "a page that waits")
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code in (200, 503)


def test_a_loop_that_has_ended_is_not_healthy(work):
    """Stopped, or dead."""
    runner: EmbeddedRunner[str] = EmbeddedRunner(work, WallClock(), failed=lambda error: None)
    assert not runner.healthy
    runner.start()
    runner.stop()
    assert not runner.healthy


def test_readyz_answers_503_while_the_loop_cannot_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A load balancer sends nothing to it then, and /healthz still says that the process lives."""
    write_workspace(tmp_path / "shop", "en")
    service = Service(tmp_path / "shop", settings=load_settings(tmp_path / "shop"))
    with TestClient(create_web(service)) as client:
        assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ready"})
        monkeypatch.setattr(EmbeddedRunner, "healthy", property(lambda self: False))
        assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (503, {"status": "not ready"})
        assert client.get("/healthz").status_code == 200
        assert client.get("/metrics").status_code == 200
