// Any text is a configuration or a list of errors, found within bounds of time and memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark::app;
  static const Machine machine{
      .variable = [](const std::string& name) -> std::optional<std::string> {
        if (name == "A") return "127.0.0.1:1";
        return std::nullopt;
      },
      .memory_bytes = 1 << 30,
      .host_name = "fuzz"};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ConfigResult result = parse_config(text, "fuzz.yaml", machine);
  if (result.ok()) {
    if (result.config().proxy.listeners.empty()) std::abort();
  } else if (to_string(result.errors()).empty()) {
    std::abort();
  }
  return 0;
}
