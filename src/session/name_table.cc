#include "session/name_table.h"

#include <utility>

namespace waymark::session {
namespace {

// A node of the map, and what the way back takes.
constexpr std::size_t kBytesOfName = 160;

std::size_t bytes_of(const PoolKey& key) { return kBytesOfName + key.text.size(); }

}  // namespace

NameTable::Bound NameTable::bind(const PoolKey::View& key, const Mark& mark, const Limits& limits) {
  const auto found = marks_.find(key);
  if (found != marks_.end()) {
    return {found->second == mark ? Outcome::done : Outcome::taken, found->second};
  }
  const auto own = names_.find(mark);
  const std::size_t has = own == names_.end() ? 0 : own->second.size();
  if (marks_.size() >= limits.names || has >= limits.of_one) return {Outcome::too_many, Mark()};
  const Entry entry = marks_.emplace(PoolKey{key.pool, std::string(key.text)}, mark).first;
  names_[mark].push_back(entry);
  bytes_ += bytes_of(entry->first);
  return {Outcome::done, mark};
}

void NameTable::forget(Entry entry) {
  bytes_ -= bytes_of(entry->first);
  marks_.erase(entry);
}

void NameTable::unbind(const PoolKey::View& key, const Mark& mark) {
  const auto found = marks_.find(key);
  if (found == marks_.end() || found->second != mark) return;
  const auto own = names_.find(mark);
  std::erase(own->second, Entry(found));
  if (own->second.empty()) names_.erase(own);
  forget(found);
}

bool NameTable::release(const Mark& mark) {
  const auto own = names_.find(mark);
  if (own == names_.end()) return false;
  for (const Entry entry : own->second) forget(entry);
  names_.erase(own);
  return true;
}

void NameTable::rename(const Mark& old, const Mark& mark) {
  auto own = names_.extract(old);
  if (own.empty()) return;
  for (const Entry entry : own.mapped()) marks_.find(entry->first)->second = mark;
  own.key() = mark;
  names_.insert(std::move(own));
}

void NameTable::move(const Mark& mark, std::uint32_t pool) {
  const std::vector<std::string> names = names_of(mark);
  release(mark);
  const Limits none{.names = SIZE_MAX, .of_one = SIZE_MAX};
  for (const std::string& name : names) bind({pool, name}, mark, none);
}

std::optional<Mark> NameTable::find(const PoolKey::View& key) const {
  const auto found = marks_.find(key);
  if (found == marks_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> NameTable::names_of(const Mark& mark) const {
  std::vector<std::string> names;
  const auto own = names_.find(mark);
  if (own == names_.end()) return names;
  for (const Entry entry : own->second) names.push_back(entry->first.text);
  return names;
}

}  // namespace waymark::session
