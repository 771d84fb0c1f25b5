"""Ears and mouth agree: ids at random, each said by our own voice within one of its answers, and heard again.

No action hangs on it: what the assistant says is never an order. The ids are not the plant's; as many of them exist at
once as are asked for, so that whatever else is heard may exist too.
"""

from __future__ import annotations

import asyncio
import io
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from assistant import bootstrap
from assistant.adapters import endpoint
from assistant.adapters.audiofile import RATE, Samples, resampled
from assistant.bench import Share
from assistant.bench.talkers import own_voice
from assistant.bootstrap import Site, first_entities, first_world, repairer, vocabulary
from assistant.domain.speech import verbalise
from assistant.domain.spoken.mentions import Entities, Mention, mark
from assistant.domain.spoken.tokens import tokenize
from assistant.domain.values import HERE, MISSING
from assistant.errors import UsageError
from assistant.settings.plant import Lot

COUNT = 1000
SEED = 20261129
HUSH_S = 0.5
"""Before and after what is said, as whoever hears it hears it: the voice's own file begins with the first sound."""
IDS = ("lot", "board", "order")
"""Kinds of mention that are ids."""
_HOLES = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Said:
    """One id, said and heard again."""

    ident: str
    words: str
    """What was said."""
    heard: str
    """The best of what was heard; empty for nothing."""
    found: tuple[str, ...]
    """Ids in that, `?` for one that does not exist."""


def measure(site: Site, folder: Path | None, count: int = COUNT, seed: int = SEED) -> Iterator[Share | tuple[str, str]]:
    """So many ids; a row for each kind of id, and a line for each that was not heard as itself.

    Raises AudioError, ModelError, SiteError, UsageError for a site whose answers name nothing.
    """
    rng = random.Random(seed)  # noqa: S311 (nothing secret)
    crowded = with_ids(site, count, rng)
    entities = first_entities(first_world(crowded.plant), crowded.reader.language)
    ids = [(kind, ident) for kind, known in entities.ids.items() if kind != "order" for ident in sorted(known)]
    rng.shuffle(ids)
    texts = sentences(site)
    right: dict[str, list[bool]] = {}
    wrong, missed = 0, []
    for (kind, ident), said in zip(
        ids, _said(crowded, folder, [ident for _, ident in ids], texts, entities, rng), strict=True
    ):
        right.setdefault(kind, []).append(said.found == (ident,))
        wrong += any(one not in (ident, MISSING) for one in said.found)
        if said.found != (ident,):
            missed.append(said)
    yield Share("ids said by our own voice, heard again as themselves", sum(map(sum, right.values())), len(ids))
    for kind, each in right.items():
        yield Share(f"  of these, a {kind}", sum(each), len(each))
    yield Share("ids said by our own voice, heard as another that exists", wrong, len(ids))
    for said in missed:
        yield f"  not {said.ident}", f"said {said.words!r}, heard {said.heard!r}: {', '.join(said.found) or 'no id'}"


def with_ids(site: Site, count: int, rng: random.Random) -> Site:
    """The same site with so many lots and boards at random, half of each, and no other."""
    kinds = {kind.kind: kind for kind in site.reader.language.kinds}
    if "lot" not in kinds or "board" not in kinds or not site.plant.workorders:
        raise UsageError("bench ids: this site has no lots, boards or work orders")
    lots = rng.sample(range(10 ** kinds["lot"].digits), count - count // 2)
    boards = iter(rng.sample(range(10 ** kinds["board"].digits), count // 2))
    made = []
    for lot in lots:
        board = next(boards, None)
        known = kinds["board"].canonical(f"{board:0{kinds['board'].digits}d}") if board is not None else ""
        ident = kinds["lot"].canonical(f"{lot:0{kinds['lot'].digits}d}")
        made.append(Lot(id=ident, order=site.plant.workorders[0].id, boards=f"{known}-{known}" if known else ""))
    return replace(site, plant=msgspec.structs.replace(site.plant, lots=tuple(made)))


def sentences(site: Site) -> list[str]:
    """The site's answers that name one thing and nothing else, `{unit}` its place. Raises UsageError without any."""
    answers = [answer for spec in site.intents.by_name.values() for answer in spec.answers.values()]
    found = [re.sub("{Unit}", "{unit}", answer) for answer in answers if "(" not in answer]
    found = [answer for answer in dict.fromkeys(found) if _HOLES.findall(answer) == ["unit"]]
    if not found:
        raise UsageError("bench ids: no answer of this site names a thing and nothing else")
    return found


def _said(
    site: Site,
    folder: Path | None,
    ids: Sequence[str],
    texts: Sequence[str],
    entities: Entities,
    rng: random.Random,
) -> Iterator[Said]:
    """Each id in turn."""
    mender = repairer(site, folder)
    whisper, prompt, language = bootstrap.whisper(folder), vocabulary(site), site.reader.language
    mouth = own_voice(folder)
    with asyncio.Runner() as runner:
        try:
            for ident in ids:
                words = verbalise(rng.choice(texts).format(unit=ident))
                sound = _read(runner.run(mouth.speak(words)))
                heard = whisper.transcribe(endpoint.trim(sound), prompt, mender)
                best = heard[0].text if heard else ""
                mentions = mark(tokenize(best, language), language, entities).mentions.values()
                yield Said(ident, words, best, _ids(mentions))
        finally:
            runner.run(mouth.close())


def _ids(mentions: Iterable[Mention]) -> tuple[str, ...]:
    return tuple(value for one in mentions if one.kind in IDS for value in one.values if value != HERE)


def _read(wav: bytes) -> Samples:
    sound, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    hush = np.zeros(int(HUSH_S * RATE), np.float32)
    return np.concatenate([hush, resampled(sound, rate), hush])
