#include "admin/event_source.h"

#include <fmt/format.h>

#include <algorithm>

namespace waymark::admin {

std::string event_text(std::string_view type, std::string_view json,
                       std::optional<std::uint64_t> id) {
  while (json.ends_with('\n')) json.remove_suffix(1);
  const std::string first = id ? fmt::format("id: {}\n", *id) : "";
  return fmt::format("{}event: {}\ndata: {}\n\n", first, type, json);
}

std::string EventSource::next(std::size_t most) {
  if (begun_.empty()) begun_ = gather(most);
  const std::size_t size = std::min(most, begun_.size());
  std::string bytes = begun_.substr(0, size);
  begun_.erase(0, size);
  return bytes;
}

}  // namespace waymark::admin
