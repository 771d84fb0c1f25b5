"""Which devices PortAudio sees, and which of them is wanted. The list is of the moment when PortAudio was started."""

from __future__ import annotations

import re
from typing import Any

RATES = (48_000, 44_100, 32_000, 16_000, 8_000)
"""Tried when the device refuses its own default."""
_NUMBER = re.compile(r"\s*\((hw|plughw):[^)]*\)\s*$")


def stable(name: str) -> str:
    """A device's name without the number that it has only today ("USB Audio (hw:1,0)")."""
    return _NUMBER.sub("", name)


def find(sd: Any, want: dict[str, Any]) -> tuple[int, int] | None:
    """Numbers of microphone and ear piece in PortAudio's list of now."""
    apis = [api["name"] for api in sd.query_hostapis()]
    devices = [
        (number, stable(device["name"]), device)
        for number, device in enumerate(sd.query_devices())
        if not want["host_api"] or apis[device["hostapi"]] == want["host_api"]
    ]

    def first(direction: str, patterns: list[str], pinned: str) -> int | None:
        for pattern in patterns:
            for number, name, device in devices:
                fits = name == pinned if pinned else re.search(pattern, name, re.IGNORECASE)
                only = pinned or re.search(want["only"], name, re.IGNORECASE)
                if fits and only and device[f"max_{direction}_channels"]:
                    return number
        return None

    microphone = first("input", want["match"], want["microphone"])
    ear = first("output", want["ear_match"] or want["match"], want["ear"])
    return (microphone, ear) if microphone is not None and ear is not None else None


def settings(sd: Any, check: Any, number: int, info: Any, direction: str) -> tuple[float, int]:
    """Rate and channels that the device takes: its own where it can, one channel where it can."""
    problem: Exception | None = None
    for rate in dict.fromkeys((info["default_samplerate"], *RATES)):
        for channels in dict.fromkeys((1, min(2, info[f"max_{direction}_channels"]))):
            try:
                check(device=number, channels=channels, dtype="float32", samplerate=rate)
            except sd.PortAudioError as exc:
                problem = exc
                continue
            return float(rate), channels
    raise problem or ValueError("no rate fits")


def listed(sd: Any) -> list[dict[str, Any]]:
    apis = [api["name"] for api in sd.query_hostapis()]
    return [
        {
            "name": stable(device["name"]),
            "host_api": apis[device["hostapi"]],
            "inputs": device["max_input_channels"],
            "outputs": device["max_output_channels"],
            "rate": device["default_samplerate"],
        }
        for device in sd.query_devices()
    ]
