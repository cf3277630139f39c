// Clients of a worker without a worker: each has a socket whose other end is a pipe to nowhere.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "net/loop.h"
#include "proxy/client.h"
#include "proxy/client_table.h"

namespace waymark::proxy {

// The mark of the test's client number `number`.
inline Mark mark_number(std::uint8_t number) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  bytes.fill(number);
  return Mark(bytes);
}

class Clients final : public net::ConnectionEvents {
 public:
  Clients() {
    context_.settings = std::make_shared<const ListenerSettings>();
    context_.framing = &context_.settings->framing;
  }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;
  ~Clients() override {
    while (!table.live().empty()) end(*table.live().front());
    while (!table.empty()) pass();
    poller_.close();
  }

  Client& add(std::uint8_t number) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::runtime_error("socketpair");
    }
    ::close(ends[1]);
    return table.add(std::make_unique<Client>(poller_, ends[0], *this, context_,
                                              mark_number(number), net::Address()));
  }
  void end(Client& client) {
    table.retire(client);
    client.close_now();
  }
  // Lets the poller release those that have ended.
  void pass() {
    loop_.run_in_thread([this] {
      loop_.stop();
      return false;
    });
  }

  ClientTable table;

 private:
  void readable(net::Connection&) override {}
  void drained(net::Connection&) override {}
  void broken(net::Connection&, int) override {}
  void released(net::Connection& connection) override {
    table.destroy(static_cast<Client&>(connection));
  }

  net::Loop loop_;
  net::Poller poller_{loop_};
  ListenerContext context_;
};

}  // namespace waymark::proxy
