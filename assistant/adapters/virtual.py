"""A headset without hardware: a PulseAudio daemon of the test's own, heard and played to through real PortAudio.

Each headset is two null sinks: what is played into its `air` is what its microphone hears; what it says goes into its
`ear`, which is recorded. ALSA's pulse plugin gives each one a name of its own, so PortAudio sees named devices.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HISS = 5000
"""Volume of white noise (65536: full scale, cubic): some -67 dB, a quiet room."""
PLUGIN = "libasound_module_pcm_pulse.so"


def missing() -> str:
    """Why there can be no virtual headset here, or empty."""
    for program in ("pulseaudio", "pactl", "paplay", "parec"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not any(Path("/usr/lib").glob(f"*/alsa-lib/{PLUGIN}")) and not Path(f"/usr/lib/alsa-lib/{PLUGIN}").exists():
        return "ALSA's pulse plugin is not installed (libasound2-plugins)"
    return ""


class Pulse:
    """The daemon and its headsets."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, tuple(names)
        self.socket = folder / "native"
        self._daemon: subprocess.Popen[bytes] | None = None
        self._modules: dict[str, list[str]] = {}
        self._noise: dict[str, subprocess.Popen[bytes]] = {}
        self._clocks: dict[str, subprocess.Popen[bytes]] = {}
        config = folder / "alsa.conf"
        devices = "".join(
            f"pcm.{name} {{ type asym\n"
            f'  playback.pcm {{ type pulse server "unix:{self.socket}" device "{name}-ear" }}\n'
            f'  capture.pcm {{ type pulse server "unix:{self.socket}" device "{name}-air.monitor" }} }}\n'
            for name in self.names
        )
        # Only these: neither the box's own devices nor one called `default` may be heard instead.
        config.write_text(f"</usr/share/alsa/alsa.conf>\npcm.!default {{ type null }}\n{devices}")
        home = folder / "home"
        settings = home / ".config" / "pulse" / "daemon.conf"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text("rescue-streams = no\n")
        self.env = {
            "PULSE_SERVER": f"unix:{self.socket}",
            "PULSE_RUNTIME_PATH": str(folder),
            "ALSA_CONFIG_PATH": str(config),
        }
        self._all = {**os.environ, **self.env, "HOME": str(home)}

    def start(self) -> None:
        """The daemon, with all headsets plugged in."""
        self._modules = {}
        self._daemon = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"),
                *("--disable-shm=yes", "--realtime=no", "--high-priority=yes"),
                f"--load=module-native-protocol-unix socket={self.socket} auth-anonymous=1",
            ],
            env=self._all,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while self._pactl("info", check=False).returncode:
            if time.monotonic() > until:
                raise RuntimeError("pulseaudio did not start")
            time.sleep(0.05)
        # What is pulled out is gone: its sound moves to no other headset (that is what `rescue-streams` is for, too).
        self._pactl("load-module", "module-null-sink", "sink_name=nowhere", "rate=8000", "channels=1")
        self._pactl("set-default-sink", "nowhere")
        self._pactl("set-default-source", "nowhere.monitor")
        for name in self.names:
            self.plug(name)

    def kill(self) -> None:
        """The daemon dies as programs do."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
        for name in list(self._noise):
            self.hush(name)
        for name in list(self._clocks):
            _ended(self._clocks.pop(name))

    def plug(self, name: str, rate: int = 48_000, *, noise: bool = True) -> None:
        """A headset is there, its sinks at `rate`; `noise`: its microphone hears a quiet room, not pure zeros."""
        for end in ("ear", "air"):
            sink = f"sink_name={name}-{end}"
            done = self._pactl("load-module", "module-null-sink", sink, f"rate={rate}", "channels=1", "format=s16le")
            self._modules.setdefault(name, []).append(done.stdout.strip())
        self._clocks[name] = self._pacat(f"{name}-ear", Path("/dev/zero"), "--client-name=clock")
        if noise:
            self.noise(name)

    def unplug(self, name: str) -> None:
        """It is pulled out."""
        self.hush(name)
        if name in self._clocks:
            _ended(self._clocks.pop(name))
        for module in self._modules.pop(name, []):
            self._pactl("unload-module", module)

    def noise(self, name: str) -> None:
        """A quiet room's hiss from now on."""
        self._noise[name] = self._pacat(f"{name}-air", Path("/dev/urandom"), f"--volume={HISS}", "--client-name=room")

    def hush(self, name: str) -> None:
        """The hiss ends: from now on the microphone gives nothing but zeros."""
        noise = self._noise.pop(name, None)
        if noise is not None:
            _ended(noise)

    def suspend(self, name: str, *, on: bool) -> None:
        """Its microphone stops giving anything at all, without being gone; or goes on."""
        self._pactl("suspend-sink", f"{name}-air", "1" if on else "0")

    def say(self, name: str, file: Path) -> None:
        """Somebody speaks into it; returns when the sound is over."""
        subprocess.run(
            ["paplay", f"--device={name}-air", "--latency-msec=20", str(file)],
            env=self._all,
            check=True,
            stderr=subprocess.DEVNULL,
        )

    @contextmanager
    def recorded(self, name: str, file: Path) -> Iterator[None]:
        """What it says within the block, as a WAV file of 16 kHz."""
        with file.open("wb") as out:
            parec = subprocess.Popen(
                [
                    *("parec", f"--device={name}-ear.monitor", "--file-format=wav", "--rate=16000"),
                    *("--channels=1", "--format=s16le", "--latency-msec=20"),
                ],
                env=self._all,
                stdout=out,
                stderr=subprocess.DEVNULL,
            )
            try:
                yield
            finally:
                parec.terminate()
                parec.wait()

    def close(self) -> None:
        """All of it ends."""
        for name in list(self._noise):
            self.hush(name)
        self.kill()

    def _pacat(self, sink: str, source: Path, *more: str) -> subprocess.Popen[bytes]:
        """Plays a file that has no end. While it does the sink takes sound every 20 ms, as a device does.

        With nobody playing it takes two seconds at once and sleeps them through: whoever was late once waits so long.
        """
        with source.open("rb") as file:
            return subprocess.Popen(
                [
                    *("pacat", "--playback", "--raw", "--format=s16le", "--rate=16000", "--channels=1"),
                    *(f"--device={sink}", "--latency-msec=20", *more),
                ],
                env=self._all,
                stdin=file,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def _pactl(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["pactl", *args], env=self._all, check=check, capture_output=True, text=True, timeout=20)


def _ended(player: subprocess.Popen[bytes]) -> None:
    player.kill()
    player.wait()


@contextmanager
def a_pulse(*names: str) -> Iterator[Pulse]:
    """A daemon with these headsets, in a folder whose name is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder:
        pulse = Pulse(Path(folder), names)
        try:
            pulse.start()
            yield pulse
        finally:
            pulse.close()
