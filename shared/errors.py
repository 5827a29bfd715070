"""Every error the services raise on purpose.

SportelloError                status  retry helps
├── BadInput                    422     no    what came in does not fit its contract
│   ├── UnsupportedType         415     no    a media type we don't take
│   └── TooLarge                413     no    more bytes than the contract allows
├── TooSlow                     408    yes    the rest of what was announced did not come
├── TooMany                     429    yes    more often than one sender may
├── NotSignedIn                 401     no    no or a wrong token
├── Forbidden                   403     no    the policy says no
├── NotFound                    404     no    unknown, or not for this person's eyes
├── Conflict                    409     no    somebody was first; `changed` says who
├── Hopeless                    422     no    a message nobody will ever be able to handle
├── ConfigError                 500     no    a file under config/ is wrong; names file and line
└── DependencyDown              503    yes    broker, store, blobs or another service can't be reached
    └── PublishFailed           503    yes    the broker did not confirm

HTTP: `shared.web` renders them as problem+json. Bus: `shared.retry` decides by class. Nobody else catches them all.
"""

from typing import Any, ClassVar


class SportelloError(Exception):
    """The root: `title` names the kind, `detail` is one sentence for a person, `extra` goes into the problem+json."""

    status: ClassVar[int] = 500
    title: str = "Internal error"
    retry_after: int | None = None

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class BadInput(SportelloError):
    """What came in does not fit its contract; `errors` lists `{field, message}`."""

    status = 422
    title = "Some fields need your attention"


class UnsupportedType(BadInput):
    """A media type nobody here can read."""

    status = 415
    title = "Unsupported type"


class TooLarge(BadInput):
    """More bytes, files or characters than the contract allows."""

    status = 413
    title = "Too large"


class TooSlow(SportelloError):
    """The rest of what was announced did not come in time."""

    status = 408
    title = "The request did not arrive in time"


class TooMany(SportelloError):
    """More often than one sender may; `seconds` says when the next one is welcome."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.retry_after = seconds


class NotSignedIn(SportelloError):
    """The caller did not prove who they are."""

    status = 401
    title = "Sign in first"


class Forbidden(SportelloError):
    """The policy says no."""

    status = 403
    title = "Not allowed"


class NotFound(SportelloError):
    """Unknown, or not for this person's eyes: both look the same on purpose."""

    status = 404
    title = "Not found"


class Conflict(SportelloError):
    """Somebody was first; `changed` says what, by whom and when."""

    status = 409
    title = "This changed meanwhile"


class Hopeless(SportelloError):
    """A message that no repeat can help: it goes to the dead queue at once, with this reason."""

    status = 422
    title = "This message can't be handled"


class ConfigError(SportelloError):
    """A file under config/ is wrong; the sentence starts with `file:line:`."""

    title = "The configuration is wrong"


class DependencyDown(SportelloError):
    """Something we need can't be reached; the same call may work later."""

    status = 503
    title = "Temporarily unavailable"
    retry_after = 5


class PublishFailed(DependencyDown):
    """The broker did not confirm: the message may or may not be stored. Repeat it with the same id."""

    title = "The request could not be handed over"
