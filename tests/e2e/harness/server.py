"""A gRPC server in this process, for upstreams whose behaviour a test scripts."""

from concurrent import futures

import grpc

_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
)


class Server:
    """`tls`: its credentials (harness.tls); None: plaintext."""

    def __init__(self, handlers=(), address="127.0.0.1:0", tls=None):
        self._pool = futures.ThreadPoolExecutor(max_workers=32)  # each call keeps a thread
        self._server = grpc.server(self._pool, options=_OPTIONS)
        self._server.add_generic_rpc_handlers(tuple(handlers))
        if tls:
            port = self._server.add_secure_port(address, tls)
        else:
            port = self._server.add_insecure_port(address)
        assert port != 0, f"cannot listen on {address}"
        self.address = f"{address.rpartition(':')[0]}:{port}"
        self._server.start()

    def stop(self):
        """Ends every call at once, as a crash would."""
        self._server.stop(grace=None).wait()
        self._pool.shutdown(wait=False)
