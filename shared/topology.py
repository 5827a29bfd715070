"""Who must hear what: the one table of durable queues, and how queues, retries and dead queues are built from it.

Every process declares all of it before it publishes, so a fact published while its hearer is down still waits for it.
Arguments are immutable on a running broker: a change here means a new queue name. Measured reasons: docs/adr/0005.
"""

from dataclasses import dataclass

from faststream.rabbit import ExchangeType, QueueType, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas.queue import QuorumQueueArgs

from shared.events import (
    ArticleDelivered,
    ArticlePrepared,
    ArticleRefused,
    ArticleRetried,
    ArticleStopped,
    ArticleWithdrawn,
    ChildClosed,
    ChildDeferred,
    ChildHandedOver,
    ChildMoved,
    ChildNoted,
    ChildOpened,
    ChildOverdue,
    ChildPrioritized,
    ChildReleased,
    ChildReopened,
    ChildResponsibleChanged,
    ChildResumed,
    ChildRouted,
    ChildTagged,
    ChildTaken,
    ChildUnwatched,
    ChildWatched,
    Event,
    FollowLinkRequested,
    FollowLinksEnded,
    FormSubmitted,
    InformationRequested,
    MailFailed,
    MailSent,
    MergeAccepted,
    MergeRefused,
    MergeReleased,
    MergeStarted,
    MergeTakenBack,
    NoticeAdded,
    ReplyFollowed,
    ResponsibleChanged,
    RootEvent,
    SecondLevelAnswered,
    SecondLevelOverdue,
    SecondLevelReopened,
    SecondLevelRequested,
    SecondLevelWithdrawn,
    SubmissionRouted,
    TicketAnswered,
    TicketClosed,
    TicketDeferred,
    TicketForwarded,
    TicketHandedOver,
    TicketLinked,
    TicketMerged,
    TicketMoved,
    TicketNoted,
    TicketOpened,
    TicketPrioritized,
    TicketRated,
    TicketReleased,
    TicketReminded,
    TicketReopened,
    TicketReplied,
    TicketResumed,
    TicketSplit,
    TicketTagged,
    TicketTaken,
    TicketThanked,
    TicketUnlinked,
    TicketUnmerged,
    TicketUnwatched,
    TicketWatched,
    leaves,
)

# No queue of their own: heard live (portal), and those of a root in a stream (below).
_NO_QUEUE: tuple[type[Event], ...] = (
    ArticleDelivered,
    ArticlePrepared,
    ArticleRefused,
    ArticleStopped,
    ArticleWithdrawn,
    ChildDeferred,
    ChildHandedOver,
    ChildMoved,
    ChildNoted,
    ChildPrioritized,
    ChildReleased,
    ChildResponsibleChanged,
    ChildResumed,
    ChildTagged,
    ChildTaken,
    ChildUnwatched,
    ChildWatched,
    FollowLinksEnded,
    MergeReleased,
    MergeTakenBack,
    NoticeAdded,
    ResponsibleChanged,
    SecondLevelAnswered,
    SecondLevelOverdue,
    SecondLevelReopened,
    TicketDeferred,
    TicketHandedOver,
    TicketMerged,
    TicketMoved,
    TicketNoted,
    TicketPrioritized,
    TicketRated,
    TicketReleased,
    TicketResumed,
    TicketTagged,
    TicketThanked,
    TicketUnwatched,
    TicketWatched,
)

HEARERS: dict[type[Event], tuple[str, ...]] = {
    **dict.fromkeys(_NO_QUEUE, ()),
    FormSubmitted: ("routing",),
    SubmissionRouted: ("tickets",),
    SecondLevelRequested: ("routing",),
    ChildRouted: ("tickets",),
    # They owe somebody a mail.
    TicketOpened: ("notifier",),
    TicketTaken: ("notifier",),
    InformationRequested: ("notifier",),
    TicketReminded: ("notifier",),
    TicketAnswered: ("notifier",),
    TicketForwarded: ("notifier",),
    TicketClosed: ("notifier",),
    TicketReopened: ("notifier",),
    ArticleRetried: ("notifier",),
    FollowLinkRequested: ("notifier",),
    MailSent: ("tickets",),
    MailFailed: ("tickets",),
    # One ticket's fact that another ticket answers.
    TicketSplit: ("tickets",),
    TicketLinked: ("tickets",),
    TicketUnlinked: ("tickets",),
    TicketReplied: ("tickets",),
    ReplyFollowed: ("tickets",),
    MergeStarted: ("tickets",),
    MergeAccepted: ("tickets",),
    MergeRefused: ("tickets",),
    TicketUnmerged: ("tickets",),
    # What a question says to the root that asked it, and back.
    ChildOpened: ("tickets",),
    ChildClosed: ("tickets",),
    ChildReopened: ("tickets",),
    ChildOverdue: ("tickets",),
    SecondLevelWithdrawn: ("tickets",),
}

# A stream is one durable queue that gets many facts, named `<service>.<stream>`: notices come of every fact of a root,
# and a queue for each of them would be sixty (docs/adr/0010).
STREAMS: dict[str, tuple[type[Event], ...]] = {"notifier.notices": tuple(leaves(RootEvent))}

EVENTS = RabbitExchange("sportello.events", type=ExchangeType.TOPIC, durable=True)
DEAD = RabbitExchange("sportello.dead", type=ExchangeType.DIRECT, durable=True)


@dataclass(frozen=True)
class Rung:
    """One step of the retry ladder: a queue whose messages return to their work queue after `seconds`."""

    label: str
    seconds: int

    @property
    def exchange(self) -> RabbitExchange:
        return RabbitExchange(f"sportello.retry.{self.label}", type=ExchangeType.FANOUT, durable=True)

    @property
    def queue(self) -> RabbitQueue:
        # No dead-letter routing key: the copy keeps its own, the name of the work queue it must return to.
        return RabbitQueue(
            f"sportello.retry.{self.label}",
            queue_type=QueueType.QUORUM,
            durable=True,
            arguments={
                "x-message-ttl": self.seconds * 1000,
                "x-dead-letter-exchange": "",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )


LADDER = (Rung("5s", 5), Rung("30s", 30), Rung("5m", 300), Rung("30m", 1800))


def queue_name(service: str, event: type[Event]) -> str:
    """`notifier.ticket.opened.v1`"""
    return f"{service}.{event.name}"


def dead_name(queue: str) -> str:
    """The dead queue of a work queue."""
    return f"{queue}.dead"


def work_queue(name: str, routing_key: str) -> RabbitQueue:
    """A quorum queue that returns a message 20 times at most, then buries it."""
    arguments: QuorumQueueArgs = {
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": DEAD.name,
        "x-dead-letter-routing-key": dead_name(name),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    return RabbitQueue(name, queue_type=QueueType.QUORUM, durable=True, routing_key=routing_key, arguments=arguments)


def dead_queue(work: str) -> RabbitQueue:
    """Where the messages of `work` rest. The limit is huge, never -1: RabbitMQ 3.10 destroys messages at -1."""
    return RabbitQueue(
        dead_name(work),
        queue_type=QueueType.QUORUM,
        durable=True,
        arguments={"x-delivery-limit": 1_000_000},
    )


@dataclass(frozen=True)
class WorkQueue:
    """A durable queue and the facts that it gets."""

    name: str
    events: tuple[type[Event], ...]

    @property
    def queue(self) -> RabbitQueue:
        return work_queue(self.name, self.events[0].name)


def work_queues() -> list[WorkQueue]:
    """Every durable queue of the table."""
    single = [
        WorkQueue(queue_name(service, event), (event,)) for event, services in HEARERS.items() for service in services
    ]
    return [*single, *(WorkQueue(name, events) for name, events in STREAMS.items())]


def is_kept(event: type[Event]) -> bool:
    """Whether some durable queue must get it: then a publish that reaches none has failed."""
    return bool(HEARERS[event]) or any(event in events for events in STREAMS.values())
