"""The distributed exchange of a journey: script/cluster in a folder of its own, Node's clients beside it, orders and what became of them."""
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))
from kit import TREE, Client, order

WAIT_SECONDS_MAX = 120


def until(wanted, seconds=WAIT_SECONDS_MAX, pause=0.1):
    """Ask until it is so. @return what it last was."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            got = wanted()
        except (OSError, KeyError, IndexError, RuntimeError) as error:
            got, last = None, error
        if got or time.monotonic() > deadline:
            return got
        time.sleep(pause)


class Cluster:
    def __init__(self, journey, home=TREE / "build" / "integration" / "cluster", port=None):
        self.journey = journey
        self.home = home
        port = port or int(os.environ.get("FX_CLUSTER_PORT", int(os.environ.get("FX_INTEGRATION_PORT", "23700")) + 100))
        self.environment = os.environ | {"FX_CLUSTER_DIR": str(self.home), "FX_CLUSTER_PORT": str(port), "FX_CLUSTER_BINARY": journey.binary,
                                         "FX_CLUSTER_DEMO": "yes", "FX_CLUSTER_OPTIONS": "--password-cost 4 --rate-orders 0 --rate-cancels 0"}
        self.port = port
        self.mounted = []

    def script(self, *words, seconds=240):
        return subprocess.run([TREE / "script" / "cluster", *words], capture_output=True, text=True, timeout=seconds, cwd=TREE,
                              env=self.environment)

    def server(self, name, *words):
        """script/kafka, script/redis or script/mariadb on this cluster's own."""
        places = {"FX_KAFKA_DIR": str(self.home.relative_to(TREE) / "kafka"), "FX_REDIS_DIR": str(self.home.relative_to(TREE) / "redis"),
                  "MARIADB_PORT": str(self.port + 3)}
        more = [str(self.home / "mariadb")] if name == "mariadb" else []
        return subprocess.run([TREE / "script" / name, *words, *more], capture_output=True, text=True, timeout=180, cwd=TREE,
                              env=self.environment | places)

    def settings(self):
        return {name: value.strip("'") for name, value in (line.split("=", 1) for line in (self.home / "env").read_text().splitlines())}

    def api(self, number):
        """A new connection to api-1 or api-2."""
        return Client(self.port + number - 1)

    def url(self, number):
        return f"http://127.0.0.1:{self.port + number - 1}"

    def credentials(self):
        return json.loads((self.home / "api-1" / "data" / "demo-credentials.json").read_text())

    def health(self, offset):
        """@return status and body of a role's /health/ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port + offset}/health/ready", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def states(self, roles):
        """Start roles that were stopped. @return for each the sequence and the hash of the state that it came back with: what it had kept,
        and what it read behind that."""
        found = {}
        for role in roles:
            done = self.script("start", role)
            told = re.findall(r"recovered shard=\d+ seq=(\d+) hash=([0-9a-f]{16})", (self.home / role / "log").read_text())
            found[role] = (int(told[-1][0]), told[-1][1]) if done.returncode == 0 and told else done.stderr
        return found

    def full_disk(self, role, size_mib=64):
        """Start a role anew with its data on a small file system of its own, which has nothing yet. @return its folder; None without the right
        to mount one."""
        folder = self.home / role / "data"
        self.script("stop", role)
        folder.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(folder)], capture_output=True).returncode:
            self.script("start", role)
            return None
        self.mounted.append(folder)
        done = self.script("start", role)
        self.journey.check(done.returncode == 0, f"{role} starts with an empty folder", done.stderr + done.stdout)
        return folder

    def unmount(self):
        for folder in self.mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True)
        self.mounted = []

    def logs(self, size=1500):
        return "\n".join(f"---- {path.parent.name}\n{path.read_text()[-size:]}" for path in sorted(self.home.glob("*/log")) if path.is_file())


class Node:
    """clients.mjs: one command, one answer."""

    def __init__(self, journey, settings):
        installed = HERE / "node_modules" / ".package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
            done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True)
            if not journey.check(done.returncode == 0, "npm installs kafkajs, ioredis, mysql2 and Socket.IO", done.stderr):
                raise RuntimeError("npm")
        self.log = open(journey.path / "node.log", "wb")
        self.process = subprocess.Popen(["node", "clients.mjs"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env=os.environ | settings | {"NO_COLOR": "1", "KAFKAJS_NO_PARTITIONER_WARNING": "1"})
        self.lock = threading.Lock()
        self.count = 0
        if not self.process.stdout.readline():
            raise RuntimeError("node ended: " + (journey.path / "node.log").read_text())

    def __call__(self, op, **more):
        with self.lock:
            self.count += 1
            self.process.stdin.write(json.dumps({"id": self.count, "op": op} | more) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("node ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def orders_go_on(journey, loads, what, seconds=WAIT_SECONDS_MAX):
    """Orders are acknowledged again at all of them. @return seconds until then."""
    counts, start = [len(load.acked) for load in loads], time.monotonic()
    good = until(lambda: all(len(load.acked) > count + 3 for load, count in zip(loads, counts)), seconds, 0.02)
    journey.check(good, what, [load.told() for load in loads])
    return time.monotonic() - start


def check_rows(journey, loads, sql):
    """What the loads were told is what the tables have; these have caught up. `sql` runs a statement."""
    acked = {name: identity for load in loads for name, identity in load.acked.items()}
    rows = {}
    for load in loads:
        for one in sql("SELECT id, clientOrderId FROM orders WHERE clientOrderId LIKE ?", f"{load.tag}-%"):
            rows.setdefault(one["clientOrderId"], []).append(str(one["id"]))
    lost = [name for name, identity in acked.items() if str(identity) not in rows.get(name, [])]
    journey.check(not lost and len(acked) > 100, f"each of {len(acked)} acknowledged orders is there", lost[:5])
    journey.equal([name for name, ids in rows.items() if len(ids) != 1], [], "none is there twice")
    stray = set(rows) - set(acked) - {name for load in loads for name in load.unknown}
    journey.equal(sorted(stray), [], "and none of which the client was told that it failed")


def lagging(node):
    """The partitions, the servers' own among them, that a broker has not the whole of: their topic, and how many have it. With one of three
    away what two have to acknowledge is still written, with two away nothing is: who kills a broker while another one is catching up kills
    both. A broker that has every partition takes part in the vote of its controllers again, too: it knows of them only from there."""
    return [(one["topic"], one["inSync"], one["replicas"]) for one in node("partitions") if one["inSync"] < one["replicas"]]


class Load(threading.Thread):
    """Orders of one user at one API, one after the other, each with a name of its own; what was acknowledged is remembered."""

    def __init__(self, cluster, number, credentials, tag, symbol="BTCUSDT", quantity="0.001"):
        super().__init__(daemon=True)
        self.cluster, self.number, self.credentials, self.tag = cluster, number, credentials, tag
        self.symbol, self.quantity = symbol, quantity
        self.acked, self.refused, self.unknown = {}, [], []  # name: id
        self.count = 0
        self.trouble = None  # what a login or a connection last ended with
        self.is_over = False

    def told(self):
        """What there is to say where it does not go on."""
        return (f"{self.tag}: {self.count} sent, {len(self.acked)} acknowledged, refused {self.refused[-2:]}, "
                f"{len(self.unknown)} unknown {self.unknown[-2:]}, {self.trouble}, {'runs' if self.is_alive() else 'has died'}")

    def connect(self):
        client = self.cluster.api(self.number)
        client.connection.timeout = 10
        status, body = client.login(self.credentials)
        if client.token is None:
            self.trouble = f"login {status} {body}"
        return client if client.token else None

    def run(self):
        client = None
        while not self.is_over:
            try:
                client = client or self.connect()
                if client is not None:
                    self.place(client)
                else:
                    time.sleep(0.05)
            except (OSError, ValueError, KeyError, ConnectionError, http.client.HTTPException) as error:
                client = None
                self.trouble = repr(error)
                time.sleep(0.05)

    def place(self, client):
        name = f"{self.tag}-{self.count}"
        self.count += 1
        side = "BUY" if self.count % 2 else "SELL"
        try:
            status, body = client.post("/order?wait=result", order(self.symbol, side, 60000, self.quantity, clientOrderId=name))
        except Exception:
            self.unknown.append(name)
            raise
        if status == 201:
            self.acked[name] = body["id"]
        elif status == 202 or (body or {}).get("executed") == "unknown":
            self.unknown.append(name)
        else:
            self.refused.append((name, status, (body or {}).get("code")))
            if self.refused[-1][2] == "MAX_NUM_ORDERS":  # the other user is away for long: what rests has to make room
                client.delete("/order/cancel-all")
            time.sleep(0.02)

    def end(self):
        self.is_over = True
        self.join(30)
