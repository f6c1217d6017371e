"""Sending notifications by blocks: what apprise needs to know of each kind of block, and a process that sends."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from lictor.events.actions import webhooks
from lictor.events.actions.attempt import ActionFailed, Attempt
from lictor.events.actions.webhooks import read

Order = dict[str, Any]


class URLBlock(BaseModel):
    """Where a message goes, as one URL."""

    url: str
    notify_type: str = "info"
    allow_private_urls: bool = True
    include_image: bool = True
    wrap: bool = True


class PagerDutyBlock(BaseModel):
    integration_key: str
    api_key: str
    notify_type: str = "info"
    source: str | None = None
    component: str | None = None
    group: str | None = None
    class_id: str | None = None
    region_name: str = "us"
    clickable_url: str | None = None
    include_image: bool = True
    custom_details: dict[str, str] | None = None


class TwilioBlock(BaseModel):
    account_sid: str
    auth_token: str
    from_phone_number: str
    to_phone_numbers: list[str]
    notify_type: str = "info"


class OpsgenieBlock(BaseModel):
    apikey: str
    target_user: list[str] | None = None
    target_team: list[str] | None = None
    target_schedule: list[str] | None = None
    target_escalation: list[str] | None = None
    region_name: str = "us"
    batch: bool = False
    tags: list[str] | None = None
    priority: int | None = None
    alias: str | None = None
    entity: str | None = None
    details: dict[str, str] | None = None
    notify_type: str = "info"


class MattermostBlock(BaseModel):
    hostname: str
    secure: bool = True
    token: str
    botname: str | None = None
    channels: list[str] | None = None
    include_image: bool = False
    path: str | None = None
    port: int = 8065
    notify_type: str = "info"


class DiscordBlock(BaseModel):
    webhook_id: str
    webhook_token: str
    botname: str | None = None
    tts: bool = False
    include_image: bool = False
    avatar: bool = False
    avatar_url: str | None = None
    notify_type: str = "info"


class SendGridBlock(BaseModel):
    api_key: str
    sender_email: str
    to_emails: list[str]
    notify_type: str = "info"


class SMTPBlock(BaseModel):
    """An email account."""

    host: str
    port: int | None = None
    security: str = Field(default="starttls", pattern="^(insecure|starttls|ssl)$")
    username: str | None = None
    password: str | None = None
    from_address: str
    to_addresses: list[str] = Field(min_length=1)
    notify_type: str = "info"


def _by_url(data: dict[str, Any]) -> Order:
    block: URLBlock = read(URLBlock, data)
    order = {"url": block.url, "notify_type": block.notify_type, "allow_private_urls": block.allow_private_urls}
    if urlsplit(block.url).hostname == "hooks.slack-gov.com":
        raise ActionFailed("Slack for government cannot be notified; use a custom webhook block.")
    return order


def _teams(data: dict[str, Any]) -> Order:
    block: URLBlock = read(URLBlock, data)
    return {
        "url": f"{block.url}{'&' if '?' in block.url else '?'}image={_yes(block.include_image)}&wrap={_yes(block.wrap)}",
        "notify_type": block.notify_type,
        "allow_private_urls": block.allow_private_urls,
    }


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _plugin(path: str, block: Any, **arguments: Any) -> Order:
    given = {name: value for name, value in arguments.items() if value is not None}
    return {"plugin": path, "arguments": given, "notify_type": block.notify_type}


def _pager_duty(data: dict[str, Any]) -> Order:
    block: PagerDutyBlock = read(PagerDutyBlock, data)
    return _plugin(
        "pagerduty:NotifyPagerDuty",
        block,
        apikey=block.api_key,
        integrationkey=block.integration_key,
        source=block.source,
        component=block.component,
        group=block.group,
        class_id=block.class_id,
        region_name=block.region_name,
        click=block.clickable_url,
        include_image=block.include_image,
        details=block.custom_details,
    )


def _twilio(data: dict[str, Any]) -> Order:
    block: TwilioBlock = read(TwilioBlock, data)
    return _plugin(
        "twilio:NotifyTwilio",
        block,
        account_sid=block.account_sid,
        auth_token=block.auth_token,
        source=block.from_phone_number,
        targets=block.to_phone_numbers,
    )


def _opsgenie(data: dict[str, Any]) -> Order:
    block: OpsgenieBlock = read(OpsgenieBlock, data)
    marked = (
        ("@", block.target_user),
        ("#", block.target_team),
        ("*", block.target_schedule),
        ("^", block.target_escalation),
    )
    return _plugin(
        "opsgenie:NotifyOpsgenie",
        block,
        apikey=block.apikey,
        targets=[f"{mark}{name}" for mark, names in marked for name in names or ()],
        region_name=block.region_name,
        details=block.details,
        priority=block.priority,
        alias=block.alias,
        entity=block.entity,
        batch=block.batch,
        tags=block.tags,
    )


def _mattermost(data: dict[str, Any]) -> Order:
    block: MattermostBlock = read(MattermostBlock, data)
    return _plugin(
        "mattermost:NotifyMattermost",
        block,
        token=block.token,
        fullpath=block.path,
        channels=block.channels,
        include_image=block.include_image,
        user=block.botname,
        host=block.hostname,
        port=block.port,
        secure=block.secure,
    )


def _discord(data: dict[str, Any]) -> Order:
    block: DiscordBlock = read(DiscordBlock, data)
    return _plugin("discord:NotifyDiscord", block, **block.model_dump(exclude={"notify_type"}))


def _sendgrid(data: dict[str, Any]) -> Order:
    block: SendGridBlock = read(SendGridBlock, data)
    return _plugin(
        "sendgrid:NotifySendGrid",
        block,
        apikey=block.api_key,
        from_email=block.sender_email,
        targets=block.to_emails,
    )


def _smtp(data: dict[str, Any]) -> Order:
    block: SMTPBlock = read(SMTPBlock, data)
    ports = {"insecure": 25, "starttls": 587, "ssl": 465}
    return _plugin(
        "email:NotifyEmail",
        block,
        smtp_host=block.host,
        host=block.host,
        port=block.port or ports[block.security],
        secure=block.security != "insecure",
        secure_mode=block.security,
        user=block.username,
        password=block.password,
        from_addr=block.from_address,
        targets=block.to_addresses,
    )


KINDS: dict[str, Callable[[dict[str, Any]], Order]] = {
    "slack-webhook": _by_url,
    "ms-teams-webhook": _teams,
    "pager-duty-webhook": _pager_duty,
    "twilio-sms": _twilio,
    "opsgenie-webhook": _opsgenie,
    "mattermost-webhook": _mattermost,
    "discord-webhook": _discord,
    "sendgrid-email": _sendgrid,
    "smtp-email": _smtp,
}
"""By the slugs of their block types: what the process that notifies is told of a block's data."""

CUSTOM_WEBHOOK = "custom-webhook"

MAX_CAUSE_CHARACTERS = 1_000


async def notify(attempt: Attempt, slug: str, data: dict[str, Any], subject: str, body: str) -> None:
    """Sends a message by a block of this type. Raises ActionFailed."""
    if slug == CUSTOM_WEBHOOK:
        await webhooks.notify(attempt, data, subject, body)
        return
    make = KINDS.get(slug)
    if make is None:
        raise ActionFailed("The referenced block was not a notification block")
    settings = attempt.settings.automations
    order = make(data)
    allow_private = settings.allow_private_addresses and order.pop("allow_private_urls", True)
    order |= {"subject": subject, "body": body, "allow_private": allow_private}
    answer = await _run(order, settings.action_timeout.total_seconds())
    if not answer["is_sent"]:
        attempt.result["notification_log"] = answer["log"]
        told = "; ".join(line for line in answer["log"].splitlines() if line)[:MAX_CAUSE_CHARACTERS]
        raise ActionFailed(f"Notification failed: {told}", may_pass="not a public address" not in answer["log"])


async def _run(order: Order, seconds: float) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "lictor.events.actions.notifier",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate(json.dumps(order).encode())
    except TimeoutError:
        raise ActionFailed(f"Notification failed: it took longer than {seconds:g} s", may_pass=True) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError:
        raise ActionFailed(f"Notification failed: its process ended with {process.returncode}", may_pass=True) from None
    return answer
