"""Telling a person: the log, a webhook, an e-mail, whatever the settings name.

What belongs here: delivery of an alarm. What does not: what is worth one. An alarm that cannot be delivered raises, so
that the sensor that sent it fails visibly and sends it again.
"""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import requests

from champion_assets.common.errors import ChampionError
from champion_assets.common.logs import log
from champion_assets.settings import Settings

TIMEOUT = 10.0


class AlarmNotDelivered(ChampionError):
    """The webhook or the mail server did not take an alarm; the message names which, never its address."""


def alarm(settings: Settings, title: str, text: str) -> list[str]:
    """Send an alarm everywhere; returns where.

    Raises:
        AlarmNotDelivered: see there.
    """
    log(settings).error("alarm", title=title, text=text)
    sent = ["log"]
    if settings.alarm_webhook is not None:
        _post(settings.alarm_webhook.get_secret_value(), title, text)
        sent.append("webhook")
    if settings.alarm_email is not None and settings.smtp_url is not None:
        _mail(settings.smtp_url.get_secret_value(), settings.alarm_email, title, text)
        sent.append("e-mail")
    return sent


def _post(url: str, title: str, text: str) -> None:
    try:
        answer = requests.post(url, json={"title": title, "text": text}, timeout=TIMEOUT)
    except requests.RequestException as error:  # its words hold the address, which may hold a token
        raise AlarmNotDelivered(f"CHAMPION_ALARM_WEBHOOK: {type(error).__name__}") from None
    if not answer.ok:
        raise AlarmNotDelivered(f"CHAMPION_ALARM_WEBHOOK answers {answer.status_code}")


def _mail(url: str, address: str, title: str, text: str) -> None:
    parts = urlsplit(url)
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = f"Champion: {title}", address, address
    message.set_content(text)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(parts.hostname or "localhost", parts.port or 0, timeout=TIMEOUT) as server:
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise AlarmNotDelivered(f"CHAMPION_SMTP_URL: {type(error).__name__}") from None
