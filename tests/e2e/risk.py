"""What journeys about risk share: the plain stream, rows of the tables, users of the console."""
import base64
import json
import os
import socket
import sqlite3
import time

from kit import until

TABLES = ("liquidations", "insurance_histories", "position_histories", "margin_histories", "fundings", "funding_histories",
          "transactions", "trades", "positions", "accounts")


class Stream:
    """The plain stream, as far as it is needed here: subscribe, and read what is told."""

    def __init__(self, port, token, topics):
        self.raw = socket.create_connection(("127.0.0.1", port), 20)
        head = (f"GET /ws/stream HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nAuthorization: Bearer {token}\r\n\r\n")
        self.raw.sendall(head.encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.raw.recv(4096)
        self.buffer = self.buffer.split(b"\r\n\r\n", 1)[1]
        self.messages = []
        text = json.dumps({"op": "subscribe", "args": topics}).encode()
        size = bytes([0xFE, *len(text).to_bytes(2, "big")]) if len(text) > 125 else bytes([0x80 | len(text)])
        self.raw.sendall(b"\x81" + size + b"\0\0\0\0" + text)

    def read(self):
        """What has come up to now."""
        self.raw.settimeout(0.3)
        try:
            while piece := self.raw.recv(65536):
                self.buffer += piece
        except (TimeoutError, socket.timeout):
            pass
        while len(self.buffer) > 1:
            size, begin = self.buffer[1] & 127, 2
            if size > 125:
                width = 2 if size == 126 else 8
                size, begin = int.from_bytes(self.buffer[2:2 + width], "big"), 2 + width
            if len(self.buffer) < begin + size:
                break
            if self.buffer[0] & 15 == 1:
                self.messages.append(json.loads(self.buffer[begin:begin + size]))
            self.buffer = self.buffer[begin + size:]
        return self.messages

    def rows(self, topic, count=1):
        """What a topic has told. At least so many are to come, and they are waited for; what comes too much is there too."""
        until(lambda: len(self.told(topic)) >= count, pause=0)
        return self.told(topic)

    def told(self, topic):
        return [row for message in self.read() if message.get("topic") == topic and message["type"] == "delta"
                for row in message["data"]]


def tables(data):
    """All rows of the tables that the journal can make anew."""
    database = sqlite3.connect(f"file:{data}/future.db?mode=ro", uri=True)
    rows = {table: sorted(map(repr, database.execute(f"SELECT * FROM {table}").fetchall())) for table in TABLES}
    database.close()
    return rows


def make_user(journey, server, name, *more):
    os.environ["FUTURE_PASSWORD"] = f"password of {name}"
    done = journey.run("user:create", "--data", server.data, "--email", f"{name}@example.test", "--password-cost", "4", *more)
    del os.environ["FUTURE_PASSWORD"]
    journey.equal(done.returncode, 0, f"{name} is made")


def log_in(journey, server, name):
    client = server.client()
    journey.equal(client.login({"email": f"{name}@example.test", "password": f"password of {name}"})[0], 200, f"{name} logs in")
    return client


def wait_for(journey, read, is_wanted, what):
    """The tables are a moment behind. @return what was read last."""
    deadline = time.monotonic() + 60
    value = read()
    while not is_wanted(value) and time.monotonic() < deadline:
        time.sleep(0.05)
        value = read()
    journey.check(is_wanted(value), what, value)
    return value


def survive(journey, server):
    """A power cut, and a lost database: the same rows. The server is stopped in the end. @return the rows."""
    server.kill()
    server.start()
    server.rest()
    journey.equal(server.stop(), 0, "after kill -9 it starts and stops")
    whole, state = tables(server.data), journey.state(server.data)
    journey.check(state is not None and state["ok"] is True, "future check holds: no money appeared or vanished", state)
    for path in server.data.glob("future.db*"):
        path.unlink()
    server.start()
    journey.equal(server.stop(), 0, "without its database it starts and stops")
    again = tables(server.data)
    for table in TABLES:
        differ = [pair for pair in zip(whole[table], again[table]) if pair[0] != pair[1]]
        journey.check(again[table] == whole[table], f"{table}: the journal alone gives the same {len(whole[table])} rows", differ[:2])
    return whole
