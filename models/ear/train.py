# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = [
#   "line-assistant",
#   "numpy==2.4.6",
#   "pyyaml==6.0.4",
#   "torch==2.13.0",
# ]
#
# [tool.uv.sources]
# line-assistant = { path = "../.." }
# ///
"""Train the ear's adapter: LoRA on every linear layer of Whisper base, loss on what was said.

::

    assistant models pull speech/base speakers/kokoro-82m
    python models/ear/make_clips.py --count 3000 --own 400 out/ear
    uv run models/ear/train.py out/ear models/ear/line.npz

Whisper is built here in a page of torch from CTranslate2's own file, by its names, so that the adapter fits that file
as it is (`--check` compares the two on clips). The encoder sees what it sees at the line: the speech and some seconds
of silence, not 30 s. The decoder is told first what it is told at the line: the site's names, or other names, or none.
Each clip is heard in another room, noise, level and pitch each time (lessons.py).

What is learnt beside the words: that noise alone is `<|nospeech|>`. Checkpoints are written now and then; the same
command goes on from the last. The same seed, data and versions give the same batches; sums in another order (another
number of threads) give slightly other weights.
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import yaml
from lessons import SILENCES, Clips, batch_of
from torch import nn
from torch.nn import functional as F

from assistant.adapters import ct2
from assistant.adapters.whisper import HOP, PADDING_FRAMES, Whisper
from assistant.bootstrap import load_site, vocabulary
from assistant.settings.paths import cache_dir

HEADS = 8
NO_SPEECH = "<|nospeech|>"
HERE = Path(__file__).parent


class Adapted(torch.autograd.Function):
    """x times the sum of both, as one product forward and one back: half the time of a product beside another."""

    @staticmethod
    def forward(ctx, x, weight, bias, a, b):
        whole = torch.addmm(weight, b.to(weight.dtype), a.to(weight.dtype))
        ctx.save_for_backward(x, whole, a, b)
        return F.linear(x, whole, bias)

    @staticmethod
    def backward(ctx, grad):
        x, whole, a, b = ctx.saved_tensors
        rows, inputs = grad.flatten(0, -2), x.flatten(0, -2)
        back = (rows @ whole).view_as(x) if ctx.needs_input_grad[0] else None
        low = inputs @ a.to(x.dtype).T
        return back, None, None, ((rows @ b.to(x.dtype)).T @ inputs).float(), (rows.T @ low).float()


class Linear(nn.Module):
    """One of the file's linear layers, held fast, and what is learnt beside it."""

    def __init__(self, name: str, weights: dict, rank: int, kind: torch.dtype) -> None:
        super().__init__()
        weight = torch.from_numpy(weights[f"{name}/weight"].astype(np.float32))
        self.name = f"{name}/weight"
        self.register_buffer("weight", weight.to(kind))
        self.register_buffer("bias", torch.from_numpy(weights[f"{name}/bias"].astype(np.float32)).to(kind))
        self.a = nn.Parameter(torch.empty(rank, weight.shape[1]).uniform_(-1, 1) / math.sqrt(weight.shape[1]))
        self.b = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return Adapted.apply(x, self.weight, self.bias, self.a, self.b)


class Norm(nn.Module):
    def __init__(self, name: str, weights: dict) -> None:
        super().__init__()
        self.register_buffer("gamma", torch.from_numpy(weights[f"{name}/gamma"].astype(np.float32)))
        self.register_buffer("beta", torch.from_numpy(weights[f"{name}/beta"].astype(np.float32)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x.float(), self.gamma.shape, self.gamma, self.beta).to(x.dtype)


class Layer(nn.Module):
    """Self-attention, attention to the sound (decoder only), feed-forward; each after its norm and beside its input."""

    def __init__(self, name: str, weights: dict, rank: int, kind: torch.dtype, *, crossed: bool) -> None:
        super().__init__()

        def linear(part: str) -> Linear:
            return Linear(f"{name}/{part}", weights, rank, kind)

        self.norm = Norm(f"{name}/self_attention/layer_norm", weights)
        self.qkv, self.out = linear("self_attention/linear_0"), linear("self_attention/linear_1")
        if crossed:
            self.cross_norm = Norm(f"{name}/attention/layer_norm", weights)
            self.q, self.kv, self.cross_out = (linear(f"attention/linear_{n}") for n in range(3))
        self.ffn_norm = Norm(f"{name}/ffn/layer_norm", weights)
        self.up, self.down = linear("ffn/linear_0"), linear("ffn/linear_1")

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None, sound: torch.Tensor | None, heard: torch.Tensor | None
    ):
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        x = x + self.out(attend(q, k, v, mask))
        if sound is not None:
            k, v = self.kv(sound).chunk(2, -1)
            x = x + self.cross_out(attend(self.q(self.cross_norm(x)), k, v, heard))
        return x + self.down(F.gelu(self.up(self.ffn_norm(x))))


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Of HEADS heads; `mask`: True where it may look."""
    q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).flatten(2)


class Ear(nn.Module):
    """Whisper, from CTranslate2's variables."""

    def __init__(self, weights: dict, rank: int, kind: torch.dtype) -> None:
        super().__init__()

        def held(name: str) -> torch.Tensor:
            return torch.from_numpy(weights[name].astype(np.float32))

        self.kind = kind
        for part in ("conv1", "conv2"):
            self.register_buffer(f"{part}_weight", held(f"encoder/{part}/weight").to(kind))
            self.register_buffer(f"{part}_bias", held(f"encoder/{part}/bias").to(kind))
        for side in ("encoder", "decoder"):
            self.register_buffer(f"{side}_places", held(f"{side}/position_encodings/encodings").to(kind))
            many = sum(name.startswith(f"{side}/layer_") and name.endswith("ffn/linear_0/weight") for name in weights)
            layers = [Layer(f"{side}/layer_{n}", weights, rank, kind, crossed=side == "decoder") for n in range(many)]
            self.add_module(side, nn.ModuleList(layers))
            self.add_module(f"{side}_norm", Norm(f"{side}/layer_norm", weights))
        self.register_buffer("embedding", held("decoder/embeddings/weight").to(kind))

    def listen(self, mel: torch.Tensor, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """mel: (n, 80, frames) -> (n, frames / 2, 512), and where it is sound; `frames` of each are, the rest not."""
        # What lies behind a clip's end is nothing to the convolutions, as it is at the line.
        inside = (torch.arange(mel.shape[-1]) < frames[:, None])[:, None]
        x = F.gelu(F.conv1d(mel.to(self.kind), self.conv1_weight, self.conv1_bias, padding=1)) * inside
        x = F.gelu(F.conv1d(x, self.conv2_weight, self.conv2_bias, stride=2, padding=1)).transpose(1, 2)
        x = x + self.encoder_places[: x.shape[1]]
        heard = (torch.arange(x.shape[1]) < (frames // 2)[:, None])[:, None, None]
        for layer in self.encoder:
            x = layer(x, heard, None, None)
        return self.encoder_norm(x), heard

    def write(self, tokens: torch.Tensor, sound: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        """tokens: (n, t) -> (n, t, 512), what the next token is told from."""
        length = tokens.shape[1]
        x = self.embedding[tokens] + self.decoder_places[:length]
        before = torch.ones(length, length, dtype=torch.bool).tril()
        for layer in self.decoder:
            x = layer(x, before, sound, heard)
        return self.decoder_norm(x)

    def linears(self) -> list[Linear]:
        return [module for module in self.modules() if isinstance(module, Linear)]


def loss_of(ear: Ear, rows: list[tuple[np.ndarray, list[int], list[int]]], start: int, hush: int, speech: int):
    """Mean cross-entropy over the answers' tokens, and a small part for whether anybody spoke.

    `start`: the token before which a prompt ends; `hush`, `speech`: what follows it where nobody, or somebody, spoke.
    """
    frames = torch.tensor([mel.shape[1] for mel, _, _ in rows])
    mels = torch.zeros(len(rows), rows[0][0].shape[0], int(frames.max()))
    longest = max(len(head) + len(answer) for _, head, answer in rows)
    tokens = torch.zeros(len(rows), longest, dtype=torch.long)
    asked = torch.zeros(len(rows), longest - 1, dtype=torch.bool)
    begun = torch.zeros(len(rows), dtype=torch.long)
    for row, (mel, head, answer) in enumerate(rows):
        mels[row, :, : mel.shape[1]] = torch.from_numpy(np.ascontiguousarray(mel))
        tokens[row, : len(head) + len(answer)] = torch.tensor([*head, *answer])
        asked[row, len(head) - 1 : len(head) + len(answer) - 1] = True
        begun[row] = head.index(start)
    sound, heard = ear.listen(mels, frames)
    hidden = ear.write(tokens[:, :-1], sound, heard)
    wanted = tokens[:, 1:][asked]
    said = F.cross_entropy((hidden[asked] @ ear.embedding.T).float(), wanted)
    spoke = torch.tensor([speech if len(answer) > 1 else hush for _, _, answer in rows])
    voice = F.cross_entropy((hidden[torch.arange(len(rows)), begun] @ ear.embedding.T).float(), spoke)
    return said, voice


def save(ear: Ear, file: Path, rank: int) -> None:
    """The adapter as assistant.adapters.ct2 reads it."""
    parts = {}
    with torch.no_grad():
        for linear in ear.linears():
            # Both sides alike in size, so that float16 holds them well.
            root = math.sqrt(float(linear.b.norm() / linear.a.norm()).__abs__() or 1.0)
            parts[f"{linear.name}:a"] = (linear.a * root).numpy().astype(np.float16)
            parts[f"{linear.name}:b"] = (linear.b / root).numpy().astype(np.float16)
    np.savez_compressed(file, **parts)


def resume(ear: Ear, file: Path) -> None:
    """An adapter that was saved, to be taught further."""
    with np.load(file) as parts, torch.no_grad():
        for linear in ear.linears():
            linear.a.copy_(torch.from_numpy(parts[f"{linear.name}:a"].astype(np.float32)))
            linear.b.copy_(torch.from_numpy(parts[f"{linear.name}:b"].astype(np.float32)))


def check(ear: Ear, clips: Clips, whisper: Whisper) -> None:
    """How far this Whisper's encoder is from CTranslate2's, and whether both would write the same."""
    import ctranslate2

    whole = ctranslate2.models.Whisper(str(cache_dir() / "speech/base"), device="cpu", compute_type="float32")
    for number in (0, 1, 2):
        sound = clips.sounds[number].astype(np.float32) / 32767
        mel = whisper._features(sound, padding=PADDING_FRAMES * HOP)
        mel = mel[:, : mel.shape[1] // 2 * 2]
        theirs = np.array(whole.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel[None]))))
        padded = torch.zeros(1, 80, mel.shape[1] + 100)  # and what stands behind a clip in a batch is nothing to it
        padded[0, :, : mel.shape[1]] = torch.from_numpy(mel)
        with torch.no_grad():
            ours, heard = ear.listen(padded, torch.tensor([mel.shape[1]]))
            ours = ours[:, : mel.shape[1] // 2]
            far = float((ours.float() - torch.from_numpy(theirs)).abs().max())
            tokens = whisper._head(clips.prompt)
            result = whisper._generate(whisper._encode(sound), tokens, 40)
            greedy = list(tokens)
            while len(greedy) < len(tokens) + 40:
                last = ear.write(torch.tensor([greedy]), ours, heard[..., : ours.shape[1]])[0, -1] @ ear.embedding.T
                if len(greedy) == len(tokens):
                    last[[220, whisper._tokenizer.eot]] = -torch.inf
                if int(last.argmax()) == whisper._tokenizer.eot:
                    break
                greedy.append(int(last.argmax()))
        print(f"encoder differs by {far:.4f} at most, of {np.abs(theirs).max():.1f}")
        print(f"  CTranslate2: {whisper._tokenizer.decode(result.sequences_ids[0])}")
        print(f"  here:        {whisper._tokenizer.decode(greedy[len(tokens) :])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--from", dest="start", type=Path, help="an adapter to go on from; its rank is the recipe's")
    parser.add_argument("--rate", type=float, help="peak of the rate; the recipe's when left out")
    parser.add_argument("--steps", type=int, help="batches; the recipe's when left out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--minutes", type=float, default=1e9, help="fall to the last rate when so many are over")
    parser.add_argument("--check", action="store_true", help="compare with CTranslate2 and train nothing")
    options = parser.parse_args()
    card = yaml.safe_load((HERE / "recipe.yaml").read_text(encoding="utf-8"))["training"]
    torch.manual_seed(card["seed"])
    torch.set_num_threads(options.threads)
    base = cache_dir() / "speech/base"
    whisper = Whisper(base)
    kind = getattr(torch, options.precision)
    ear = Ear(dict(ct2.read(base / "model.bin").variables), card["rank"], kind)
    if options.start:
        resume(ear, options.start)
    clips = Clips(options.data, whisper, vocabulary(load_site(None)), card)
    if options.check:
        check(ear, clips, whisper)
        return
    tokenizer = whisper._tokenizer
    start, speech = tokenizer.sot, tokenizer.sot_sequence[1]
    hush = tokenizer.tokenizer.token_to_id(NO_SPEECH) or tokenizer.tokenizer.token_to_id("<|nocaptions|>")
    rate = options.rate or card["rate"]
    weights = [parameter for parameter in ear.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=card["decay"], betas=(0.9, 0.98))
    steps, batch = options.steps or card["steps"], card["batch"]
    saved, step = options.data / "checkpoint.pt", 0
    if saved.is_file():
        state = torch.load(saved, weights_only=True)
        with torch.no_grad():
            for weight, kept in zip(weights, state["weights"], strict=True):
                weight.copy_(kept)
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
        print(f"going on from step {step}")
    print(f"{len(clips.rows)} clips, {steps} steps of {batch}, {sum(w.numel() for w in weights)} weights", flush=True)
    lengths = [len(sound) for sound in clips.sounds]

    def heard(step: int) -> list[tuple[np.ndarray, list[int], list[int]]]:
        """A batch, which depends on nothing but the step's number."""
        picked = []
        # Mostly less silence than at the line, which costs as much as speech does.
        silence = SILENCES[step % len(SILENCES)]
        for place, number in enumerate(batch_of(step, lengths, batch, card["seed"])):
            rng = np.random.default_rng([card["seed"], step, place])
            picked.append(clips.clip(-1 if rng.random() < card["noise_alone"] else number, silence, rng))
        return picked

    started, recent = time.monotonic(), []
    first = step
    maker = ThreadPoolExecutor(1)
    coming = maker.submit(heard, step)
    while step < steps:
        picked, coming = coming.result(), maker.submit(heard, step + 1)
        spent = (time.monotonic() - started) / 60 / options.minutes
        share = max(step / steps, spent)
        warm = min(1.0, (step + 1) / card["warm"])
        for group in optimiser.param_groups:
            group["lr"] = rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
        said, voice = loss_of(ear, picked, start, hush, speech)
        (said + card["voice"] * voice).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        step += 1
        recent.append((said.item(), voice.item()))
        if step % 5 == 0 or step == steps:
            a_step = (time.monotonic() - started) / (step - first)
            words, spoke = (sum(column) / len(recent) for column in zip(*recent, strict=True))
            print(
                f"step {step} of {steps}, loss {words:.4f}, voice {spoke:.4f}, {a_step:.1f} s a step, "
                f"{a_step * (steps - step) / 60:.0f} minutes left",
                flush=True,
            )
            recent = []
        if step % card["checkpoint"] == 0 or step == steps or spent >= 1:
            state = {"weights": [w.detach() for w in weights], "optimiser": optimiser.state_dict(), "step": step}
            torch.save(state, saved.with_suffix(".new"))
            saved.with_suffix(".new").replace(saved)
            save(ear, options.output, card["rank"])
        if spent >= 1:
            break


if __name__ == "__main__":
    main()
