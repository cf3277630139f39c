// All upstreams of all pools: found by id, by index or by what they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "control/upstream.h"

namespace waymark::control {

class Directory {
 public:
  // `capacity`: indices, those of upstreams that are leaving included.
  explicit Directory(std::size_t capacity) : capacity_(capacity) {}

  // Gives it an index and takes it in. ResourceExhausted when there is none left; AlreadyExists,
  // naming which, for an id or a pool, address and metadata that are there and not leaving.
  [[nodiscard]] absl::StatusOr<Upstream*> add(Upstream upstream);
  // Whether add() would.
  [[nodiscard]] absl::Status may_add(std::string_view id, const UpstreamSpec& spec) const;

  void set_capacity(std::size_t capacity) { capacity_ = capacity; }

  // Those that are leaving are found by index alone.
  [[nodiscard]] Upstream* find(std::string_view id);
  [[nodiscard]] Upstream* find(const UpstreamSpec& spec);
  [[nodiscard]] Upstream* at(std::uint32_t index);

  // The index may be given again.
  void erase(std::uint32_t index);

  // In the order they were added; erase() ends the references.
  [[nodiscard]] const std::vector<std::unique_ptr<Upstream>>& all() const { return all_; }

 private:
  [[nodiscard]] std::optional<std::uint32_t> free_index() const;

  std::size_t capacity_;
  std::vector<std::unique_ptr<Upstream>> all_;
};

}  // namespace waymark::control
