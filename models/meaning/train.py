# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = [
#   "gguf==0.19.0",
#   "numpy==2.4.6",
#   "peft==0.21.2",
#   "platformdirs==4.14.8",
#   "pyyaml==6.0.4",
#   "torch==2.13.0",
#   "transformers==4.57.6",
# ]
# ///
"""Train the adapter of the language model: LoRA on SmolLM2-135M-Instruct, loss on the answer only, bf16.

::

    assistant models pull meaning/smollm2-135m-instruct
    python models/meaning/make_data.py --count 120000 out/meaning/train.jsonl
    uv run models/meaning/train.py out/meaning/train.jsonl models/meaning/line.gguf

The base is the very Q4_1 file that runs at the line, dequantised, so that the adapter learns to live with its rounding.
Checkpoints are written beside the data every CHECKPOINT steps; the same command goes on from the last one. The adapter
is written as GGUF, by the names that llama.cpp gives the tensors. The same seed, data and versions give the same
batches; sums in another order (another number of threads) give slightly other weights.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import platformdirs
import torch
import yaml
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AutoModelForCausalLM, AutoTokenizer

TARGETS = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}
"""Every linear layer: its name here and in GGUF."""
BATCH = 32
RATE = 6e-4
"""Peak learning rate, after a warm-up over WARM of the steps; then a cosine down to a twentieth."""
WARM = 0.03
CHECKPOINT = 250
BUCKET = 40
"""Batches whose examples are sorted by length together, so that little is padding."""
CACHE = Path(platformdirs.user_cache_dir("line-assistant")) / "models"


def batches(count: int, lengths: list[int], seed: int) -> Iterator[list[int]]:
    """Indices of each batch, all examples once, alike in length."""
    rng = random.Random(seed)
    order = list(range(count))
    rng.shuffle(order)
    groups: list[list[int]] = []
    for at in range(0, count, BATCH * BUCKET):
        bucket = sorted(order[at : at + BATCH * BUCKET], key=lengths.__getitem__)
        chunk = [bucket[i : i + BATCH] for i in range(0, len(bucket), BATCH)]
        rng.shuffle(chunk)
        groups += chunk
    yield from groups


def encoded(data: Path, tokenizer, card: dict) -> list[tuple[list[int], int]]:
    """(tokens, where the answer begins) of each example."""
    examples = []
    for line in data.read_text().splitlines():
        row = json.loads(line)
        prompt = tokenizer(card["before"] + row["text"] + card["after"], add_special_tokens=False)["input_ids"]
        answer = tokenizer(row["answer"] + card["end"], add_special_tokens=False)["input_ids"]
        examples.append((prompt + answer, len(prompt)))
    return examples


def loss_of(model, rows: list[tuple[list[int], int]], pad: int) -> torch.Tensor:
    """Mean cross-entropy over the answers' tokens."""
    longest = max(len(tokens) for tokens, _ in rows)
    inputs = torch.full((len(rows), longest), pad)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    asked = torch.zeros(len(rows), longest - 1, dtype=torch.bool)
    for index, (tokens, start) in enumerate(rows):
        inputs[index, : len(tokens)] = torch.tensor(tokens)
        mask[index, : len(tokens)] = 1
        asked[index, start - 1 : len(tokens) - 1] = True
    hidden = model.base_model.model.model(input_ids=inputs, attention_mask=mask, use_cache=False).last_hidden_state
    # Only where an answer is asked for: the vocabulary is a quarter of this model's work.
    logits = model.base_model.model.lm_head(hidden[:, :-1][asked])
    return torch.nn.functional.cross_entropy(logits.float(), inputs[:, 1:][asked])


def turned(values: np.ndarray, heads: int, *, back: bool = False) -> np.ndarray:
    """Rows of a head's rotation: halves one after the other here, side by side in llama.cpp."""
    first, second = (-1, 2) if back else (2, -1)
    return values.reshape(heads, first, second, values.shape[-1]).swapaxes(1, 2).reshape(values.shape)


def heads_of(config, target: str, side: str) -> int:
    """How many heads' rotations the rows of a tensor are; 0 for one that is not rotated."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    return heads.get(target, 0) if side == "lora_B" else 0


def write_gguf(model, file: Path, card: dict) -> None:
    """The adapter as llama.cpp reads it."""
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(card["lora"]["alpha"]))
    for name, tensor in get_peft_model_state_dict(model).items():
        parts = name.split(".")  # base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight
        layer, target, side = parts[parts.index("layers") + 1], parts[-3], parts[-2]
        values = tensor.float().numpy()
        if heads := heads_of(model.config, target, side):
            values = turned(values, heads)
        writer.add_tensor(f"blk.{layer}.{TARGETS[target]}.weight.{side.lower()}", values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(file: Path, config) -> dict[str, torch.Tensor]:
    """An adapter's weights by peft's names: what write_gguf wrote."""
    names = {short: target for target, short in TARGETS.items()}
    state = {}
    for tensor in gguf.GGUFReader(file).tensors:
        _, layer, short, _, side = tensor.name.split(".")  # blk.0.attn_q.weight.lora_a
        target, side = names[short], side[:-1] + side[-1].upper()
        block = "mlp" if short.startswith("ffn") else "self_attn"
        values = np.array(tensor.data, dtype=np.float32)
        if heads := heads_of(config, target, side):
            values = turned(values, heads, back=True)
        state[f"base_model.model.model.layers.{layer}.{block}.{target}.{side}.weight"] = torch.from_numpy(values)
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--start", type=Path, help="an adapter (GGUF) to go on from, with other data")
    parser.add_argument("--rate", type=float, default=RATE, help="peak learning rate")
    parser.add_argument("--steps", type=int, default=0, help="train on so many batches, not on all")
    options = parser.parse_args()
    card = yaml.safe_load(Path(__file__).with_name("adapter.yaml").read_text())
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    base = options.base or next((CACHE / card["base"]).glob("*.gguf"))
    tokenizer = AutoTokenizer.from_pretrained(base.parent, gguf_file=base.name)
    # Sentences are 15 tokens long: plain attention is a quarter faster than the fused one on a CPU.
    model = AutoModelForCausalLM.from_pretrained(
        base.parent, gguf_file=base.name, dtype=torch.bfloat16, attn_implementation="eager"
    )
    lora = LoraConfig(r=card["lora"]["rank"], lora_alpha=card["lora"]["alpha"], target_modules=list(TARGETS))
    model = get_peft_model(model, lora, autocast_adapter_dtype=False)
    model.train()
    examples = encoded(options.data, tokenizer, card)
    plan = list(batches(len(examples), [len(tokens) for tokens, _ in examples], options.seed))
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if options.start:
        set_peft_model_state_dict(model, read_gguf(options.start, model.config))
    # The sums are made in bf16; what is learnt is kept in float32, where a small step is not lost.
    masters = [weight.detach().float() for weight in weights]
    optimiser = torch.optim.AdamW(masters, lr=options.rate, weight_decay=0.0, betas=(0.9, 0.98))
    steps = min(len(plan), options.steps or len(plan))
    warm = max(1, int(WARM * steps))

    def rate(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    saved = options.data.with_suffix(".checkpoint.pt")
    step = 0
    if saved.is_file():
        state = torch.load(saved, weights_only=True)
        set_peft_model_state_dict(model, state["adapter"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        with torch.no_grad():
            for master, kept in zip(masters, state["masters"], strict=True):
                master.copy_(kept)
        step = state["step"]
        print(f"going on from step {step}")
    print(f"{len(examples)} examples, {steps} steps of {BATCH}", flush=True)
    started, recent = time.monotonic(), []
    first = step
    while step < steps:
        loss = loss_of(model, [examples[index] for index in plan[step]], pad=tokenizer.pad_token_id or 0)
        loss.backward()
        for master, weight in zip(masters, weights, strict=True):
            master.grad, weight.grad = weight.grad.float(), None
        torch.nn.utils.clip_grad_norm_(masters, 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for master, weight in zip(masters, weights, strict=True):
                weight.copy_(master)
        step += 1
        recent.append(loss.item())
        if step % 25 == 0 or step == steps:
            left = (time.monotonic() - started) / (step - first) * (steps - step) / 60
            print(f"step {step} of {steps}, loss {sum(recent) / len(recent):.4f}, {left:.0f} minutes left", flush=True)
            recent = []
        if step % CHECKPOINT == 0 or step == steps:
            state = {
                "adapter": get_peft_model_state_dict(model),
                "masters": masters,
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "step": step,
            }
            torch.save(state, saved.with_suffix(".new"))
            saved.with_suffix(".new").replace(saved)
            write_gguf(model, options.output, card)


if __name__ == "__main__":
    main()
