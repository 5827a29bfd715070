"""Which answered questions a few typed words are about: folded, cut to their stems, weighed by how rare they are.

Pure and small: some dozens of questions need no search engine, and what somebody types stays in this process.
"""

import difflib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from services.intake.guide import words_of
from shared.events import Language

# What is looked at: who pastes a whole letter says what it is about in its beginning.
LONGEST: Final = 1000
MOST_WORDS: Final = 60
# A word counts this much by where it stands.
IN_QUESTION, IN_KEYWORDS, IN_ANSWER = 3.0, 2.5, 1.0
# Questions of the form that is being filled in.
NEAR: Final = 1.35
# Less than this is chance; less than this part of the best one is beside the point.
LEAST: Final = 6.0
OF_BEST: Final = 0.5
# A word that was typed almost right counts less.
MISSPELT: Final = 0.8
_ALIKE: Final = 0.8
_SHORTEST_MISSPELT: Final = 5

_IDLE: Final = frozenset(
    word
    for line in Path(__file__).with_name("faq_idle.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
_ENDINGS: Final[Mapping[Language, tuple[str, ...]]] = {
    "it": (
        *("azioni", "azione", "amenti", "amento", "imenti", "imento", "armi", "ermi", "irmi", "arla", "arlo", "ando"),
        *("endo", "ato", "ata", "ati", "ate", "uto", "uta", "uti", "ute", "ito", "ita", "iti", "ite", "are", "ere"),
        *("ire", "ano", "ono", "ino", "che", "chi", "a", "e", "i", "o"),
    ),
    "en": (
        *("ations", "ation", "ments", "ment", "ings", "ing", "ied", "ies"),
        *("ers", "er", "ed", "es", "ly", "s", "e", "y"),
    ),
}  # fmt: skip


class Text(NamedTuple):
    """What an entry is found by."""

    question: str
    keywords: str
    answer: str


class Index:
    """The entries of one language, ready to be searched."""

    def __init__(self, texts: Sequence[Text], language: Language) -> None:
        self._language = language
        self._weights = [self._weighed(text) for text in texts]
        found = Counter(stem for weights in self._weights for stem in weights)
        self._rare = {stem: math.log(1 + len(texts) / count) for stem, count in found.items()}

    def find(self, text: str, near: Sequence[bool], most: int) -> list[int]:
        """The places of up to `most` entries, best first; `near`: which are of the form that is being filled in."""
        asked = self._asked(text)
        scores = []
        for place, weights in enumerate(self._weights):
            hits = {stem: self._rare[stem] * how * weights[stem] for stem, how in asked.items() if stem in weights}
            scores.append((sum(hits.values()) * (NEAR if near[place] else 1.0), -place))
        best = max(scores, default=(0.0, 0))[0]
        return [-place for score, place in sorted(scores, reverse=True) if score >= max(LEAST, best * OF_BEST)][:most]

    def _asked(self, text: str) -> dict[str, float]:
        """The known stems of what was typed, with how sure each is."""
        asked: dict[str, float] = {}
        for word in dict.fromkeys(self._stems(text[:LONGEST])[:MOST_WORDS]):
            if word in self._rare:
                asked[word] = 1.0
            elif len(word) >= _SHORTEST_MISSPELT:
                for meant in difflib.get_close_matches(word, self._rare, 1, _ALIKE):
                    asked.setdefault(meant, MISSPELT)
        return asked

    def _weighed(self, text: Text) -> dict[str, float]:
        weights: dict[str, float] = {}
        for said, weight in ((text.answer, IN_ANSWER), (text.keywords, IN_KEYWORDS), (text.question, IN_QUESTION)):
            weights |= dict.fromkeys(self._stems(said), weight)
        return weights

    def _stems(self, text: str) -> list[str]:
        return [self._stem(word) for word in words_of(text) if len(word) > 1 and word not in _IDLE]

    def _stem(self, word: str) -> str:
        """Without its ending, when enough is left to know it by."""
        for ending in _ENDINGS[self._language]:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                return word.removesuffix(ending)
        return word
