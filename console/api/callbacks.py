"""What providers report: /callbacks/twilio/DELIVERY. Unsigned or wrongly signed means refused, always.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from console.backend import Backend
from console.visit import House
from escalation.outbox import DeliveryResult
from notifiers.config import TwilioSms
from notifiers.message import Progress
from notifiers.twilio_sms import is_from_twilio, parse_status
from streams.secret import SettingMissing


async def twilio_status(request: Request) -> Response:
    house: House = request.app.state.house
    form = await request.form(max_fields=100, max_files=0)
    return await run_in_threadpool(_take, house.backend, request, form)


def _take(backend: Backend, request: Request, form: FormData) -> Response:
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    tokens = _auth_tokens(backend)
    if not is_from_twilio(tokens, backend.settings.url, path, form, request.headers.get("x-twilio-signature")):
        return Response("the signature is missing or wrong", 403)
    receipt = parse_status({name: value for name, value in form.items() if isinstance(value, str)})
    if receipt is None:
        return Response(status_code=204)
    delivery = str(request.path_params["delivery"])
    match receipt.progress:
        case Progress.DELIVERED:
            backend.report(DeliveryResult(delivery=delivery, status="delivered", provider_id=receipt.provider_id))
        case Progress.UNDELIVERED:
            error = None if receipt.failure is None else receipt.failure.error
            backend.report(
                DeliveryResult(delivery=delivery, status="undelivered", provider_id=receipt.provider_id, error=error)
            )
        case _:
            backend.report(DeliveryResult(delivery=delivery, outcome="accepted", provider_id=receipt.provider_id))
    return Response(status_code=204)


def _auth_tokens(backend: Backend) -> list[str]:
    """Of every Twilio channel; one whose secret is not there cannot have sent anything."""
    found = []
    for channel in backend.workspace.contacts.channels.values():
        if isinstance(channel.settings, TwilioSms):
            try:
                found.append(channel.settings.auth_token.reveal())
            except SettingMissing:
                continue
    return found
