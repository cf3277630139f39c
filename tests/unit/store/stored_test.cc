#include "store/stored.h"

#include <catch2/catch.hpp>

#include "scratch.h"

namespace waymark::store {
namespace {

TEST_CASE("put adds at the end and replaces in place, erase takes out, twice is as once") {
  StoredState state;
  for (int times = 0; times < 2; ++times) {
    apply(PutUpstream{added("a")}, state);
    apply(PutUpstream{added("b")}, state);
    apply(PutOverride{{.upstream_id = "f", .weight = 3}}, state);
    apply(PutSetting{setting("log.level", "debug")}, state);
  }
  CHECK(state.upstreams == std::vector{added("a"), added("b")});
  CHECK(state.overrides == std::vector{StoredOverride{.upstream_id = "f", .weight = 3}});
  CHECK(state.settings == std::vector{setting("log.level", "debug")});

  StoredUpstream changed = added("a");
  changed.weight = 9;
  apply(PutUpstream{changed}, state);
  CHECK(state.upstreams == std::vector{changed, added("b")});

  for (int times = 0; times < 2; ++times) {
    apply(EraseUpstream{"a"}, state);
    apply(EraseOverride{"f"}, state);
    apply(EraseSetting{"log.level"}, state);
  }
  CHECK(state == StoredState{.upstreams = {added("b")}});
}

}  // namespace
}  // namespace waymark::store
