#include "app/page_token.h"

#include <catch2/catch.hpp>
#include <limits>

#include "base/status.h"

namespace waymark::app {
namespace {

using proxy::ListKey;
using proxy::ListPlace;

constexpr const char* kMark = "00112233-4455-6677-8899-aabbccddeeff";
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

constexpr ListKey kKeys[] = {ListKey::mark,       ListKey::peer,       ListKey::listener,
                             ListKey::upstream,   ListKey::state,      ListKey::opened,
                             ListKey::last_frame, ListKey::frames_up,  ListKey::frames_down,
                             ListKey::bytes_up,   ListKey::bytes_down, ListKey::queued,
                             ListKey::outstanding};

ListPlace place_at(absl::uint128 rank) { return {.rank = rank, .mark = *Mark::parse(kMark)}; }

TEST_CASE("a place in a list comes back from its token, whatever its order") {
  for (const ListKey key : kKeys) {
    for (const absl::uint128 rank :
         {absl::uint128(0), absl::uint128(1), absl::uint128(kMost), absl::MakeUint128(1, 0),
          absl::MakeUint128(kMost, 7), absl::Uint128Max()}) {
      const ListPlace place = place_at(key == ListKey::mark ? 0 : rank);
      const std::string token = page_token_of(place, key);
      CAPTURE(token);
      const auto found = place_of(token, key);
      REQUIRE(found);
      CHECK(found->rank == place.rank);
      CHECK(found->mark == place.mark);
    }
  }
}

TEST_CASE("a place in a list by mark is the mark") {
  CHECK(page_token_of(place_at(0), ListKey::mark) == kMark);
}

TEST_CASE("a token belongs to lists by mark, or to those by something else") {
  CHECK_FALSE(place_of(page_token_of(place_at(5), ListKey::mark), ListKey::opened));
  CHECK_FALSE(place_of(page_token_of(place_at(5), ListKey::opened), ListKey::mark));
}

TEST_CASE("a token of no place is refused") {
  const std::string mark = kMark;
  for (const std::string& token : {std::string(),
                                   std::string("x"),
                                   "." + mark,
                                   "1." + mark,
                                   "1.." + mark,
                                   ".2." + mark,
                                   "1.2.3." + mark,
                                   "1.2" + mark,
                                   "1:2:" + mark,
                                   "-1.2." + mark,
                                   "+1.2." + mark,
                                   " 1.2." + mark,
                                   "1.g." + mark,
                                   "0x1.2." + mark,
                                   "10000000000000000.2." + mark,
                                   "1.10000000000000000." + mark,
                                   std::string("1.2."),
                                   std::string("1.2"),
                                   "1.2." + mark + "0",
                                   "1.2." + mark.substr(1),
                                   "1.2." + mark + "."}) {
    CAPTURE(token);
    CHECK_FALSE(place_of(token, ListKey::bytes_up));
  }
  for (const std::string& token : {std::string(), std::string("x"), mark + "0", mark.substr(1)}) {
    CAPTURE(token);
    CHECK_FALSE(place_of(token, ListKey::mark));
  }
}

TEST_CASE("a name and its pool come back from their token, whatever is in the name") {
  for (const std::uint32_t pool : {0U, 7U, std::numeric_limits<std::uint32_t>::max()}) {
    for (const std::string text : {"alice", "a:b", ":", "7:7", "", " ", "\xc3\xa9t\xc3\xa9"}) {
      const std::string token = page_token_of(pool, text);
      CAPTURE(token);
      const auto key = pool_key_of(token);
      REQUIRE(key);
      CHECK(key->pool == pool);
      CHECK(key->text == text);
    }
  }
}

TEST_CASE("a token of no pool is refused") {
  for (const char* token : {"", ":", ":a", "a", "7", "a:b", "-1:a", "+1:a", " 1:a", "1 :a", "f:a",
                            "4294967296:a", "1.2:a"}) {
    CAPTURE(token);
    CHECK_FALSE(pool_key_of(token));
  }
}

TEST_CASE("who brings a foreign token is told which field it was") {
  const absl::Status status = foreign_token("x");
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(message_of(status) == "page_token: 'x' is none of this server's");
}

}  // namespace
}  // namespace waymark::app
