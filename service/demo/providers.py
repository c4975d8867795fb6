"""All fake providers of the demo, with one inbox: the phone, the mailbox and the chat that the console shows."""

from typing import Self

from service.demo.fake_dingtalk import FakeDingtalk
from service.demo.fake_mailbox import FakeMailbox
from service.demo.fake_twilio import FakeTwilio
from service.demo.fake_webhook import FakeWebhook
from service.demo.inbox import Inbox
from streams.clock import Clock


class Providers:
    """Real servers on free loopback ports; the mailbox knows its own once it has started."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.inbox = Inbox()
        self.twilio = FakeTwilio(self.inbox, clock=clock)
        self.dingtalk = FakeDingtalk(self.inbox, clock=clock)
        self.webhook = FakeWebhook(self.inbox, clock=clock)
        self.mailbox = FakeMailbox(self.inbox, clock=clock)

    def start(self) -> None:
        self.mailbox.start()
        for server in (self.twilio, self.dingtalk, self.webhook):
            server.start()

    def stop(self) -> None:
        for server in (self.twilio, self.dingtalk, self.webhook):
            server.stop()
        self.mailbox.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
