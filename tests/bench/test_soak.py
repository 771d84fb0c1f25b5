"""Minutes of a headset in seconds; `assistant bench headset --hours 8` is the same for a whole shift."""

from __future__ import annotations

from assistant import bootstrap
from assistant.bench import Share
from assistant.bench.soak import soak
from assistant.settings.paths import shipped_site


async def test_every_utterance_of_a_long_stream_is_heard() -> None:
    folder = shipped_site() / "models" / "speech" / "demo"
    found = [one async for one in soak(bootstrap.load_site(None), None, folder, 0.1)]
    shares = [one for one in found if isinstance(one, Share)]
    assert shares[0].n == 12 and all(share.right == share.n for share in shares), shares
    assert len(found) == 6
