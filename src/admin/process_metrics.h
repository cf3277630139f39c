// What the kernel knows of this process, under the names that Prometheus' own client libraries use
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#standard-and-runtime-collectors).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waymark::admin {

// Of proc_pid_stat(5), in its units.
struct ProcessStat {
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since the machine started
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

// nullopt for what is no such line.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view line);

class ProcessMetrics {
 public:
  ProcessMetrics();

  // The text of all of them; what cannot be read is left out. Any thread.
  [[nodiscard]] std::string text() const;

 private:
  // Worked out once: a clock that is set would make it look like a restart.
  std::optional<double> start_seconds_;  // since 1970
};

}  // namespace waymark::admin
