"""Change of rules while the service runs: read the files again when they change, on a signal, or when asked.

An invalid workspace is refused whole: what is in force stays in force, and everybody is told.
"""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import structlog

from console.backend import RefusedFiles, ShownProblem
from escalation.contacts import Contacts
from notifiers.config import Channel
from notifiers.message import Notifier
from rules.errors import InvalidWorkspace, Problem
from rules.files.positions import Lines
from service.changing.loaded import Loaded, load_again
from service.changing.swapping import Swapper
from service.changing.watching import Watcher
from service.checks.checking import check_workspace
from service.intake import Swap
from service.metrics import Metrics
from service.running import Running
from store.database import Store
from streams.clock import Clock
from streams.embedded import Busy, Stopped

Why = Literal["saved", "signal", "asked"]

_log = structlog.get_logger("tocsin.reload")


class Reloader:
    """`hand_in` gives an item to the loop and returns after the commit; `start` begins to watch the folder."""

    def __init__(
        self,
        folder: Path,
        watcher: Watcher,
        *,
        running: Callable[[], Running],
        in_use: Callable[[], Mapping[str, Notifier]],
        build: Callable[[Channel], Notifier],
        hand_in: Callable[[Swap], object],
        swapper: Swapper,
        store: Store,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._running = running
        self._in_use = in_use
        self._build = build
        self._hand_in = hand_in
        self._swapper = swapper
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._refused: RefusedFiles | None = None
        self._one_at_a_time = threading.Lock()
        # put() may be called by a handler of signals, whatever the thread was just doing
        self._wishes: queue.SimpleQueue[Why | None] = queue.SimpleQueue()
        self._watcher = watcher
        self._thread = threading.Thread(target=self._watch, name="tocsin-reload", daemon=True)
        metrics.workspace_valid.set(1)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._wishes.put(None)
            self._thread.join()

    def wish(self, why: Why) -> None:
        """Reload soon; returns at once."""
        self._wishes.put(why)

    @property
    def refused(self) -> RefusedFiles | None:
        """The files on disk, where they are not the ones in force because something is wrong with them."""
        return self._refused

    def reload(self, why: Why) -> None:
        """Read the files and take them up, or refuse them; returns when that is done.

        Raises Busy or Stopped where the loop does not take them now: then nothing has changed.
        """
        with self._one_at_a_time:
            self._watcher.settle()
            try:
                loaded = load_again(self._folder, self._running().settings)
            except InvalidWorkspace as invalid:
                self._refuse(why, invalid.problems)
                return
            try:
                self._take_up(why, loaded)
            except BaseException:
                self._metrics.reloads.labels("failed").inc()
                raise

    def _take_up(self, why: Why, loaded: Loaded) -> None:
        before = self._running()
        with self._store.read() as reader:
            kept = reader.rule_versions()
        self._swapper.prepare(loaded, kept, self._clock.now())
        self._hand_in(Swap(loaded=loaded, notifiers=self._notifiers(before.contacts, loaded.contacts)))
        self._refused = None
        self._metrics.workspace_valid.set(1)
        self._metrics.reloads.labels("applied").inc()
        _log.info("the files are in force", why=why, rules=len(loaded.files.rules))
        if loaded.wait_for_restart:
            _log.warning("a change waits for a restart", settings=loaded.wait_for_restart)

    def _notifiers(self, before: Contacts, after: Contacts) -> dict[str, Notifier]:
        """Those of unchanged channels go on; what they have counted of their providers' limits stays."""
        in_use = self._in_use()
        return {
            name: in_use[name] if name in in_use and before.channels.get(name) == channel else self._build(channel)
            for name, channel in after.channels.items()
        }

    def _refuse(self, why: Why, found: Sequence[Problem]) -> None:
        """Everything that is wrong is listed, also in files that the first error kept from being read."""
        now = self._clock.now()
        everything = check_workspace(self._folder, now).problems
        errors = [one for one in everything if one.severity == "error"] or list(found)
        self._refused = RefusedFiles(at=now, problems=tuple(_shown(one, self._folder) for one in errors))
        self._metrics.workspace_valid.set(0)
        self._metrics.reloads.labels("refused").inc()
        _log.error(
            "the files on disk are refused, what was in force stays in force",
            why=why,
            errors=len(errors),
            problems=[str(one) for one in errors],
        )

    def _watch(self) -> None:
        while True:
            try:
                why = self._wishes.get(timeout=self._watcher.next_look)
            except queue.Empty:
                if self._watcher.look():
                    self._try("saved")
                continue
            if why is None:
                return
            self._try(why)

    def _try(self, why: Why) -> None:
        try:
            self.reload(why)
        except Stopped:
            pass
        except Busy:
            self._watcher.try_again()
        except Exception:  # a bug of ours: what is in force stays in force, and the next change is tried again
            _log.exception("the files could not be taken up", why=why)


def _shown(problem: Problem, folder: Path) -> ShownProblem:
    try:
        text = (folder / problem.place.file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        text = ""
    return ShownProblem(place=problem.place, message=problem.message, line=Lines(text).line(problem.place.line))
