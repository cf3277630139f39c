// A text that means something in one pool: the name of a connection, or a group.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

namespace waymark::session {

struct PoolKey {
  std::uint32_t pool = 0;  // its slot
  std::string text;

  // By pool, then text. Finds by views too, so that a look-up copies nothing.
  struct View {
    std::uint32_t pool = 0;
    std::string_view text;
  };
  struct Order {
    using is_transparent = void;
    static View view(const PoolKey& key) { return {key.pool, key.text}; }
    static View view(const View& key) { return key; }
    bool operator()(const auto& a, const auto& b) const {
      const View left = view(a);
      const View right = view(b);
      return std::tie(left.pool, left.text) < std::tie(right.pool, right.text);
    }
  };
};

}  // namespace waymark::session
