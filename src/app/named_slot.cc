#include "app/named_slot.h"

#include <vector>

#include "base/field_error.h"

namespace waymark::app {
namespace {

// In configured order.
template <typename Settings>
std::string names_of(const std::vector<Settings>& all) {
  std::string names;
  for (const Settings& one : all) names += (names.empty() ? "" : ", ") + one.name;
  return names;
}

}  // namespace

absl::StatusOr<std::size_t> listener_slot(const proxy::Layout& layout,
                                          const proxy::Settings& configured,
                                          const std::string& name, const std::string& field) {
  if (const auto slot = layout.any_listener_slot(name)) return *slot;
  return field_error(field, "there is no listener '{}', known: {}", name,
                     names_of(configured.listeners));
}

absl::StatusOr<std::size_t> pool_slot(const proxy::Layout& layout,
                                      const proxy::Settings& configured, const std::string& name,
                                      const std::string& field) {
  if (const auto slot = layout.any_pool_slot(name)) return *slot;
  return field_error(field, "there is no pool '{}', known: {}", name, names_of(configured.pools));
}

}  // namespace waymark::app
