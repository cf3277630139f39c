// What a lab is made of, read from lab.yaml.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config_error.h"

namespace waymark::lab {

// The first of each; the others follow. 0: any that are free.
struct PortBases {
  std::uint16_t clients = 7900;
  std::uint16_t upstreams = 7100;
  std::uint16_t admin = 8100;
  std::uint16_t telemetry = 9500;
  std::uint16_t registry = 8200;
  std::uint16_t api = 0;  // of the lab itself
};

struct Plan {
  std::size_t proxies = 1;
  std::size_t upstreams = 3;
  std::chrono::milliseconds average_delay{0};  // answers take half of it to one and a half
  std::string failure_rate = "0%";             // share of the frames that get no answer
  std::string framing = "line";
  std::string reply = "echo";  // or none, upper, template:TEXT
  PortBases ports;
  std::string logs;  // directory; empty: in that of the lab, and gone with it
};

using PlanResult = std::variant<Plan, std::vector<app::ConfigError>>;

// `file` is the name of `text` in errors, which come in its order.
[[nodiscard]] PlanResult parse_plan(std::string_view text, std::string_view file);

// Reads the file at `path`.
[[nodiscard]] PlanResult load_plan(const std::string& path);

}  // namespace waymark::lab
