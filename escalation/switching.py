"""A rule goes from shadow to live or back while incidents of it are open."""

from escalation.case import Case
from escalation.chain import Chain
from escalation.digests import keep_back
from escalation.incident import Actor, IncidentMode
from escalation.plans import cancel_planned
from escalation.reasons import Reason
from escalation.steps import begin


def switch(case: Case, mode: IncidentMode, chain: Chain | None) -> None:
    """Of an unresolved incident. `chain` is today's, for one that becomes live.

    What becomes live began before anybody watched: it is announced with other such ones, and takes no step. What
    becomes shadow is told to nobody any more, not even its end to who had been told of it.
    """
    before = case.incident.mode
    if before == mode:
        return
    case.note("mode", actor=Actor(kind="rule", id=case.incident.firing.rule), before=before, after=mode)
    case.set(mode=mode)
    if mode == "shadow":
        cancel_planned(case, Reason.NOT_LIVE)
        case.set(escalation=None, ack_expires_at=None, run_out=False)
    elif chain is None:
        case.note("no_chain")
    else:
        begin(case, chain)
        keep_back(case)
