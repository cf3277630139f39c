// Which upstreams know which connections, where a connection's frames go to several: an upstream
// has a seat for a connection from its Opened to its Closed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "waymark/mark.h"

namespace waymark::session {

class Seats {
 public:
  // True: the upstream did not know the connection, and is to be told of it now.
  [[nodiscard]] bool take(const Mark& mark, std::uint32_t upstream);
  [[nodiscard]] bool has(const Mark& mark, std::uint32_t upstream) const;
  // The upstreams that know the connection.
  [[nodiscard]] std::vector<std::uint32_t> of(const Mark& mark) const;
  // The connections this upstream knows.
  [[nodiscard]] std::vector<Mark> at(std::uint32_t upstream) const;
  [[nodiscard]] std::size_t count_at(std::uint32_t upstream) const;
  // It was sent this frame.
  void sent(const Mark& mark, std::uint32_t upstream, std::uint64_t seq);
  // Some upstream that knows the connection was sent its frame `seq`.
  [[nodiscard]] bool saw(const Mark& mark, std::uint64_t seq) const;

  // The connection has another mark, by which no upstream knows any.
  void rename(const Mark& from, const Mark& to);
  // False: it had none.
  bool leave(const Mark& mark, std::uint32_t upstream);
  // All upstreams that knew the connection, which are to be told of its end.
  [[nodiscard]] std::vector<std::uint32_t> leave_all(const Mark& mark);
  // The upstream is gone, with all it knew.
  void forget(std::uint32_t upstream);

  // The client has ended its direction: the upstreams that are to be told, each once.
  [[nodiscard]] std::vector<std::uint32_t> tell_half_closed(const Mark& mark);
  // The upstream wants to send this client nothing more.
  void half_close(const Mark& mark, std::uint32_t upstream);
  // It gets one more frame: what was said of the ends of both directions is to be said again.
  void owes(const Mark& mark, std::uint32_t upstream);
  // Every upstream that knows the connection wants to send nothing more; true if none knows it.
  [[nodiscard]] bool all_half_close(const Mark& mark) const;

 private:
  // Those from one to the other.
  struct Frames {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  struct Seat {
    std::uint32_t upstream = 0;
    std::vector<Frames> sent;  // in the order they were begun
    bool told_half_closed = false;
    bool half_closes = false;
  };
  absl::flat_hash_map<Mark, std::vector<Seat>> seats_;
  std::vector<std::size_t> counts_;  // by upstream
};

}  // namespace waymark::session
