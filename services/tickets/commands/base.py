"""The base of what operators wish."""

from typing import Annotated

from pydantic import Field

from shared.events import Frozen


class Seen(Frozen):
    """Every operator's wish. `seen`: the sequence of the last fact they were shown; later ones may stand against it."""

    seen: Annotated[int, Field(ge=0)]
