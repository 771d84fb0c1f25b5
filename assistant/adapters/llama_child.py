"""The language model's own process: `python -m assistant.adapters.llama_child`. One owner, one call at a time.

JSON lines. The first one in says what to load:
{"model": path, "adapter": path or "", "before": text, "after": text, "end": text, "grammar": GBNF, "context": n,
"threads": n}; {"ready": true} comes back, or {"error": why}. Then {"text": words} in, and
{"answer": text, "logprobs": [natural logarithm, one a token]} or {"error": why} out.

llama.cpp aborts and crashes by ways of its own (a grammar that it cannot parse is a null pointer); all of that ends
here. `before` is evaluated once and kept; what follows it is evaluated in one piece, always by itself, so that an
answer does not depend on what was asked earlier. Greedy; the grammar only ever forbids.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

import numpy as np

MOST_TOKENS = 80
"""Of an answer: six commands are shorter; a long note is cut off and so not understood."""
LIKELY = 64
"""Candidates that are held against the grammar first; mostly the first of them fits."""


class Model:
    """A loaded model with its grammar and the evaluated beginning of every prompt."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """See the module. Raises ValueError or RuntimeError for what cannot be loaded."""
        import llama_cpp

        self._lib = llama_cpp
        self._after = spec["after"]
        self._llama = llama_cpp.Llama(
            model_path=spec["model"],
            lora_path=spec["adapter"] or None,
            n_ctx=spec["context"],
            n_batch=spec["context"],
            n_threads=spec["threads"],
            n_threads_batch=spec["threads"],
            verbose=False,
        )
        if spec["adapter"] and not self._llama._lora_adapter:  # a null pointer is not None
            raise ValueError(f"{spec['adapter']} is no adapter of this model")
        self._vocab = self._llama._model.vocab
        self._width = self._llama.n_vocab()
        self._grammar = spec["grammar"].encode()
        self._sampler()  # a bad grammar is found here, not at the first question
        self._stop = self._llama.token_eos()
        self._end = self._tokens(spec["end"])[0]
        self._start = self._tokens(spec["before"])
        self._llama.eval(self._start)

    def answer(self, text: str) -> tuple[str, list[float]]:
        """The likeliest answer that the grammar allows, and each token's log-probability among all tokens."""
        # What was said is words, whatever it spells: only what is ours may be the model's own signs.
        tokens = self._tokens(text, special=False) + self._tokens(self._after)
        if len(self._start) + len(tokens) + MOST_TOKENS > self._llama.n_ctx():
            raise ValueError("too long")
        self._llama.n_tokens = len(self._start)
        self._llama.eval(tokens)
        sampler = self._sampler()
        said: list[int] = []
        logprobs: list[float] = []
        try:
            while len(said) < MOST_TOKENS:
                token, logprob = self._next(sampler)
                logprobs.append(logprob)
                if token == self._end or self._lib.llama_vocab_is_eog(self._vocab, token):
                    return self._llama.detokenize(said).decode("utf-8", "replace").strip(), logprobs
                self._lib.llama_sampler_accept(sampler, token)
                said.append(token)
                self._llama.eval([token])
        finally:
            self._lib.llama_sampler_free(sampler)
        raise ValueError("no end")

    def _tokens(self, text: str, *, special: bool = True) -> list[int]:
        return self._llama.tokenize(text.encode(), add_bos=False, special=special)

    def _sampler(self) -> Any:
        # An empty one would be taken, and hold the model to nothing.
        sampler = self._lib.llama_sampler_init_grammar(self._vocab, self._grammar, b"root") if self._grammar else None
        if not sampler:
            raise ValueError("the grammar is not valid GBNF")
        return sampler

    def _next(self, sampler: Any) -> tuple[int, float]:
        pointer = self._llama._ctx.get_logits_ith(-1)
        logits = np.ctypeslib.as_array(pointer, shape=(self._width,)).copy()
        peak = float(logits.max())
        total = peak + float(np.log(np.exp(logits - peak).sum()))
        likely = np.argpartition(logits, -LIKELY)[-LIKELY:]
        # Where the answer may end it may end with `end`, which is no token of the grammar's.
        whole = bool(np.isfinite(self._allowed(sampler, np.array([self._stop]), logits)).any())
        for candidates in (likely[np.argsort(-logits[likely])], np.arange(self._width)):
            allowed = self._allowed(sampler, candidates, logits)
            if whole:
                allowed[candidates == self._end] = logits[self._end]
            if np.isfinite(allowed).any():
                token = int(candidates[int(allowed.argmax())])
                return token, float(logits[token]) - total
        raise ValueError("the grammar leaves nothing to say")

    def _allowed(self, sampler: Any, candidates: Any, logits: Any) -> Any:
        """Logits of the candidates; minus infinity where the grammar forbids one."""
        data = np.zeros(len(candidates), dtype=np.dtype([("id", np.intc), ("logit", np.single), ("p", np.single)]))
        data["id"], data["logit"] = candidates, logits[candidates]
        array = self._lib.llama_token_data_array(
            data=data.ctypes.data_as(self._lib.llama_token_data_p), size=len(candidates), selected=-1, sorted=False
        )
        self._lib.llama_sampler_apply(sampler, array)
        return data["logit"]


def serve(requests: TextIO, replies: TextIO) -> None:
    """Answer until the requests end."""
    model: Model | None = None
    for line in requests:
        reply: dict[str, Any]
        try:
            request = json.loads(line)
            if model is None:
                model = Model(request)
                reply = {"ready": True}
            else:
                answer, logprobs = model.answer(request["text"])
                reply = {"answer": answer, "logprobs": logprobs}
        except (ValueError, RuntimeError, OSError, ImportError, KeyError) as exc:
            reply = {"error": f"{type(exc).__name__}: {exc}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    # llama.cpp writes to standard output when it feels like it: the replies get a descriptor of their own.
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        serve(sys.stdin, out)
