#include "app/config_machine.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

namespace waymark::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

std::uint64_t limit_in(const fs::path& file) {
  std::ifstream in(file);
  std::string text;
  std::uint64_t bytes = kNoLimit;
  if (in >> text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (error != std::errc()) return kNoLimit;  // "max"
  }
  return bytes;
}

// Every cgroup above ours limits us too, so the least limit on the way to the root counts.
std::uint64_t cgroup_limit() {
  const fs::path root = "/sys/fs/cgroup";
  std::uint64_t limit = limit_in(root / "memory/memory.limit_in_bytes");  // version 1
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("0::/")) continue;
    for (fs::path group = line.substr(4);; group = group.parent_path()) {
      limit = std::min(limit, limit_in(root / group / "memory.max"));
      if (group.empty()) break;
    }
  }
  return limit;
}

std::uint64_t physical_memory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  return name.data();
}

}  // namespace

Machine Machine::current() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
          },
          .memory_bytes = std::min(physical_memory(), cgroup_limit()),
          .host_name = app::host_name()};
}

}  // namespace waymark::app
