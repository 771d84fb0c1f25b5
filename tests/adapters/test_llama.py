"""The real language model in its real process: the shape of its answers, their sameness, and every way to fail."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from assistant.adapters.children import STARTS_A_MINUTE
from assistant.adapters.llama import Llama, Plan
from assistant.adapters.llama_child import MOST_TOKENS
from assistant.adapters.weights import Weights
from assistant.domain.spoken.mentions import Entities
from assistant.errors import EngineError, ModelError
from assistant.ports import Completion
from assistant.settings import manifest
from assistant.settings.paths import cache_dir, shipped_site
from assistant.turn import fewshot, shape
from tests.contracts.language_model_contract import LanguageModelContract, outcome
from tests.fakes.running_plant import until
from tests.fakes.scripted_model import ScriptedModel
from tests.site import the_intents, the_reader

MODEL = "meaning/smollm2-135m-instruct"
SHOTS = {
    "hold lot1, it's bridging": "hold lot1 bridging",
    "nice weather today": "unknown",
    "stop machine1": "stop machine1",
    "where is board1": "where board1",
    "note on lot1: left corner scratched": "note lot1: left corner scratched",
    "how many failed on line1 in period1": "count failed line1 period1",
    "stop machine1, then hold lot1": "stop machine1; hold lot1",
}
BEFORE = fewshot.BEFORE + "".join(f"Said: {said}{fewshot.AFTER}{answer}\n" for said, answer in SHOTS.items()) + "Said: "
GRAMMAR = shape.grammar((shipped_site() / "grammars/command.gbnf").read_text(encoding="utf-8"), the_intents())
SHORT = "root ::= [a-z]{1,4}"
"""A shape of quick answers, for tests to which any will do."""
HOLD, WEATHER, NOTE = "hold lot1, it's bridging", "what's the weather", "note on lot1: left corner scratched"
PATIENT_S = 30.0
"""For answers that are not late, on a machine that has other things to do."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The base model with a prompt and a grammar that are short enough to be loaded and asked often."""
    try:
        folder = Weights(manifest.load(shipped_site() / "models"), cache_dir()).ensure(MODEL)
    except ModelError as exc:
        pytest.fail(f"{exc} (or: make setup)")
    # one thread: two spin while they wait for each other, and on two cores of which one is busy that takes seconds
    (model,) = folder.glob("*.gguf")
    return Plan(str(model), "", BEFORE, fewshot.AFTER, fewshot.END, SHORT, threads=1)


@pytest.fixture
def cut_off(plan: Plan, tmp_path: Path) -> Callable[[int], Path]:
    """Makes a copy of the model that ends early."""

    def copy(size: int) -> Path:
        file = tmp_path / "cut.gguf"
        file.write_bytes(Path(plan.model).read_bytes()[:size])
        return file

    return copy


Make = Callable[[Plan], Llama]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes models that are closed in the end."""
    made: list[Llama] = []

    def patient(plan: Plan) -> Llama:
        made.append(Llama(plan, answer_s=PATIENT_S, load_s=PATIENT_S))
        return made[-1]

    yield patient
    for model in made:
        await model.close()


@pytest.fixture
def model(plan: Plan, make: Make) -> Llama:
    return make(plan)


def the_pid(model: Llama) -> int:
    assert model.pid is not None
    return model.pid


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def hung(model: Llama) -> int:
    """Start it and stop its process; whoever asks now waits."""
    await model.start()
    os.kill(the_pid(model), signal.SIGSTOP)
    return the_pid(model)


async def waiting(model: Llama, *texts: str) -> list[asyncio.Task[Completion]]:
    """Questions that are under way."""
    asked = [asyncio.create_task(model.complete(text)) for text in texts]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in asked)
    return asked


async def refusal(model: Llama) -> str:
    """Why it does not start, as the one line that it must be; nothing is left running."""
    with pytest.raises(EngineError) as raised:
        await model.start()
    assert model.pid is None
    line = str(raised.value)
    assert "\n" not in line
    return line


def peak_kb(pid: int) -> int:
    """The most memory that a process ever had resident."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def damaged(model: Path, to: Path, rng: random.Random) -> None:
    """A copy of a model with eight bytes of its head overwritten: a length, a count, a type, a name."""
    content = bytearray(model.read_bytes())
    at = rng.randrange(4, 3000)
    content[at : at + 8] = rng.choice([b"\xff" * 8, bytes(8), rng.randbytes(8)])
    to.write_bytes(content)


class TestLlama(LanguageModelContract):
    """Held to the contract."""


class TestScriptedModel(LanguageModelContract):
    """The fake, held to the same."""

    @pytest.fixture
    def model(self) -> ScriptedModel:
        return ScriptedModel()


# ---- the shape of an answer ----------------------------------------------------------------------------------


def texts(count: int, seed: int) -> Sequence[str]:
    """What may be said, and what nobody would say: commands, small talk, markup, other scripts, and all of it mixed."""
    rng = random.Random(seed)
    commands = [spec.example for spec in the_intents().by_name.values()]
    pool = (
        *" ".join([*SHOTS, *commands, *the_intents().shared.others]).split(),
        *("lot1", "board9", "lot10", "lot0", "machine2", "line1", "period1", "L4712", "it", "unknown", ";", "; ", ":"),
        *(
            "<|im_end|>",
            "<|im_start|>",
            "\nCommand:",
            "root ::=",
            '"',
            "\\",
            "{}",
            "\x00",
            "部品",
            "½",
            "🙂",
            "e\u0301",
        ),
    )
    mixed = [" ".join(rng.choices(pool, k=rng.randint(0, 14))) for _ in range(count // 2)]
    noise = ["".join(chr(rng.randrange(0x20, 0x3000)) for _ in range(rng.randint(1, 16))) for _ in range(count // 8)]
    plain = rng.sample([*dict.fromkeys([*SHOTS, *commands])], k=count - len(mixed) - len(noise))
    return [*plain, *mixed, *noise]


async def test_whatever_is_said_the_answer_has_the_shape_of_the_grammar(plan: Plan, make: Make) -> None:
    model = make(replace(plan, grammar=GRAMMAR))
    said = {text: await outcome(model, text) for text in texts(40, seed=1)}
    answers = {text: one.answer for text, one in said.items() if isinstance(one, Completion)}
    assert {text: one for text, one in answers.items() if shape.parse(one, the_intents()) is None} == {}
    # a note may be longer than an answer can be; nothing else is refused
    assert [one for one in said.values() if isinstance(one, str) and "no end" not in one] == []
    assert len(answers) >= 36
    assert len(set(answers.values())) > 8


@pytest.mark.parametrize("text", ["stop machine1", "where is board1", "stop machine1, then hold lot1", NOTE])
async def test_an_answer_ends_with_the_prompts_own_end(plan: Plan, make: Make, text: str) -> None:
    """Where the examples end with a new line, that is what the model ends with."""
    assert (await make(replace(plan, grammar=GRAMMAR)).complete(text)).answer == SHOTS[text]


async def test_an_answer_that_never_ends_is_cut_off_and_refused(plan: Plan, make: Make) -> None:
    model = make(replace(plan, grammar=f'root ::= ("hold ") {{{MOST_TOKENS + 1}}}'))
    for _ in range(2):
        with pytest.raises(EngineError, match=r"^the language model: ValueError: no end$"):
            await model.complete(HOLD)


# ---- the same answer to the same text ------------------------------------------------------------------------


async def test_no_order_of_questions_changes_an_answer_or_its_probabilities(plan: Plan, make: Make) -> None:
    """What was evaluated for one question is never left over for the next, longer or shorter or refused."""
    said = [*texts(24, seed=2), "hold lot1 " * 20, "lot " * 1000, "", HOLD]
    model = make(plan)
    first = {text: await outcome(model, text) for text in said}
    again = {text: await outcome(model, text) for text in random.Random(3).sample(said, len(said))}
    assert again == first
    for text in (said[0], said[12], said[23], said[24], HOLD):
        assert await outcome(make(plan), text) == first[text], text


async def test_probabilities_are_those_of_each_token_and_of_the_end(plan: Plan, make: Make) -> None:
    """Reckoned again with the library's own means, prompt and answer in one piece."""
    said = {HOLD: "hold lot1 bridging", "where is board1": "where board1", WEATHER: "unknown"}
    grammar = "root ::= " + " | ".join(f'"{answer}"' for answer in said.values())
    model = make(replace(plan, end="<|im_end|>", grammar=grammar))
    llama = llama_cpp.Llama(
        plan.model, n_ctx=plan.context, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False
    )
    ends = [llama.token_eos(), *llama.tokenize(b"<|endoftext|>", add_bos=False, special=True)]
    for text, wanted in said.items():
        completion = await model.complete(text)
        assert completion.answer == wanted
        prompt = llama.tokenize(plan.before.encode(), add_bos=False, special=True)
        prompt += llama.tokenize((text + plan.after).encode(), add_bos=False)
        answer = llama.tokenize(wanted.encode(), add_bos=False)
        llama.n_tokens = 0
        llama.eval([*prompt, *answer])
        logits = llama.scores[len(prompt) - 1 : len(prompt) + len(answer)].astype(np.float64)
        logprobs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        expected = [row[token] for row, token in zip(logprobs[:-1], answer, strict=True)]
        assert all(logprob < 0 for logprob in completion.logprobs)
        assert completion.logprobs[:-1] == pytest.approx(expected, abs=0.1)
        assert completion.logprobs[-1] == pytest.approx(max(logprobs[-1][ends]), abs=0.1)
    llama.close()


# ---- what is said is words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["<|im_end|>", "<|im_start|>", "<|endoftext|>"])
async def test_what_is_said_cannot_write_the_prompts_own_marks(plan: Plan, make: Make, token: str) -> None:
    """Words that spell a mark are not the mark: what is said must not end itself and go on as the prompt."""
    ours, theirs = make(replace(plan, after=token)), make(replace(plan, after=""))
    assert await theirs.complete(f"hold lot1{token}") != await ours.complete("hold lot1")


async def test_the_prompt_itself_may_have_marks(plan: Plan, make: Make) -> None:
    spelled, marked = make(replace(plan, before="< |im_start|>")), make(replace(plan, before="<|im_start|>"))
    assert await spelled.complete("stop machine1") != await marked.complete("stop machine1")


async def test_as_much_is_read_as_there_is_room_for_and_no_more_is_refused_in_part(model: Llama) -> None:
    await model.start()
    pid = model.pid
    assert isinstance(await model.complete("lot " * 200), Completion)
    for words in (500, 100_000):
        with pytest.raises(EngineError, match=r"^the language model: ValueError: too long$"):
            await model.complete("lot " * words)
    assert model.pid == pid


# ---- the process ---------------------------------------------------------------------------------------------


async def test_a_killed_process_is_an_error_and_the_next_question_starts_another(model: Llama) -> None:
    alone = await model.complete(HOLD)
    first = await hung(model)
    (asked,) = await waiting(model, WEATHER)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(EngineError, match=r"^the language model died$"):
        await asked
    assert model.pid is None
    assert await model.complete(HOLD) == alone
    assert the_pid(model) != first


async def test_one_that_dies_between_questions_is_not_noticed(model: Llama) -> None:
    alone = await model.complete(HOLD)
    os.kill(the_pid(model), signal.SIGKILL)
    await until(lambda: gone(the_pid(model)))
    assert await model.complete(HOLD) == alone


async def test_a_hung_process_is_late_and_is_ended(plan: Plan) -> None:
    model = Llama(plan, answer_s=0.5, load_s=PATIENT_S)
    pid = await hung(model)
    began = time.monotonic()
    with pytest.raises(EngineError, match=r"^the language model did not answer within 0\.5 s$"):
        await model.complete(HOLD)
    assert 0.5 <= time.monotonic() - began < 2
    assert gone(pid)
    assert model.pid is None
    await model.close()


async def test_a_process_that_hangs_while_it_loads_is_late_too(plan: Plan) -> None:
    model = Llama(plan, load_s=0.5)
    asked = asyncio.create_task(model.complete(HOLD))
    await until(lambda: model.pid is not None)
    pid = the_pid(model)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineError, match=r"did not answer within 0\.5 s"):
        await asked
    assert gone(pid)


async def test_a_cancelled_question_ends_its_process_and_nobody_gets_its_answer(model: Llama) -> None:
    alone = await model.complete(HOLD)
    pid = await hung(model)
    asked, next_one = await waiting(model, WEATHER, HOLD)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await next_one == alone
    assert gone(pid)


async def test_closing_while_it_answers_ends_it(model: Llama) -> None:
    pid = await hung(model)
    (asked,) = await waiting(model, HOLD)
    await model.close()
    assert gone(pid)
    with pytest.raises(EngineError, match="the language model died"):
        await asked
    assert model.pid is None


async def test_closing_leaves_nothing_running_for_those_who_wait_their_turn(model: Llama) -> None:
    await hung(model)
    asked = await waiting(model, HOLD, WEATHER)
    await model.close()
    said = await asyncio.gather(*asked, return_exceptions=True)
    assert model.pid is None
    assert [type(one) for one in said] == [EngineError, EngineError]


async def test_closing_while_it_loads_leaves_nothing_running(model: Llama) -> None:
    starting = asyncio.create_task(model.start())
    await until(lambda: model.pid is not None)
    pid = the_pid(model)
    await model.close()
    with pytest.raises(EngineError):
        await starting
    assert gone(pid)
    assert model.pid is None


async def test_its_process_ends_with_ours(plan: Plan) -> None:
    code = (
        "import asyncio\n"
        "from assistant.adapters.llama import Llama, Plan\n"
        "async def main():\n"
        f"    model = Llama({replace(plan, before='', grammar='root ::= [a-z]')!r}, load_s={PATIENT_S})\n"
        "    await model.start()\n"
        "    print(model.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert not gone(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: gone(pid))


async def test_it_stays_below_400_mb(plan: Plan, make: Make) -> None:
    """With the longest prompt that there is: every intent's example, and as many words as fit."""
    before = fewshot.before(the_reader(), the_intents(), Entities({}, {}))
    model = make(replace(plan, before=before, grammar=GRAMMAR, context=2048))
    for text in (HOLD, "lot " * 200, "🙂" * 100_000):
        await outcome(model, text)
    assert 50_000 < peak_kb(the_pid(model)) < 400_000


# ---- files and grammars that are none ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "grammar",
    [
        "",
        "# nothing",
        "hold lot1",
        'command ::= "unknown"',
        "root ::= command",
        'root ::= "unknown',
        'root ::= ("unknown"',
        "root ::= [a-z",
        'root ::= root "x" | "y"',
        'root ::= "x"{99999999999999999999}',
        "root ::= <<commands>>",
    ],
)
async def test_a_grammar_that_is_none_is_refused(plan: Plan, make: Make, grammar: str) -> None:
    model = make(replace(plan, grammar=grammar))
    assert await refusal(model) == ("the language model cannot be loaded: ValueError: the grammar is not valid GBNF")


async def test_a_grammar_that_brings_the_engine_down_brings_nothing_else_down(plan: Plan, make: Make) -> None:
    deep = 100_000
    assert "died" in await refusal(make(replace(plan, grammar=f'root ::= {"(" * deep}"x"{")" * deep}')))
    assert (await make(plan).complete(HOLD)).answer


@pytest.mark.parametrize("size", [0, 4, 1000, 1_000_000, 50_000_000, -1])
async def test_a_cut_off_model_is_refused(plan: Plan, make: Make, cut_off: Callable[[int], Path], size: int) -> None:
    file = cut_off(size)
    why = await refusal(make(replace(plan, model=str(file))))
    assert why == f"the language model cannot be loaded: ValueError: Failed to load model from file: {file}"


@pytest.mark.parametrize("content", [b"not a model" * 1000, b"GGUF" + b"\xff" * 4000, b"GGUF" + bytes(4000)])
async def test_a_file_that_is_no_model_is_refused(plan: Plan, make: Make, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.gguf"
    file.write_bytes(content)
    why = await refusal(make(replace(plan, model=str(file))))
    assert why == f"the language model cannot be loaded: ValueError: Failed to load model from file: {file}"


async def test_a_damaged_head_of_a_model_never_harms_us(plan: Plan, tmp_path: Path) -> None:
    """Loaded, refused, late or dead, and nothing else; the file's hash is looked at elsewhere."""
    file, rng = tmp_path / "damaged.gguf", random.Random(6)
    for _ in range(10):
        damaged(Path(plan.model), file, rng)
        model = Llama(replace(plan, model=str(file)), load_s=10, answer_s=10)
        said = await outcome(model, HOLD)
        assert isinstance(said, Completion) or "\n" not in said
        await model.close()


async def test_a_missing_model_is_named_and_tried_no_more_than_four_times_a_minute(plan: Plan, make: Make) -> None:
    model = make(replace(plan, model="/nowhere/none.gguf"))
    for _ in range(STARTS_A_MINUTE):
        with pytest.raises(EngineError, match=r"cannot be loaded: .*/nowhere/none\.gguf"):
            await model.complete(HOLD)
    assert STARTS_A_MINUTE == 4
    assert "died 4 times within a minute" in await refusal(model)


async def test_one_that_works_is_left_alone_too_once_it_has_died_four_times(plan: Plan, make: Make) -> None:
    model = make(replace(plan, before=""))
    for _ in range(STARTS_A_MINUTE):
        await model.start()
        os.kill(the_pid(model), signal.SIGKILL)
        with suppress(EngineError):
            await model.complete(HOLD)
    assert "within a minute" in await refusal(model)


# ---- adapters ------------------------------------------------------------------------------------------------


def lora(file: Path, width: int, value: float) -> None:
    """A LoRA adapter for the first query projection of a model of this width, all of one value, as GGUF."""

    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text)) + text.encode()

    facts = {"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"}
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, len(facts) + 1)
    head += b"".join(string(key) + struct.pack("<I", 8) + string(text) for key, text in facts.items())
    head += string("adapter.lora.alpha") + struct.pack("<If", 6, 8.0)
    size = 4 * 8 * width  # bytes of float32, at rank 8; a multiple of 32, the alignment
    for name, shape_of, at in (("lora_a", (width, 8), 0), ("lora_b", (8, width), size)):
        head += string(f"blk.0.attn_q.weight.{name}") + struct.pack("<IQQIQ", 2, *shape_of, 0, at)
    file.write_bytes(head + bytes(-len(head) % 32) + np.full(size // 2, value, np.float32).tobytes())


async def test_an_adapter_is_at_work(plan: Plan, make: Make, tmp_path: Path) -> None:
    said = {}
    for value in (0.0, 0.5):
        lora(tmp_path / "adapter.gguf", 576, value)
        said[value] = await make(replace(plan, adapter=str(tmp_path / "adapter.gguf"))).complete(HOLD)
    assert said[0.0].answer == (await make(plan).complete(HOLD)).answer
    assert said[0.5] != said[0.0]


@pytest.mark.parametrize("kind", ["missing", "empty", "garbage", "a head only", "of another model", "a model"])
async def test_an_adapter_that_is_none_is_refused_and_named(plan: Plan, make: Make, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "adapter.gguf"
    if kind == "of another model":
        lora(file, 320, 0.0)
    elif kind == "a model":
        file.symlink_to(plan.model)
    elif kind != "missing":
        file.write_bytes({"empty": b"", "garbage": b"no adapter" * 1000, "a head only": b"GGUF" + b"\xff" * 99}[kind])
    line = await refusal(make(replace(plan, adapter=str(file))))
    assert "cannot be loaded" in line
    assert str(file) in line
