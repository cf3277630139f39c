// Which of a listener's connections go to another pool than the listener's own. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/cidr.h"

namespace waymark::proxy {

// A condition holds if one of its values does; an empty one always. A route holds if all conditions
// do, and the first that holds is taken.
struct PoolRoute {
  std::string pool;
  std::vector<std::string> sni;        // in lower case; "*.example" is any one label before it
  std::vector<std::string> authority;  // of the PROXY header, the same
  std::vector<net::Cidr> sources;
  std::vector<std::string> starts_with;

  enum class Match : std::uint8_t { yes, no, undecided };
  // What is known of a connection. `bytes`: the first that have come; `more`: others may follow.
  struct Facts {
    std::string_view sni;
    std::string_view authority;
    net::Address source;
    std::string_view bytes;
    bool more = false;
  };
  [[nodiscard]] Match match(const Facts& facts) const;
};

// Whether `name`, in any case, is `pattern` or one of those it stands for.
[[nodiscard]] bool matches_name(std::string_view pattern, std::string_view name);

}  // namespace waymark::proxy
