#include "waymark/close_reason.h"

#include <catch2/catch.hpp>
#include <set>
#include <string_view>

namespace waymark {
namespace {

TEST_CASE("every close reason has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCloseReasons; ++i) {
    const auto name = name_of(static_cast<CloseReason>(i));
    CHECK_FALSE(name.empty());
    names.insert(name);
  }
  CHECK(names.size() == kCloseReasons);
  CHECK(name_of(CloseReason::slow_consumer) == "SLOW_CONSUMER");
  CHECK(name_of(CloseReason::admin) == "ADMIN");
}

TEST_CASE("a reason of a later version is unspecified") {
  CHECK(name_of(static_cast<CloseReason>(kCloseReasons)) == "UNSPECIFIED");
  CHECK(name_of(static_cast<CloseReason>(255)) == "UNSPECIFIED");
}

}  // namespace
}  // namespace waymark
