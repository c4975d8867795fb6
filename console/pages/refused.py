"""/events/refused: what could not be taken, why, as it came, and a button to send it again."""

from typing import Final

from starlette.responses import Response

from console.visit import Visit, number_in

PAGE: Final = 50


def show_refused(visit: Visit) -> Response:
    return _list(visit)


def resend_refused(visit: Visit) -> Response:
    """Judged again by the model in force; it says what came of it."""
    number = number_in(visit.request, "number")
    try:
        refusal = visit.backend.resend(number)
    except LookupError:
        return visit.not_found()
    return _list(visit, answered=number, again=refusal)


def _list(visit: Visit, **more: object) -> Response:
    query = visit.request.query_params
    before, code = query.get("before", ""), query.get("code") or None
    everything = query.get("all") == "1" or "answered" in more
    with visit.backend.read() as reader:
        counts = reader.count_refusals()
        rows = reader.list_refusals(
            code=code,
            resent=None if everything else False,
            before=int(before) if before.isascii() and before.isdigit() else None,
            limit=PAGE + 1,
        )
    again = more.get("again")
    return visit.page(
        "refused.html",
        409 if again is not None else 200,
        rows=rows[:PAGE],
        next=rows[PAGE - 1].number if len(rows) > PAGE else None,
        counts=counts,
        code=code,
        everything=everything,
        total=sum(counts.values()),
        **more,
    )
