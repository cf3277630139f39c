#include "proxy/pool_route.h"

#include <algorithm>

namespace waymark::proxy {
namespace {

bool any_name(const std::vector<std::string>& patterns, std::string_view name) {
  return patterns.empty() || std::ranges::any_of(patterns, [name](const std::string& pattern) {
           return matches_name(pattern, name);
         });
}

}  // namespace

bool matches_name(std::string_view pattern, std::string_view name) {
  if (name.empty()) return false;
  if (pattern.starts_with("*.")) {
    const std::size_t dot = name.find('.');
    if (dot == 0 || dot == std::string_view::npos) return false;
    pattern.remove_prefix(1);
    name.remove_prefix(dot);
  }
  return std::ranges::equal(pattern, name, [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

PoolRoute::Match PoolRoute::match(const Facts& facts) const {
  const bool from = sources.empty() || std::ranges::any_of(sources, [&](const net::Cidr& block) {
                      return block.contains(facts.source);
                    });
  if (!from || !any_name(sni, facts.sni) || !any_name(authority, facts.authority)) return Match::no;
  bool undecided = false;
  for (const std::string& start : starts_with) {
    if (facts.bytes.starts_with(start)) return Match::yes;
    if (facts.more && start.starts_with(facts.bytes)) undecided = true;
  }
  if (undecided) return Match::undecided;
  return starts_with.empty() ? Match::yes : Match::no;
}

}  // namespace waymark::proxy
