"""The proxies under measurement, each started afresh with its back-ends, on free loopback ports.

Nothing of the system's own HAProxy or nginx is touched: configuration, pid files and logs lie in a
temporary directory, and every process here is a child of this one.
"""

import os
import random
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PROXY_CPU = 0
LOAD_CPU = 1  # load generator, back-ends and the driver itself
START_TIMEOUT = 20  # seconds

# What every handshake has to agree on, with a certificate of ECDSA P-256 that signs itself.
TLS = "TLSv1.3 TLS_AES_256_GCM_SHA384 x25519"


class Failed(Exception):
    """A process did not start, or died; the text holds the end of its log."""


_given = set()


def free_port():
    """A port nobody listens on, below those the kernel gives to clients; each is given once."""
    while True:
        port = random.randrange(20000, 32000)
        if port in _given:
            continue
        _given.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Peer:
    """A running proxy and its back-ends; leaving the context ends all of them.

    Subclasses start them in start() and set `port`, where clients connect, and `pid`, the process
    whose CPU time counts.
    """

    name = None
    load_options = {"": [], "tls": ["--tls"], "proxy": ["--proxy-header", "v2"]}

    def __init__(self, binaries, row):
        self.binaries = binaries
        self.workers = row.workers
        self.upstreams = row.upstreams
        self.framing = row.framing
        self.edge = row.edge
        self.port = free_port()
        self.pid = None
        self._processes = []

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix=f"waymark-bench-{self.name}-")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def check(self):
        """Raises Failed if a process of this peer is gone."""
        for process in self._processes:
            if process.poll() is not None:
                raise Failed(f"{process.args[3]} ended: {self._log_of(process)}")

    def frames_and_batches(self):
        """What went to the upstreams so far, for peers that batch."""
        return None

    def start_backends(self):
        """TCP echo servers; returns their addresses."""
        ports = [free_port() for _ in range(self.upstreams)]
        for port in ports:
            self.spawn(LOAD_CPU, [f"{self.binaries}/waymark-bench-echo", str(port)])
        for port in ports:
            self.wait_until(lambda port=port: accepts(port))
        return [f"127.0.0.1:{port}" for port in ports]

    def make_certificate(self):
        """Returns its file and that of its key."""
        certificate, key = (os.path.join(self.directory, name) for name in ("tls.pem", "tls.key"))
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=bench", "-keyout", key, "-out", certificate],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if made.returncode != 0:
            raise Failed(f"openssl: {made.stdout.strip()}")
        return certificate, key

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def spawn(self, cpu, command, environment=None, stdout=None):
        log = open(os.path.join(self.directory, f"{len(self._processes)}.log"), "wb")
        process = subprocess.Popen(
            ["taskset", "-c", str(cpu), *command],
            stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log,
            start_new_session=True,  # Ctrl-C is ours to handle
            env={**os.environ, **(environment or {})})
        process.log_path = log.name
        log.close()
        self._processes.append(process)
        return process

    def wait_until(self, condition):
        deadline = time.monotonic() + START_TIMEOUT
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} was not there within {START_TIMEOUT} s: "
                             f"{self._log_of(self._processes[-1])}")
            time.sleep(0.02)

    @staticmethod
    def _log_of(process):
        with open(process.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()[-2000:].strip()


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class HAProxy(Peer):
    name = "haproxy"

    def start(self):
        servers = "\n".join(f"  server echo{i} {address}"
                            for i, address in enumerate(self.start_backends()))
        # Two descriptors a client: 9,900 is what a hard limit of 20,000 leaves.
        config = self.write("haproxy.cfg", f"""
global
  nbthread {self.workers}
  maxconn 9900
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend clients
  bind 127.0.0.1:{self.port} backlog 4096{self.bind_options()}
  maxconn 9900
  default_backend echo
backend echo
  balance roundrobin
{servers}
""")
        environment = {"OPENSSL_CONF": self.one_ticket()} if self.edge == "tls" else {}
        self.pid = self.spawn(PROXY_CPU, ["haproxy", "-db", "-f", config], environment).pid
        self.wait_until(lambda: accepts(self.port))

    def bind_options(self):
        if self.edge == "tls":
            both = "".join(open(path, encoding="ascii").read() for path in self.make_certificate())
            return f" ssl crt {self.write('both.pem', both)} ssl-min-ver TLSv1.3"
        return {"": "", "proxy": " accept-proxy"}[self.edge]

    def one_ticket(self):
        """OpenSSL sends two session tickets a handshake, Waymark one; HAProxy cannot be told, but
        OpenSSL can. Nobody comes back with them."""
        return self.write("openssl.cnf", """
openssl_conf = openssl
[openssl]
ssl_conf = ssl
[ssl]
system_default = server
[server]
NumTickets = 1
""")


class Nginx(Peer):
    name = "nginx"

    def start(self):
        servers = " ".join(f"server {address};" for address in self.start_backends())
        config = self.write("nginx.conf", f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
pid {self.directory}/nginx.pid;
error_log stderr crit;
worker_processes {self.workers};
worker_rlimit_nofile 20000;
events {{ worker_connections 19900; }}
stream {{
  upstream echo {{ {servers} }}
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    proxy_pass echo;
    proxy_connect_timeout 5s;
    proxy_timeout 1h;
  }}
}}
""")
        master = self.spawn(PROXY_CPU, ["nginx", "-p", self.directory, "-e", "stderr", "-c", config])
        self.wait_until(lambda: accepts(self.port) and children_of(master.pid))
        self.pid = children_of(master.pid)[0]


class Waymark(Peer):
    name = "waymark"
    stub_options = ()
    listener_settings = ""
    pool_settings = ""

    def listeners(self):
        return [self.listener(self.port)]

    def listener(self, port, more=""):
        if self.edge == "tls":
            certificate, key = self.make_certificate()
            more += (f', tls: {{ min_version: "1.3", certificates: '
                     f'[{{ certificate: {certificate}, key: {key} }}] }}')
        elif self.edge == "proxy":
            more += ', proxy_protocol: { trusted_cidrs: ["127.0.0.0/8"] }'
        return (f'{{ name: bench{port}, bind: "127.0.0.1:{port}", pool: default, '
                f'framing: {self.framing}{self.listener_settings}{more} }}')

    def start(self):
        upstreams = ", ".join(f'"{self.start_stub()}"' for _ in range(self.upstreams))
        self.telemetry = free_port()
        config = self.write("waymark.yaml", f"""
workers: {self.workers}
listeners: [{", ".join(self.listeners())}]
pools: [{{ name: default, upstreams: [{upstreams}]{self.pool_settings} }}]
telemetry: {{ bind: "127.0.0.1:{self.telemetry}" }}
admin: {{ bind: "127.0.0.1:{free_port()}" }}
state: {self.directory}/state
""")
        command = [f"{self.binaries}/waymark", "serve", "-c", config]
        self.pid = self.spawn(PROXY_CPU, command).pid
        self.wait_until(self.is_ready)

    def start_stub(self):
        """Starts one upstream; returns its address."""
        stub = self.spawn(LOAD_CPU, [f"{self.binaries}/waymark-stub", "--listen", "127.0.0.1:0",
                                     "--reply", "echo", *self.stub_options],
                          stdout=subprocess.PIPE)
        if not select.select([stub.stdout], [], [], START_TIMEOUT)[0]:
            raise Failed("waymark-stub says nothing")
        said = stub.stdout.readline().decode()
        bound = re.match(r"listening on (\S+:\d+)$", said)
        if not bound:
            raise Failed(f"waymark-stub: {said.strip()} {self._log_of(stub)}")
        return bound[1]

    def is_ready(self):
        try:
            return bool(self._get("/readyz"))
        except (urllib.error.URLError, OSError):
            return False

    def frames_and_batches(self):
        return self.totals("waymark_link_frames_sent_total", "waymark_link_batches_sent_total")

    def totals(self, *names):
        """Of one scrape: what the metrics of these names add up to."""
        text = self._get("/metrics")
        return [sum(float(value) for value in
                    re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))
                for name in names]

    def _get(self, path):
        url = f"http://127.0.0.1:{self.telemetry}{path}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


class WaymarkWithoutAcks(Waymark):
    """The same, with upstreams that do not ack: what the ledger costs."""

    name = "no-acks"
    stub_options = ("--no-acks",)


class WaymarkUnacked(Waymark):
    """With upstreams that answer nothing for an hour, and windows that take what comes meanwhile."""

    stub_options = ("--delay", "1h")
    listener_settings = ", up_window: 64MiB"
    pool_settings = ", window_bytes: 1GiB, window_events: 1048576, progress_timeout: 5m"


class WaymarkIdentifying(Waymark):
    """With a second listener, whose clients are known by what their first frame begins with: the
    number of the connection, in eight digits."""

    def __init__(self, binaries, row):
        super().__init__(binaries, row)
        self.identifying_port = free_port()

    def listeners(self):
        rule = ", identity: [{ first_frame: { offset: 0, length: 8 } }]"
        return [*super().listeners(), self.listener(self.identifying_port, rule)]


PEERS = {peer.name: peer for peer in (HAProxy, Nginx, Waymark, WaymarkWithoutAcks)}
