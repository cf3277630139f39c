// Connections of listeners that want a PROXY header, until it has come. Control thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string_view>

#include "net/listener.h"
#include "net/loop.h"
#include "net/preface.h"
#include "proxy/arrival.h"
#include "proxy/layout.h"
#include "proxy/snapshot.h"

namespace waymark::proxy {

class Porch {
 public:
  using OnArrival = std::function<void(Arrival)>;
  Porch(net::Loop& loop, OnArrival on_arrival) : loop_(loop), on_arrival_(std::move(on_arrival)) {}

  // Somebody has connected to `listener`. Whoever needs no header arrives at once.
  void take(const ListenerContext& listener, net::Accepted accepted);
  // Closes those whose header has not come: all, or those of listeners that are not open any more.
  void close();
  void close_those_of_closed(const Layout& layout);

  // Any thread.
  [[nodiscard]] std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  [[nodiscard]] ProxyHeaderCounts counts() const;

 private:
  struct Guest {
    Arrival arrival;
    std::unique_ptr<net::Preface> preface;
  };
  using Place = std::list<Guest>::iterator;

  [[nodiscard]] static net::Preface::Verdict look(Guest& guest, std::string_view bytes);
  void leave(Place place, net::Preface::End end, int fd);
  void count(ProxyHeaderResult result);

  net::Loop& loop_;
  const OnArrival on_arrival_;
  std::list<Guest> guests_;
  std::atomic<std::size_t> waiting_{0};
  std::array<std::atomic<std::uint64_t>, kProxyHeaderResults> counts_{};
};

}  // namespace waymark::proxy
