#include "store/stored.h"

#include <algorithm>
#include <string_view>

namespace waymark::store {
namespace {

template <typename Entry>
void put(const Entry& entry, std::vector<Entry>& entries) {
  const auto old = std::find_if(entries.begin(), entries.end(), [&entry](const Entry& other) {
    return key_of(other) == key_of(entry);
  });
  if (old == entries.end()) {
    entries.push_back(entry);
  } else {
    *old = entry;
  }
}

template <typename Entry>
void erase(std::string_view key, std::vector<Entry>& entries) {
  std::erase_if(entries, [key](const Entry& entry) { return key_of(entry) == key; });
}

struct Applier {
  StoredState& state;

  void operator()(const PutUpstream& change) { put(change.upstream, state.upstreams); }
  void operator()(const EraseUpstream& change) { erase(change.id, state.upstreams); }
  void operator()(const PutOverride& change) { put(change.entry, state.overrides); }
  void operator()(const EraseOverride& change) { erase(change.upstream_id, state.overrides); }
  void operator()(const PutSetting& change) { put(change.setting, state.settings); }
  void operator()(const EraseSetting& change) { erase(change.path, state.settings); }
  void operator()(const PutDeadLetter& change) {
    state.dead_letters.insert_or_assign(change.letter->id, change.letter);
  }
  void operator()(const EraseDeadLetters& change) {
    for (const std::uint64_t id : change.ids) state.dead_letters.erase(id);
  }
};

bool same(const DeadLetterMap& one, const DeadLetterMap& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const auto& a, const auto& b) { return *a.second == *b.second; });
}

}  // namespace

bool StoredState::operator==(const StoredState& other) const {
  return upstreams == other.upstreams && overrides == other.overrides &&
         settings == other.settings && same(dead_letters, other.dead_letters);
}

void apply(const Change& change, StoredState& state) { std::visit(Applier{state}, change); }

}  // namespace waymark::store
