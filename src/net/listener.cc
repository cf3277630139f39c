#include "net/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/status.h"

namespace waymark::net {
namespace {

constexpr std::chrono::milliseconds kFirstWait{10};
constexpr std::chrono::milliseconds kLongestWait{1000};

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

}  // namespace

void Listener::retune(const Options& options) {
  (void)::listen(socket_.fd(), options.backlog);
  set_options(socket_.fd(), options.socket);  // those it accepts inherit them
  options_ = options;
}

Listener::Listener(Loop& loop, ListenSocket socket, const Options& options, OnAccept on_accept,
                   HasRoom has_room)
    : loop_(loop),
      socket_(std::move(socket)),
      options_(options),
      address_(socket_.address()),
      on_accept_(std::move(on_accept)),
      has_room_(std::move(has_room)),
      retry_(loop, [this] { start(); }),
      wait_(kFirstWait) {
  poll_.data = this;
  if (uv_poll_init(loop.raw(), &poll_, socket_.fd()) != 0) std::abort();
  start();
}

Listener::~Listener() {
  if (!closed_) std::abort();  // libuv still holds the handles
}

void Listener::start() {
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Listener*>(poll->data)->accept_turn(/*at_any_rate=*/false);
  });
}

void Listener::accept_turn(bool at_any_rate) {
  for (int i = 0; i < options_.accepts_per_turn && !closed_; ++i) {
    if (!has_room_()) {
      ++counters_.paused_at_cap;
      return pause();
    }
    if (options_.rate && !at_any_rate && !in_time()) return;
    Accepted accepted;
    socklen_t size = sizeof(sockaddr_in6);
    accepted.fd = ::accept4(socket_.fd(), accepted.peer.get(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted.fd >= 0) {
      ++counters_.accepted;
      wait_ = kFirstWait;
      if (options_.rate) count(accepted.peer);
      on_accept_(std::move(accepted));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (out_of_resources(errno)) {
      ++counters_.paused_without_fds;
      return pause();
    }
    // ECONNABORTED and its like concern one client that is already gone.
    ++counters_.failed;
  }
}

// Level-triggered polling of a backlog nobody may take from would spin.
void Listener::pause() {
  pause_for(wait_);
  wait_ = std::min(wait_ * 2, kLongestWait);
}

void Listener::pause_for(std::chrono::milliseconds wait) {
  uv_poll_stop(&poll_);
  retry_.start_once(wait);
}

bool Listener::in_time() {
  const std::uint64_t wait = bucket_.wait(*options_.rate, loop_.now_ms());
  if (wait == 0) return true;
  ++counters_.paused_for_rate;
  pause_for(std::chrono::milliseconds(wait));
  return false;
}

void Listener::count(const Address& peer) {
  const bool free = std::ranges::any_of(options_.without_rate,
                                        [&](const Cidr& block) { return block.contains(peer); });
  if (!free) bucket_.take(1);
}

void Listener::accept_waiting() {
  const std::uint64_t most = counters_.accepted + static_cast<std::uint64_t>(options_.backlog);
  for (std::uint64_t before = ~std::uint64_t{0};
       counters_.accepted != before && counters_.accepted < most;) {
    before = counters_.accepted;
    accept_turn(/*at_any_rate=*/true);
  }
}

void Listener::close() {
  if (closed_) return;
  closed_ = true;
  retry_.close();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_),
           [](uv_handle_t* poll) { static_cast<Listener*>(poll->data)->gone_ = true; });
  const ListenSocket closing = std::move(socket_);
}

}  // namespace waymark::net
