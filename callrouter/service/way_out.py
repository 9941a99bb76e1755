"""The way to the ticketing side that the settings choose: a broker, a webhook, or files of JSON lines."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime
from typing import assert_never

import structlog

from callrouter.layout import Layout
from callrouter.records.delivery import Publisher
from callrouter.settings import Settings
from callrouter.settings_file import SettingsError
from callrouter.ticketing.json_lines import JsonLinesPublisher
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from callrouter.ticketing.webhook_signature import WebhookKeys, keys_of, read_keys

_log = structlog.get_logger(__name__)


def publisher(
    settings: Settings,
    layout: Layout,
    *,
    mqtt_password: str,
    webhook_secret: str,
    now: Callable[[], datetime],
) -> Publisher:
    """Return the publisher that `ticketing.deliver_by` names.

    Raises WebhookSecretError or SettingsError for a secret or certificate that cannot be used.
    """
    ticketing = settings.ticketing
    match ticketing.deliver_by:
        case "mqtt":
            return _mqtt(settings, mqtt_password)
        case "webhook":
            from callrouter.ticketing.webhook import WebhookPublisher  # noqa: PLC0415 - HTTP is slow to load

            return WebhookPublisher(
                ticketing.webhook_url,
                _keys(settings, layout, webhook_secret),
                instance=settings.instance,
                now=now,
                most_at_once=ticketing.events_per_message,
                plain_http=ticketing.webhook_plain_http,
            )
        case "json_lines":
            folder = settings.path(ticketing.lines_dir) if ticketing.lines_dir else layout.lines
            return JsonLinesPublisher(folder, instance=settings.instance, now=now)
        case other:
            assert_never(other)


def _mqtt(settings: Settings, password: str) -> MqttPublisher:
    mqtt = settings.mqtt
    if not mqtt.is_on_loopback and mqtt.tls_ca is None:
        _log.warning("broker_without_tls", remedy="callers' numbers go over the network: set mqtt.tls_ca")
    return MqttPublisher(
        Broker(
            mqtt.host,
            mqtt.port,
            client_id=f"{settings.instance}-{settings.node}",
            username=mqtt.username,
            password=password,
            tls=_tls(settings),
        ),
        topic_prefix=settings.topic_prefix,
        instance=settings.instance,
        most_at_once=settings.ticketing.events_per_message,
    )


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.mqtt.tls_ca is None:
        return None
    file = settings.path(settings.mqtt.tls_ca)
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError):
        raise SettingsError(
            f"mqtt.tls_ca: {file}: 读不出证书 / no certificates there: give a PEM file of the broker's authority"
        ) from None


def _keys(settings: Settings, layout: Layout, secret: str) -> WebhookKeys:
    file = settings.ticketing.webhook_secret_file
    return read_keys(settings.path(file)) if file else keys_of((secret,), str(layout.secrets))
