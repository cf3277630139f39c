// Ports of the loopback that are free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace waymark::lab {

// Finds ports, each once; they stay free for the processes they are for.
class PortFinder {
 public:
  PortFinder() = default;
  PortFinder(const PortFinder&) = delete;
  PortFinder& operator=(const PortFinder&) = delete;
  ~PortFinder();

  // `count` ports from `base` on, or any if that is 0. `setting`, "ports.clients", is what the
  // error names for a port that somebody listens on, or that was found before.
  [[nodiscard]] absl::StatusOr<std::vector<std::uint16_t>> find(std::uint16_t base,
                                                                std::size_t count,
                                                                std::string_view setting);

 private:
  struct Found {
    std::uint16_t port;
    std::string setting;
  };

  // The port that `fd` has now: `port`, or any if that is 0.
  [[nodiscard]] absl::StatusOr<std::uint16_t> bind(int fd, std::uint16_t port) const;

  std::vector<int> held_;
  std::vector<Found> found_;
};

}  // namespace waymark::lab
