// What a configuration may take from the machine it is read on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace waymark::app {

struct Machine {
  std::function<std::optional<std::string>(const std::string& name)> variable;  // ${NAME}
  std::uint64_t memory_bytes = 0;  // the RAM, or the limit of the cgroup where that is less
  std::string host_name;

  // The one this process runs on. Its `variable` reads the environment when it is called.
  [[nodiscard]] static Machine current();
};

}  // namespace waymark::app
