#include "ctl/url.h"

#include <catch2/catch.hpp>

namespace waymark::ctl {
namespace {

TEST_CASE("reads where the admin API is") {
  CHECK(parse_base_url("http://127.0.0.1:8000").value() == "http://127.0.0.1:8000");
  CHECK(parse_base_url("127.0.0.1:8000").value() == "http://127.0.0.1:8000");
  CHECK(parse_base_url("https://host/behind/this//").value() == "https://host/behind/this");
  CHECK(parse_base_url("[::1]:8000/").value() == "http://[::1]:8000");
}

TEST_CASE("refuses what is not such a place") {
  for (const char* text :
       {"", "http://", "ftp://host", "file:///etc/passwd", "http://u:p@host", "http://host?x=1",
        "http://host#x", "http://ho st", ":8000", "http://host\r\nX: y", "http://h\xc3\xa4"}) {
    INFO(text);
    const auto url = parse_base_url(text);
    REQUIRE(absl::IsInvalidArgument(url.status()));
    CHECK(url.status().message().find('\n') == absl::string_view::npos);
  }
}

TEST_CASE("encodes what would mean something else in a path") {
  CHECK(url_encoded("a-b_c.d~9") == "a-b_c.d~9");
  CHECK(url_encoded("10.0.0.1:80/x?y#z%") == "10.0.0.1%3A80%2Fx%3Fy%23z%25");
  CHECK(url_encoded("..") == "%2E%2E");
  CHECK(url_encoded("\xc3\xa4\n") == "%C3%A4%0A");
}

TEST_CASE("leaves empty parameters out") {
  CHECK(query_string({}).empty());
  CHECK(query_string({{"a", ""}, {"b", ""}}).empty());
  CHECK(query_string({{"a", "1"}, {"b", ""}, {"c", "x y"}}) == "?a=1&c=x%20y");
}

}  // namespace
}  // namespace waymark::ctl
