#include "session/group_table.h"

#include <algorithm>
#include <utility>

namespace waymark::session {
namespace {

constexpr std::size_t kBytesOfGroup = 128;
constexpr std::size_t kBytesOfMember = 64;  // with the way back

auto place_of(auto& members, const Mark& mark) {
  return std::lower_bound(
      members.begin(), members.end(), mark,
      [](const Member& member, const Mark& sought) { return member.mark < sought; });
}

}  // namespace

bool GroupTable::join(const PoolKey::View& key, const Member& member, const Limits& limits) {
  Entry entry = groups_.find(key);
  const bool is_new = entry == groups_.end();
  if (!is_new) {
    const auto at = place_of(entry->second, member.mark);
    if (at != entry->second.end() && at->mark == member.mark) return true;
  }
  const auto own = groups_of_.find(member.mark);
  if (own != groups_of_.end() && own->second.size() >= limits.of_one) return false;
  if (limits.of_one == 0 || (is_new && groups_.size() >= limits.groups)) return false;
  if (is_new) {
    entry = groups_.try_emplace(PoolKey{key.pool, std::string(key.text)}).first;
    text_bytes_ += key.text.size();
  }
  entry->second.insert(place_of(entry->second, member.mark), member);
  groups_of_[member.mark].push_back(entry);
  ++memberships_;
  return true;
}

void GroupTable::remove(Entry entry, const Mark& mark) {
  entry->second.erase(place_of(entry->second, mark));
  --memberships_;
  if (!entry->second.empty()) return;
  text_bytes_ -= entry->first.text.size();
  groups_.erase(entry);
}

void GroupTable::leave(const PoolKey::View& key, const Mark& mark) {
  const auto own = groups_of_.find(mark);
  if (own == groups_of_.end()) return;
  const Entry entry = groups_.find(key);
  if (entry == groups_.end() || std::erase(own->second, entry) == 0) return;
  if (own->second.empty()) groups_of_.erase(own);
  remove(entry, mark);
}

bool GroupTable::release(const Mark& mark) {
  const auto own = groups_of_.find(mark);
  if (own == groups_of_.end()) return false;
  for (const Entry entry : own->second) remove(entry, mark);
  groups_of_.erase(own);
  return true;
}

void GroupTable::rename(const Mark& old, const Mark& mark) {
  const auto own = groups_of_.find(old);
  if (own == groups_of_.end()) return;
  std::vector<std::pair<PoolKey, Member>> places;
  for (const Entry entry : own->second) {
    places.emplace_back(entry->first, *place_of(entry->second, old));
  }
  release(old);
  const Limits none{.groups = SIZE_MAX, .of_one = SIZE_MAX};
  for (auto& [key, member] : places) {
    member.mark = mark;
    (void)join({key.pool, key.text}, member, none);
  }
}

void GroupTable::move(const Mark& mark, std::uint32_t pool) {
  const auto own = groups_of_.find(mark);
  if (own == groups_of_.end()) return;
  std::vector<std::pair<std::string, Member>> places;
  for (const Entry entry : own->second) {
    places.emplace_back(entry->first.text, *place_of(entry->second, mark));
  }
  release(mark);
  const Limits none{.groups = SIZE_MAX, .of_one = SIZE_MAX};
  for (const auto& [group, member] : places) (void)join({pool, group}, member, none);
}

const std::vector<Member>& GroupTable::members(const PoolKey::View& key) const {
  static const std::vector<Member> kNobody;
  const auto found = groups_.find(key);
  return found == groups_.end() ? kNobody : found->second;
}

std::vector<std::string> GroupTable::groups_of(const Mark& mark) const {
  std::vector<std::string> groups;
  const auto own = groups_of_.find(mark);
  if (own == groups_of_.end()) return groups;
  for (const Entry entry : own->second) groups.push_back(entry->first.text);
  return groups;
}

std::size_t GroupTable::bytes() const {
  return groups_.size() * kBytesOfGroup + memberships_ * kBytesOfMember + text_bytes_;
}

}  // namespace waymark::session
