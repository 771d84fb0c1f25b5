"""Where a command begins and ends in a live stream: silero VAD, frame by frame, with its memory kept.

The ONNX file is the one inside faster-whisper; its own function takes whole recordings only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.endpoint import begun_before, clipped
from assistant.domain.endpointing import FRAME_MS, Course, Phase, Words, step
from assistant.domain.values import Utterance
from assistant.errors import EngineError, ModelError
from assistant.ports import FRAME, Frame, Mark

CONTEXT = 64
"""Samples of the frame before that the model wants in front of each frame."""
BEFORE = 16
"""Frames kept before the first voiced one, 512 ms: a first consonant is quieter than the detector hears (V2)."""


class VoiceActivity:
    """Probability of a voice in each frame of one stream."""

    def __init__(self) -> None:
        """Load the model. Raises ModelError."""
        import faster_whisper
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        file = Path(faster_whisper.__file__).parent / "assets" / "silero_vad_v6.onnx"
        try:
            self._session: Any = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as exc:  # onnxruntime has no exception of its own that is public
            raise ModelError(f"{file}: voice activity detection cannot be loaded ({exc})") from exc
        self.reset()

    def reset(self) -> None:
        """Forget the stream. Never while somebody speaks: the first word after it would be heard late (V1)."""
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._before: Samples = np.zeros(CONTEXT, np.float32)

    def __call__(self, samples: Samples) -> float:
        """Of one frame, 0 to 1. Raises EngineError, also for samples that are no numbers."""
        if samples.shape != (FRAME,) or not np.isfinite(samples).all():
            # Taken for silence, a broken microphone would never be noticed (V4, V6).
            raise EngineError("the sound is not what a voice can be found in")
        given = np.concatenate([self._before, samples])[None]
        try:
            found, self._h, self._c = self._session.run(None, {"input": given, "h": self._h, "c": self._c})
        except Exception as exc:
            raise EngineError(f"voice activity detection failed: {exc}") from exc
        self._before = samples[-CONTEXT:].copy()
        probability = float(found[0])
        if not 0.0 <= probability <= 1.0:
            raise EngineError(f"voice activity detection says {probability}, which is no probability")
        return probability


class SileroEndpointer:
    """ports.Endpointer."""

    def __init__(self) -> None:
        """Load the detector. Raises ModelError."""
        self._voice = VoiceActivity()
        self._course = Course()
        self._kept: list[Samples] = []
        self._fresh = 0
        self._onset: int | None = None

    def feed(self, frame: Frame) -> Mark | None:
        """What the frame brought about, if anything. Raises EngineError; the stretch is void after that."""
        samples = np.asarray(frame.samples, np.float32)
        lost = self._lost() if frame.lost else None
        try:
            probability = self._voice(samples)
        except EngineError:
            self.reset()
            raise
        quiet = self._course.phase is Phase.QUIET
        self._kept.append(samples)
        self._fresh += 1
        self._course, came = step(self._course, probability)
        if quiet and self._course.phase is Phase.ONSET:
            self._onset = self._fresh - 1
        if lost is not None:
            return lost
        match came.kind:
            case None:
                if self._course.phase is Phase.QUIET:
                    self._kept = self._kept[-BEFORE:]
                return None
            case "ended":
                return self._end(came.course, came.why)
            case "paused":
                return Mark(came.kind, self._utterance(self._course))
        return Mark(came.kind)

    def transcribed(self, state: Words) -> None:
        """What the transcript made at `paused` looks like; ignored when speech has gone on since."""
        self._course = self._course.transcribed(state)

    def reset(self) -> None:
        """Forget what was said: the next frame begins a new stretch."""
        self._voice.reset()
        self._course, self._kept, self._fresh, self._onset = Course(), [], 0, None

    def _end(self, course: Course, why: str) -> Mark:
        utterance = self._utterance(course, "end" if why == "cap" else "")
        tail = self._kept[-min(course.silent, BEFORE) :] if course.silent else []
        self.reset()
        # What comes next has this silence before it; after a cap it has none, and speech that runs on is cut.
        self._kept, self._fresh = list(tail), len(tail)
        return Mark("ended", utterance, why)

    def _lost(self) -> Mark | None:
        """Samples are missing: what was being said is void, and the next stretch begins after the gap."""
        spoke = self._course.phase not in (Phase.QUIET, Phase.ONSET)
        utterance = self._utterance(self._course, "end") if spoke else None
        self.reset()
        return Mark("ended", utterance, "lost") if spoke else None

    def _utterance(self, course: Course, cut: str = "") -> Utterance:
        samples: Samples = np.concatenate(self._kept)
        if self._onset is not None and len(self._kept) == self._fresh and begun_before(samples, self._onset * FRAME):
            cut = "start"
        return Utterance(samples, course.voiced * FRAME_MS / 1000, clipped(samples), cut)


assert FRAME * 1000 == FRAME_MS * RATE
