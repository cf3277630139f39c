#include "control/directory.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace waymark::control {
absl::Status Directory::may_add(std::string_view id, const UpstreamSpec& spec) const {
  for (const auto& there : all_) {
    if (there->leaving) continue;
    if (there->id == id) {
      return error(absl::StatusCode::kAlreadyExists, "upstream '{}' is there: {} of pool '{}'", id,
                   there->spec.address, there->spec.pool);
    }
    if (same_server(there->spec, spec)) {
      return error(absl::StatusCode::kAlreadyExists,
                   "{} of pool '{}' is there as upstream '{}' (source: {})", spec.address,
                   spec.pool, there->id, name_of(there->source));
    }
  }
  if (!free_index()) {
    return error(absl::StatusCode::kResourceExhausted,
                 "there are {} upstreams, as many as limits.max_upstreams allows", capacity_);
  }
  return absl::OkStatus();
}

absl::StatusOr<Upstream*> Directory::add(Upstream upstream) {
  if (absl::Status may = may_add(upstream.id, upstream.spec); !may.ok()) return may;
  upstream.index = *free_index();
  return all_.emplace_back(std::make_unique<Upstream>(std::move(upstream))).get();
}

Upstream* Directory::find(std::string_view id) {
  const auto at = std::find_if(all_.begin(), all_.end(), [id](const auto& upstream) {
    return upstream->id == id && !upstream->leaving;
  });
  return at == all_.end() ? nullptr : at->get();
}

Upstream* Directory::find(const UpstreamSpec& spec) {
  const auto at = std::find_if(all_.begin(), all_.end(), [&](const auto& upstream) {
    return same_server(upstream->spec, spec) && !upstream->leaving;
  });
  return at == all_.end() ? nullptr : at->get();
}

Upstream* Directory::at(std::uint32_t index) {
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [index](const auto& upstream) { return upstream->index == index; });
  return at == all_.end() ? nullptr : at->get();
}

void Directory::erase(std::uint32_t index) {
  std::erase_if(all_, [index](const auto& upstream) { return upstream->index == index; });
}

std::optional<std::uint32_t> Directory::free_index() const {
  if (all_.size() >= capacity_) return std::nullopt;
  std::vector<bool> used(all_.size() + 1);
  for (const auto& upstream : all_) {
    if (upstream->index < used.size()) used[upstream->index] = true;
  }
  return static_cast<std::uint32_t>(std::find(used.begin(), used.end(), false) - used.begin());
}

}  // namespace waymark::control
