"""A loopback API server that costs as little as it can: one protocol object a connection, answers made beforehand.

    python server.py          prints its port; serves until its stdin closes

POST /v1/chat/completions answers after the latency that was set. POST /control takes {"latency": s, "tail": share of the
calls that take 30 times as long, "rps": calls in a second before a 429 with Retry-After 1} and forgets the counts; GET /stats
tells {"answered", "refused", "connections"}. Which calls are slow is chosen by their number, the last word of the prompt.
"""
from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

MESSAGE = {"role": "assistant", "content": "x" * 400, "refusal": None}
ANSWER = json.dumps({
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "m", "system_fingerprint": None,
    "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop", "logprobs": None}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 100, "total_tokens": 112},
}).encode()
REFUSAL = json.dumps({"error": {"message": "slow down", "type": "rate_limit", "param": None, "code": "rate"}}).encode()
settings: dict[str, float] = {}
counts: dict[str, int] = {}
bucket = {"tokens": 0.0, "at": 0.0}


def reset(**told: float) -> None:
    settings.update({"latency": 0.0, "tail": 0.0, "rps": 0.0, **told})
    counts.update(answered=0, refused=0, connections=0)
    bucket.update(tokens=settings["rps"], at=0.0)


def head(status: str, body: bytes, more: str = "") -> bytes:
    lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return lines.encode() + body


OK, LIMITED = head("200 OK", ANSWER), head("429 Too Many Requests", REFUSAL, "Retry-After: 1\r\n")


class Connection(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport, self.data, self.loop, self.counted = transport, b"", asyncio.get_running_loop(), False

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            top = self.data[:end].lower()
            at = top.find(b"content-length:")
            length = int(top[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.data) < end + 4 + length:
                return
            body, self.data = self.data[end + 4:end + 4 + length], self.data[end + 4 + length:]
            self.answer(top, body)

    def answer(self, top: bytes, body: bytes) -> None:
        if top.startswith(b"post /control"):
            reset(**json.loads(body))
            self.transport.write(head("200 OK", b"{}"))
        elif top.startswith(b"get /stats"):
            self.transport.write(head("200 OK", json.dumps(counts).encode()))
        else:
            counts["connections"] += not self.counted
            self.counted = True
            self.serve(body)

    def serve(self, body: bytes) -> None:
        latency = settings["latency"]
        if rps := settings["rps"]:  # a bucket of one second
            now = self.loop.time()
            bucket["tokens"] = min(rps, bucket["tokens"] + (now - bucket["at"]) * rps) if bucket["at"] else rps
            bucket["at"] = now
            if bucket["tokens"] < 1:
                counts["refused"] += 1
                self.transport.write(LIMITED)
                return
            bucket["tokens"] -= 1
        if settings["tail"]:
            number = int(json.loads(body)["messages"][-1]["content"].rsplit(" ", 1)[1])
            latency *= 30 if number % round(1 / settings["tail"]) == 7 else 1
        self.loop.call_later(latency, self.done)

    def done(self) -> None:
        counts["answered"] += 1
        if not self.transport.is_closing():
            self.transport.write(OK)


async def main() -> None:
    reset()
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
