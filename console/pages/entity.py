"""/entities/KIND/KEY: an order (or whatever the model has) with its way, its incidents and its events as received."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from console.views.naming import Names, customer_of
from console.views.rows import row_of
from console.views.timeline import event_label
from console.views.way import fields_of, show, way_of
from console.visit import Visit
from store.queries import ReceivedEvent
from streams.instants import MINUTE, Instant, Micros
from streams.model import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """`late` None: it came within a minute."""

    label: str
    type: str
    source: str
    id: str
    occurred_at: Instant
    recorded_at: Instant
    late: Micros | None
    is_retracted: bool
    data: Sequence[tuple[str, str]]


def show_entity(visit: Visit) -> Response:
    kind_name, key = str(visit.request.path_params["kind"]), str(visit.request.path_params["key"])
    names = Names(workspace=visit.backend.workspace, viewer=visit.viewer)
    with visit.backend.read() as reader:
        detail = reader.entity_detail(kind_name, key)
    if detail is None:
        return visit.not_found()
    kind, values = names.kind(kind_name), detail.entity.values
    rows = [row_of(incident, values, names) for incident in detail.incidents]
    return visit.page(
        "entity.html",
        kind=kind,
        kind_label=visit.viewer.text(kind.label),
        key=key,
        way=way_of(kind, values, visit.viewer),
        open_rows=sorted((row for row in rows if row.state != "resolved"), key=lambda row: row.severity, reverse=True),
        past_rows=[row for row in rows if row.state == "resolved"],
        events=[_event(one, kind, names) for one in reversed(detail.events)],
        more=detail.more,
        fields=fields_of(kind, values, visit.viewer),
        customer=customer_of(values),
        changed_at=detail.entity.changed_at if detail.events else None,
        closed=bool(values.get("closed")),
    )


def _event(received: ReceivedEvent, kind: Kind, names: Names) -> EventView:
    event = received.event
    return EventView(
        label=event_label(event.type, kind, names),
        type=event.type,
        source=event.source,
        id=event.id,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        late=received.lateness if received.lateness >= MINUTE else None,
        is_retracted=received.retracted,
        data=[(name, show(value, names.viewer)) for name, value in event.data.items()],
    )
