// A search for a client's key, with the rules it was begun with: a reload may bring others.
#pragma once

#include <memory>

#include "identity/search.h"
#include "proxy/settings.h"

namespace waymark::proxy {

struct KeySearch {
  std::shared_ptr<const ListenerSettings> rules;
  identity::Search search;  // refers to `rules`
};

}  // namespace waymark::proxy
