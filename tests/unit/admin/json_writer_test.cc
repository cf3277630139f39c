#include "admin/json_writer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "waymark/admin/v1/admin.pb.h"

namespace waymark::admin {
namespace {

namespace api = ::waymark::admin::v1;

std::string written(const google::protobuf::Message& message) {
  std::string text = "before ";
  append_json(text, message);
  REQUIRE(text.starts_with("before "));
  return text.substr(7);
}

TEST_CASE("messages are written field by field") {
  CHECK(written(api::PoolList()) == R"({"pools":[]})");
  CHECK(written(api::UpstreamChange()) == "{}");  // nothing but what may be left out
  api::ReloadDone done;
  done.add_changed("a");
  done.add_changed("b");
  CHECK(written(done) == R"({"changed":["a","b"]})");
  api::Error error;
  error.set_code("x");
  error.add_details()->set_field("f");
  CHECK(written(error) == R"({"code":"x","message":"","details":[{"field":"f","problem":""}]})");
  api::ActionDone action;
  action.set_mark("m");
  CHECK(written(action) == R"({"mark":"m"})");
}

TEST_CASE("maps are written by key") {
  api::ConfigChange change;
  (*change.mutable_set())["b"] = "2";
  (*change.mutable_set())["a"] = "1";
  CHECK(nlohmann::ordered_json::parse(written(change))["set"].dump() == R"({"a":"1","b":"2"})");
  CHECK(nlohmann::json::parse(written(api::ConfigChange()))["set"].dump() == "{}");
}

TEST_CASE("any text comes back as it was, in the escapes of any other writer") {
  std::minstd_rand dice(1);
  constexpr std::string_view kOdd[] = {"\"", "\\", "/", "\x7f", "é", "日", "🚀", "\u2028"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto left = dice() % 12; left > 0; --left) {
      if (dice() % 2 == 0) {
        text += static_cast<char>(dice() % 0x80);
      } else {
        text += kOdd[dice() % std::size(kOdd)];
      }
    }
    api::ActionDone action;
    action.set_mark(text);
    CHECK(written(action) == nlohmann::json{{"mark", text}}.dump());
  }
}

TEST_CASE("each byte that is not UTF-8 is replaced") {
  api::ActionDone action;
  action.mutable_mark()->assign("a\xff\xc3(\xed\xa0\x80z");
  CHECK(written(action) ==
        "{\"mark\":\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"}");
}

}  // namespace
}  // namespace waymark::admin
