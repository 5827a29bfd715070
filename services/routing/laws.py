"""What is in force: the queue tree and the rules that fit it, always both of the same moment."""

from pathlib import Path
from typing import NamedTuple

from services.routing.table import FILE, Table
from shared.forms import Forms, keeping
from shared.queues import Queues
from shared.reload import Kept


class Laws(NamedTuple):
    """Queues, rules, and the forms that these were checked against."""

    queues: Queues
    table: Table
    forms: Forms

    @classmethod
    def load(cls, config_dir: Path) -> "Laws":
        """Of a folder. `ConfigError` with file and line at the first fault."""
        queues, forms = Queues.load(config_dir), keeping.load(config_dir)
        return cls(queues, Table.load(config_dir, queues, forms), forms)


def keep(config_dir: Path) -> Kept[Laws]:
    """The laws of a folder, as it changes."""
    return keeping.kept_with_forms(config_dir, lambda: Laws.load(config_dir), also=("queues.yml", FILE))
