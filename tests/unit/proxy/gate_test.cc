#include "proxy/gate.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

using enum Admission::Verdict;

const net::Address kSource = *net::Address::from_numeric("192.0.2.1", 1);
constexpr std::uint64_t kNow = 1'000'000;

// Two listeners, of which the second lets one connection of each source in.
Layout two_listeners() {
  Layout layout;
  for (const std::size_t most : {0, 1}) {
    ListenerSettings settings;
    settings.admission.max_connections_per_source = most;
    layout.listeners.push_back({.settings = std::make_shared<const ListenerSettings>(settings),
                                .index = layout.listeners.size()});
  }
  return layout;
}

TEST_CASE("each listener has its own limits and counts") {
  Gate gate;
  gate.set_rules(two_listeners());
  CHECK(gate.admit(0, kSource, kNow).verdict == uncounted);
  CHECK(gate.admit(1, kSource, kNow).verdict == counted);
  CHECK(gate.admit(1, kSource, kNow).verdict == per_source);
  CHECK(gate.admit(0, kSource, kNow).verdict == uncounted);
  CHECK(gate.counts(0).connections == 0);
  CHECK(gate.counts(1).connections == 1);
  CHECK(gate.counts(1).sources == 1);
  CHECK(gate.counts(1).refused_per_source == 1);
  CHECK(gate.counts(1).refused_per_prefix == 0);
  gate.leave(1, kSource);
  CHECK(gate.counts(1).connections == 0);
}

TEST_CASE("a reload takes nothing off the counts") {
  Gate gate;
  gate.set_rules(two_listeners());
  CHECK(gate.admit(1, kSource, kNow).verdict == counted);
  gate.set_rules(two_listeners());
  CHECK(gate.admit(1, kSource, kNow).verdict == per_source);
}

TEST_CASE("a flood of refusals is told in few lines, which leave none out") {
  Gate gate;
  gate.set_rules(two_listeners());
  CHECK(gate.admit(1, kSource, kNow).to_tell == 0);
  CHECK(gate.admit(1, kSource, kNow).to_tell == 1);
  for (int i = 0; i < 50; ++i) CHECK(gate.admit(1, kSource, kNow + 5).to_tell == 0);
  CHECK(gate.admit(1, kSource, kNow + Gate::kBetweenLines - 1).to_tell == 0);
  CHECK(gate.admit(1, kSource, kNow + Gate::kBetweenLines).to_tell == 52);
  CHECK(gate.admit(1, kSource, kNow + Gate::kBetweenLines).to_tell == 0);
}

}  // namespace
}  // namespace waymark::proxy
