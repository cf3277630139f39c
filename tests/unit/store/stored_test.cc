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
    apply(PutDeadLetter{dead_letter(2)}, state);
    apply(PutDeadLetter{dead_letter(1)}, state);
  }
  CHECK(state.upstreams == std::vector{added("a"), added("b")});
  CHECK(state.overrides == std::vector{StoredOverride{.upstream_id = "f", .weight = 3}});
  CHECK(state.settings == std::vector{setting("log.level", "debug")});

  CHECK(state.dead_letters.size() == 2);
  CHECK(*state.dead_letters.at(2) == *dead_letter(2));

  StoredUpstream changed = added("a");
  changed.weight = 9;
  apply(PutUpstream{changed}, state);
  CHECK(state.upstreams == std::vector{changed, added("b")});

  for (int times = 0; times < 2; ++times) {
    apply(EraseUpstream{"a"}, state);
    apply(EraseOverride{"f"}, state);
    apply(EraseSetting{"log.level"}, state);
    apply(EraseDeadLetters{{2, 1}}, state);
  }
  CHECK(state == StoredState{.upstreams = {added("b")}});
}

TEST_CASE("states are the same if their dead letters are, wherever those lie") {
  const StoredState one{.dead_letters = {{1, dead_letter(1)}}};
  CHECK(one == StoredState{.dead_letters = {{1, dead_letter(1)}}});
  CHECK_FALSE(one == StoredState{.dead_letters = {{1, dead_letter(1, "other")}}});
  CHECK_FALSE(one == StoredState{});
  CHECK_FALSE(StoredState{} == one);
}

}  // namespace
}  // namespace waymark::store
