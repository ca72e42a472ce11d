"""A load of orders over several keep-alive connections that remembers what was acknowledged.

Every order has a clientOrderId of its own. An answer of success is noted at once; a request without an answer is noted
as unknown: it may be there or not, but never twice.
"""
import collections
import http.client
import random
import sqlite3
import threading
import time
from decimal import Decimal, getcontext

from kit import order, until

getcontext().prec = 60

SYMBOL = "ESH4"
MIDDLE = 19200  # ticks of 0.25
OPEN = {"ACTIVE", "PARTIALLY_FILLED", "UNTRIGGERED", "PENDING"}


def money_of(server):
    """Both traders' balances less what their open positions have cost: no trade may change the sum."""
    total = Decimal(0)
    for trader in (0, 1):
        client = server.client(trader)
        total += sum(Decimal(row["balance"]) for row in client.get("/account")[1]["data"] if row["asset"] == "USDT")
        for row in client.get("/positions")[1]["data"]:
            if row["symbol"] == SYMBOL:
                cost = abs(Decimal(row["entryValue"]))
                total -= cost if Decimal(row["currentQty"]) > 0 else -cost
    return total


def rows_by_name(server):
    """clientOrderId → how many rows the database has."""
    database = sqlite3.connect(f"file:{server.data}/future.db?mode=ro", uri=True)
    with database:
        names = [row[0] for row in database.execute("SELECT clientOrderId FROM orders WHERE clientOrderId IS NOT NULL")]
    database.close()
    return collections.Counter(names)


def problems_of(server, load):
    """What a server has lost or has too much of."""
    problems = []
    clients = [server.client(0), server.client(1)]
    counts = rows_by_name(server)
    for name, trader in load.acked.items():
        status, body = clients[trader].get(f"/order/{name}?symbol={SYMBOL}")
        if status != 200 or body.get("clientOrderId") != name:
            problems.append(f"{name} was acknowledged and is lost: {status} {body}")
        elif name in load.cancelled and body["status"] in OPEN:
            problems.append(f"{name} was cancelled and is open: {body}")
        if counts[name] != 1:
            problems.append(f"{name} has {counts[name]} rows")
    problems += [f"{name} has {counts[name]} rows" for name in load.unknown if counts[name] > 1]
    return problems


class Load:
    """`acked`: clientOrderId → trader; `cancelled`: those whose cancel was acknowledged; `unknown`: no answer came."""

    def __init__(self, server, seed, connections=4):
        self.acked, self.unknown, self.cancelled, self.refused = {}, {}, set(), {}
        self.is_over = False
        self.clients = [(server.client(index % 2), index % 2) for index in range(connections)]
        self.threads = [threading.Thread(target=self._run, args=(index, seed), daemon=True)
                        for index in range(connections)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def last(self, seconds, count=1):
        """Go on for so long, and on a slow machine until so many more orders were acknowledged."""
        wanted = len(self.acked) + count
        time.sleep(seconds)
        return until(lambda: len(self.acked) >= wanted or not any(thread.is_alive() for thread in self.threads))

    def stop(self):
        self.is_over = True
        self.join()

    def join(self):
        for thread in self.threads:
            thread.join(60)

    def _run(self, index, seed):
        rng = random.Random(seed * 1000 + index)
        client, trader = self.clients[index]
        number = 0
        while not self.is_over:
            number += 1
            name = f"k{seed}-{index}-{number}"
            if not self._place(client, trader, name, rng):
                return
            if rng.random() < 0.2 and not self._cancel(client, name):
                return

    def _place(self, client, trader, name, rng):
        side = rng.choice(("BUY", "SELL"))
        price = (MIDDLE + rng.randrange(-20, 21)) * 0.25
        body = order(SYMBOL, side, price, rng.randrange(1, 4), clientOrderId=name)
        self.unknown[name] = trader
        try:
            status, answer = client.post("/order" + rng.choice(("", "?wait=result")), body)
        except (OSError, http.client.HTTPException):
            return False
        if status in (201, 202):
            self.acked[name] = trader
        else:
            code = (answer or {}).get("code", status)
            self.refused[code] = self.refused.get(code, 0) + 1
        del self.unknown[name]
        return True

    def _cancel(self, client, name):
        try:
            status, _ = client.delete(f"/order/{name}?symbol={SYMBOL}")
        except (OSError, http.client.HTTPException):
            return False
        if status == 200:
            self.cancelled.add(name)
        return True
