#include "store/pairs.h"

#include <catch2/catch.hpp>

namespace waymark::store {
namespace {

TEST_CASE("pairs of any bytes come back as they were") {
  const Pairs pairs = GENERATE(Pairs{}, Pairs{{"", ""}}, Pairs{{"room", "blue"}, {"room", "red"}},
                               Pairs{{"a:1,", std::string("\0\xff,3:x,", 8)}},
                               Pairs{{"long", std::string(100'000, 'x')}});
  const auto back = pairs_of(text_of(pairs));
  REQUIRE(back);
  CHECK(*back == pairs);
}

TEST_CASE("are written so that people can read them") {
  CHECK(text_of({{"room", "blue"}}) == "4:room,4:blue,");
}

TEST_CASE("refuses what is not whole") {
  const std::string text =
      GENERATE("4:room,", "4:room,4:blue", "4:room,4:blu,", "4:room,9:blue,", "room", ":,:,",
               "4room,4:blue,", "-1:,1:a,", "99999999999999999999:a,1:b,", "4:room,4:blue,x");
  CAPTURE(text);
  CHECK_FALSE(pairs_of(text));
}

}  // namespace
}  // namespace waymark::store
