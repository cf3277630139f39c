#include "route/picker.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace waymark::route {
namespace {

// Written out here, because every proxy of every version has to agree: FNV-1a, and the finaliser of
// splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Rendezvous hashing with weights: the member with the least of these is the mark's home, and one
// that comes or goes moves no mark between two others.
double distance(std::uint64_t mark_hash, std::uint64_t key, std::uint32_t weight) {
  const double uniform = (static_cast<double>(mixed(mark_hash ^ key) >> 11) + 0.5) * 0x1p-53;
  return -std::log(uniform) / weight;
}

}  // namespace

std::vector<std::int64_t> Picker::shares_of(const std::vector<Ready>& members) {
  std::uint32_t common = 0;
  for (const Ready& member : members) common = std::gcd(common, member.weight);
  std::vector<std::int64_t> shares;
  std::int64_t sum = 0;
  for (const Ready& member : members) sum += shares.emplace_back(member.weight / common);
  for (std::int64_t& share : shares) {
    if (sum > kMostTurns) share = std::max<std::int64_t>(1, share * kMostTurns / sum);
  }
  return shares;
}

void Picker::set(const Member& member) {
  turns_.clear();
  const auto at = std::lower_bound(
      members_.begin(), members_.end(), member.upstream,
      [](const Ready& ready, std::size_t upstream) { return ready.upstream < upstream; });
  const Ready ready{member.upstream, hash_of(member.address), member.weight};
  if (at != members_.end() && at->upstream == member.upstream) {
    *at = ready;
  } else {
    members_.insert(at, ready);
  }
}

void Picker::remove(std::size_t upstream) {
  turns_.clear();
  std::erase_if(members_, [upstream](const Ready& ready) { return ready.upstream == upstream; });
}

// The smooth weighted round robin known from nginx: each turn every member gains its weight, and
// the one that has gained most pays the sum of all and takes the turn.
void Picker::plan_turns() const {
  const std::vector<std::int64_t> shares = shares_of(members_);
  std::vector<std::int64_t> gained(members_.size());
  const std::int64_t sum = std::accumulate(shares.begin(), shares.end(), std::int64_t{0});
  for (std::int64_t turn = 0; turn < sum; ++turn) {
    for (std::size_t i = 0; i < members_.size(); ++i) gained[i] += shares[i];
    const auto most = std::max_element(gained.begin(), gained.end());
    *most -= sum;
    turns_.push_back(static_cast<std::uint32_t>(most - gained.begin()));
  }
}

std::optional<std::size_t> Picker::pick(std::uint64_t ticket, const Mark& mark,
                                        ConnectionsOf connections) const {
  if (members_.empty()) return std::nullopt;
  switch (balance_) {
    case Balance::round_robin:
      break;
    case Balance::least_connections:
      return least_connected(ticket, connections).upstream;
    case Balance::mark_hash:
      return home_of(mark).upstream;
  }
  if (turns_.empty()) plan_turns();
  return members_[turns_[ticket % turns_.size()]].upstream;
}

const Picker::Ready& Picker::least_connected(std::uint64_t ticket,
                                             ConnectionsOf connections) const {
  const Ready* least = nullptr;
  std::size_t least_load = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Ready& member = members_[(ticket + i) % members_.size()];
    const std::size_t load = connections(member.upstream);
    if (least == nullptr || load * least->weight < least_load * member.weight) {
      least = &member;
      least_load = load;
    }
  }
  return *least;
}

const Picker::Ready& Picker::home_of(const Mark& mark) const {
  const std::uint64_t hash = mixed(hash_of(mark.bytes()));
  const Ready* nearest = nullptr;
  double least = 0;
  for (const Ready& member : members_) {
    const double away = distance(hash, member.key, member.weight);
    if (nearest != nullptr && away >= least) continue;
    nearest = &member;
    least = away;
  }
  return *nearest;
}

}  // namespace waymark::route
