"""What the journeys share: a server on a free port in a folder of its own, a client, and checks that are counted.

A journey is tests/e2e/NN-name/run; it gets the path of the binary and prints one line per check: `ok WHAT`,
`not ok WHAT` or `skip WHAT: WHY`. Only the standard library; nothing is sent to any other machine.
"""
import atexit
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("FX_SHARED_DIR", TREE.parent / "shared"))
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 60
WAIT_SECONDS_MAX = 60  # for what comes soon, if it comes


def until(wanted, seconds=WAIT_SECONDS_MAX, pause=0.05):
    """Ask until it is so. @return what was said last."""
    deadline = time.monotonic() + seconds
    while not (got := wanted()) and time.monotonic() < deadline:
        time.sleep(pause)
    return got


class Journey:
    """Counts checks and owns the temporary folder and the servers."""

    def __init__(self):
        if len(sys.argv) < 2:
            sys.exit(f"usage: {sys.argv[0]} BINARY")
        self.binary = os.path.abspath(sys.argv[1])
        self.failed = 0
        self.details = []  # of what failed, said once more at the end: below the logs, where a reader looks first
        self.folder = tempfile.TemporaryDirectory(prefix="future-e2e.")
        self.path = pathlib.Path(self.folder.name)
        self.servers = []
        atexit.register(self._kill_servers)  # also where the journey ends in an exception
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # … or because its time is over

    def _kill_servers(self):
        for server in self.servers:
            server.kill()

    def check(self, is_good, what, detail=""):
        print(("ok " if is_good else "not ok ") + what, flush=True)
        if not is_good:
            self.failed += 1
            self.details.append(f"{what}: {detail}")
            print(self.details[-1], file=sys.stderr, flush=True)
        return is_good

    def equal(self, got, wanted, what):
        return self.check(got == wanted, what, f"got {got!r}, wanted {wanted!r}")

    def skip(self, what, why):
        print(f"skip {what}: {why}", flush=True)

    def run(self, *arguments, binary=None, seconds=600):
        """Run a command of the binary to its end. Gives the completed process."""
        return subprocess.run([binary or self.binary, *map(str, arguments)], capture_output=True, text=True,
                              timeout=seconds, cwd=self.path)

    def state(self, data, binary=None):
        """What `future check` says of a data folder, or None (with the reason on stderr)."""
        done = self.run("check", "--data", data, "--json", binary=binary)
        if done.returncode != 0:
            print(f"check of {data} ended with {done.returncode}: {done.stdout}{done.stderr}", file=sys.stderr)
            return None
        return json.loads(done.stdout)

    def end(self):
        self._kill_servers()
        if self.failed:
            for server in self.servers:
                log = server.log_path.read_text() if server.log_path.exists() else "(none: it was not started)"
                print(f"---- log of {server.data.name}\n" + log[-4000:], file=sys.stderr)
            print("---- failed\n" + "\n".join(self.details), file=sys.stderr)
        self.folder.cleanup()
        sys.exit(1 if self.failed else 0)


class Server:
    """`future serve`, or another command that serves, on a free port of this machine. Reuse it by start() after stop() or kill()."""

    def __init__(self, journey, data="data", options=("--demo", "--no-bots"), binary=None, command="serve"):
        self.data = journey.path / data
        self.binary = binary or journey.binary
        self.command = [command, "--data", str(self.data)]
        self.options = list(options)
        self.log_path = journey.path / f"{data}.log"
        self.journey = journey
        self.environment = {}  # on top of ours
        self.process = None
        self.port = 0
        journey.servers.append(self)

    def start(self, **more):
        """Start and wait until it serves; a server that does not is the end of the journey. `more` goes to Popen.
        @return seconds."""
        begun = time.monotonic()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, *self.command, "--port", "0", *self.options],
                stdout=subprocess.PIPE, stderr=log, cwd=self.journey.path, env=os.environ | self.environment, **more)
        text = b""
        while not (found := re.search(rb"http://\S+:(\d+)\n", text)):
            left = begun + START_SECONDS_MAX - time.monotonic()
            is_ready = select.select([self.process.stdout], [], [], max(left, 0))[0]
            piece = os.read(self.process.stdout.fileno(), 4096) if is_ready else b""
            if not piece:
                self.journey.check(False, "the server starts", f"exit {self.process.poll()}, said {text!r}")
                self.journey.end()
            text += piece
        self.port = int(found.group(1))
        return time.monotonic() - begun

    @property
    def url(self):
        return f"http://localhost:{self.port}"

    def rest(self):
        """Wait until nothing is left to be done by time alone: ranks are refreshed for a second after the last command."""
        client, seen, since = Client(self.port), None, time.monotonic()
        deadline = since + 30
        while time.monotonic() < min(since + 1.5, deadline):
            client.outside("/metrics")
            sequence = re.search(rb"^future_engine_sequence (\d+)", client.text, re.MULTILINE)
            if sequence is not None and sequence.group(1) != seen:
                seen, since = sequence.group(1), time.monotonic()
            time.sleep(0.1)
        self.journey.check(seen is not None and time.monotonic() < deadline, "the exchange comes to rest", seen)

    def stop(self):
        """End it as an operator would. @return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(STOP_SECONDS_MAX)
        self.process.stdout.close()
        return code

    def kill(self):
        """End it as a power cut would end a process."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def credentials(self):
        return json.loads((self.data / "demo-credentials.json").read_text())

    def client(self, index=None):
        """A connection; with an index: logged in as that demo trader."""
        client = Client(self.port)
        if index is not None:
            client.login(self.credentials()[index])
        return client


class Client:
    """One keep-alive connection to the REST interface."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.token = None

    def request(self, method, path, body=None, headers=None):
        """@return status, parsed body (None where it is not JSON)."""
        sent = dict(headers or {})
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        text = None
        if body is not None:
            text = body if isinstance(body, (str, bytes)) else json.dumps(body)
            sent["Content-Type"] = "application/json"
        self.connection.request(method, path if path == "/" else f"/api/v1{path}", text, sent)
        answer = self.connection.getresponse()
        self.headers = answer.headers
        self.text = answer.read()
        try:
            return answer.status, json.loads(self.text)
        except ValueError:
            return answer.status, None

    def login(self, credentials):
        status, body = self.request("POST", "/auth/login", {"email": credentials["email"],
                                                            "password": credentials["password"]})
        if status in (200, 201):
            self.token = body["accessToken"]
        return status, body

    def get(self, path):
        return self.request("GET", path)

    def outside(self, path, headers=None, method="GET"):
        """A path that is not the API's: /health/ready, /metrics. @return as request()."""
        self.connection.request(method, path, headers=headers or {})
        answer = self.connection.getresponse()
        self.headers = answer.headers
        self.text = answer.read()
        try:
            return answer.status, json.loads(self.text)
        except ValueError:
            return answer.status, None

    def pipeline(self, method, path, body, count):
        """So many equal requests in one piece, on a connection of their own: the server has them at once, however slow this machine is.
        @return for each answer its status and its headers, names in lower case."""
        text = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
        if self.token is not None:
            head += f"Authorization: Bearer {self.token}\r\n"
        answers = []
        with socket.create_connection(("127.0.0.1", self.connection.port), timeout=60) as connection:
            connection.sendall((head.encode() + b"\r\n" + text) * count)
            stream = connection.makefile("rb")
            for _ in range(count):
                status, headers = int(stream.readline().split()[1]), {}
                while (line := stream.readline().strip()) != b"":
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                stream.read(int(headers["content-length"]))
                answers.append((status, headers))
        return answers

    def post(self, path, body):
        return self.request("POST", path, body)

    def delete(self, path):
        return self.request("DELETE", path)


def order(symbol, side, price, quantity, **more):
    return {"symbol": symbol, "side": side, "type": "LIMIT", "price": str(price), "quantity": str(quantity)} | more


def promtool():
    """Prometheus' own judge of metrics and rules: the installed one, or the one of Debian's package, unpacked but not
    installed (no service comes with it). None where neither is to be had."""
    folder = TREE / "build" / "tools"
    unpacked = folder / "x" / "usr" / "bin" / "promtool"
    found = shutil.which("promtool")
    if found is None and not unpacked.exists() and shutil.which("apt-get") and shutil.which("dpkg"):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(["apt-get", "download", "-qq", "prometheus"], cwd=folder, capture_output=True, timeout=300)
        except subprocess.TimeoutExpired:
            return None
        for package in folder.glob("prometheus_*.deb"):
            subprocess.run(["dpkg", "-x", package, folder / "x"], capture_output=True)
            package.unlink()
    return found or (str(unpacked) if unpacked.exists() else None)
