"""A load of orders over several keep-alive connections that remembers what was acknowledged.

Every order has a clientOrderId of its own. An answer of success is noted at once; a request without an answer is noted
as unknown: it may be there or not, but never twice.
"""
import http.client
import random
import threading

from kit import order

SYMBOL = "ESH4"
MIDDLE = 19200  # ticks of 0.25


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
