// A connection that a listener has let in, on its way to a worker.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "net/address.h"
#include "net/tls_session.h"

namespace waymark::proxy {

struct Arrival {
  std::size_t listener = 0;                // its slot
  int fd = -1;                             // the receiver closes it
  net::Address peer;                       // the client, where a PROXY header named it
  std::string proxy_tlvs;                  // of the header, raw
  bool counted = false;                    // by the gate, which is told of its end
  std::unique_ptr<net::TlsSession> tls{};  // after its handshake; null: plain TCP
};

}  // namespace waymark::proxy
