"""Starts what a test needs and ends it in the opposite order."""

import contextlib

from harness.chaos import Chaos
from harness.haproxy import HaProxy
from harness.impostor import Impostor
from harness.lab import Lab
from harness.legacy_upstream import LegacyUpstream
from harness.load import Load
from harness.ports import free_address
from harness.process import Process, program
from harness.proxy import Proxy, configuration, write_configuration
from harness.server import Server
from harness.stub import Stub
from harness.upstream import Upstream


class Rig:
    def __init__(self, folder):
        self.folder = folder
        self._stack = contextlib.ExitStack()
        self._names = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def keep(self, thing):
        """Calls its stop() at the end."""
        self._stack.callback(thing.stop)
        return thing

    def _name(self, kind):
        self._names += 1
        return f"{kind}-{self._names}"

    # --- upstreams ---

    def stub(self, *arguments, name=None):
        return self.keep(Stub(self.folder, name or self._name("stub"), *arguments))

    def stubs(self, count, *arguments):
        return [self.stub(*arguments) for _ in range(count)]

    def upstream(self, **script):
        return self.keep(Upstream(**script))

    def legacy_upstream(self, **script):
        return self.keep(LegacyUpstream(**script))

    def lab(self, **plan):
        return self.keep(Lab(self.folder, **plan))

    def chaos(self, target):
        return self.keep(Chaos(target.address))

    def server_without_services(self):
        return self.keep(Server())

    def impostor(self, **script):
        return self.keep(Impostor(**script))

    # --- programs ---

    def proxy(self, *upstreams, ready=None, prefix=(), **settings):
        """A proxy in front of these; it serves when this returns. `ready`: how many of them will be."""
        addresses = [getattr(each, "address", each) for each in upstreams]
        proxy = self.start_proxy(configuration(addresses, **settings), prefix)
        return proxy.wait_for_upstreams(len(upstreams) if ready is None else ready)

    def start_proxy(self, settings, prefix=(), arguments=()):
        proxy = self.keep(Proxy(self.folder, self._name("waymark"), settings, prefix, arguments))
        proxy.wait_started()
        return proxy

    def haproxy(self, target, sends, unique_id=None):
        return self.keep(HaProxy(self.folder, self._name("haproxy"), free_address(), target, sends, unique_id))

    def run(self, name, *arguments, prefix=(), **options):
        """A program that ends by itself, or is ended by the test."""
        return self.keep(Process(self.folder, self._name(name), [*prefix, program(name), *arguments], **options))

    def load(self, proxy, *arguments):
        target = proxy.addresses["clients"]
        return self.keep(Load(self.folder, self._name("load"), target, *arguments))

    def configuration_file(self, settings):
        name = self._name("config")
        settings = {"state": str(self.folder / f"{name}-state"), **settings}
        return write_configuration(self.folder, name, settings)
