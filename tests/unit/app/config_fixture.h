// A machine of known properties, and configurations to vary.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"

namespace waymark::app {

inline Machine machine_with(std::map<std::string, std::string> variables) {
  return {.variable = [variables](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
          },
          .memory_bytes = 1'000'000'000,
          .host_name = "testhost"};
}

inline ConfigResult parse(std::string_view text,
                          std::map<std::string, std::string> variables = {}) {
  return parse_config(text, "waymark.yaml", machine_with(std::move(variables)));
}

// The errors of `text` as they are printed, one a line; empty if there are none.
inline std::string errors_of(std::string_view text,
                             std::map<std::string, std::string> variables = {}) {
  const ConfigResult result = parse(text, std::move(variables));
  return result.ok() ? "" : to_string(result.errors());
}

// The least that works: lines 1 to 4.
inline constexpr std::string_view kLeast =
    "listeners:\n"
    "  - { name: a, bind: 127.0.0.1:7999, pool: p }\n"
    "pools:\n"
    "  - { name: p, upstreams: [127.0.0.1:7001] }\n";

// The least, with `extra` from line 5 on.
inline std::string least_and(std::string_view extra) { return std::string(kLeast).append(extra); }

// A listener of name, bind and pool with `extra` inside, beginning on line 5.
inline std::string listener_with(std::string_view extra) {
  return std::string(
             "pools:\n"
             "  - name: p\n"
             "listeners:\n"
             "  - { name: a, bind: 127.0.0.1:7999, pool: p,\n")
      .append(extra)
      .append(" }\n");
}

}  // namespace waymark::app
