"""The bus as an AsyncAPI 3.0 document: every fact, its fields, and the queues that must get it. Pure."""

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events import EVENTS
from shared.topology import HEARERS, STREAMS, queue_name

REFS = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """What the services say to each other, made from `shared.events` and `shared.topology`."""
    events = [EVENTS[name] for name in sorted(EVENTS)]
    _, schemas = models_json_schema([(event, "validation") for event in events], ref_template=REFS)
    messages = {
        event.__name__: {
            "name": event.name,
            "summary": " ".join((event.__doc__ or "").split()),
            "contentType": "application/json",
            "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        }
        for event in events
    }
    channels = {
        event.name: {
            "address": event.name,
            "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
            "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": "sportello.events", "type": "topic"}}},
        }
        for event in events
    }
    operations = {
        queue_name(service, event): {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{event.name}"},
            "summary": f"{service} hears {event.name} on the durable queue {queue_name(service, event)}",
        }
        for event in events
        for service in HEARERS[event]
    }
    for stream, facts in STREAMS.items():
        for event in sorted(facts, key=lambda fact: fact.name):
            operations[f"{stream}/{event.name}"] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{event.name}"},
                "summary": f"{stream.partition('.')[0]} hears {event.name} on the durable queue {stream}",
            }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Sportello", "version": "1", "description": "Facts on the topic exchange sportello.events."},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas["$defs"]},
    }
