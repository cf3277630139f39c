#include "admin/json_message.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "admin/string_map.h"

namespace waymark::admin {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using google::protobuf::FieldDescriptor;

// "path: problem" of each error.
template <typename M>
std::vector<std::string> errors_of(std::string_view text) {
  M message;
  std::vector<std::string> lines;
  for (const api::ErrorDetail& error : read_json(text, message)) {
    lines.push_back(error.field() + ": " + error.problem());
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("writes every field in the order of the schema, zeros and empty lists too") {
  api::Pool pool;
  pool.set_name("a\"b");
  pool.set_connections(18446744073709551615ULL);
  CHECK(
      write_json(pool) ==
      R"({"name":"a\"b","balance":"","upstreams":0,"upstreams_ready":0,)"
      R"("connections":18446744073709551615,"held_connections":0,"stranded_frames":0,"tls":false})"
      "\n");
  CHECK(write_json(api::PoolList()) == "{\"pools\":[]}\n");
  CHECK(write_json(api::Info()).find("\"ready\":false") != std::string::npos);
}

TEST_CASE("writes maps as objects in order, and leaves out what is optional and not set") {
  api::NewUpstream upstream;
  (*upstream.mutable_metadata())["z"] = "1";
  (*upstream.mutable_metadata())["a"] = "2";
  CHECK_THAT(write_json(upstream), Contains(R"("metadata":{"a":"2","z":"1"})"));

  api::UpstreamChange change;
  CHECK(write_json(change) == "{}\n");
  change.set_weight(0);
  CHECK(write_json(change) == "{\"weight\":0}\n");
}

TEST_CASE("replaces what is not UTF-8 when writing") {
  api::Pool pool;
  pool.set_name("a\xff");
  CHECK_THAT(write_json(pool), StartsWith("{\"name\":\"a\xef\xbf\xbd\""));
}

TEST_CASE("reads what it wrote") {
  api::UpstreamList list;
  for (int i = 0; i < 3; ++i) {
    api::Upstream& upstream = *list.add_upstreams();
    upstream.set_id("u" + std::to_string(i));
    upstream.set_source("api");
    upstream.set_state("ready");
    upstream.set_admin_state("drain");
    upstream.set_protocol("link");
    (*upstream.mutable_metadata())["k"] = "\xc3\xa9\n";
    upstream.add_links()->set_state("idle");
  }
  api::UpstreamList again;
  CHECK(read_json(write_json(list), again).empty());
  CHECK(write_json(again) == write_json(list));

  api::ReloadDone done;
  CHECK(read_json(R"({"changed":["a","b"]})", done).empty());
  CHECK(done.changed_size() == 2);
}

TEST_CASE("names an unknown field and those that are allowed") {
  CHECK(errors_of<api::UpstreamChange>(R"({"wieght": 5})") ==
        Lines{"wieght: unknown field; allowed: weight, admin_state"});
  CHECK(
      errors_of<api::ConnectionsAction>(R"({"filter": {"statee": "all"}})") ==
      Lines{"filter.statee: unknown field; allowed: state, upstream, listener, pool, group, peer"});
}

TEST_CASE("says which type it expected and what it found") {
  CHECK(errors_of<api::UpstreamChange>(R"({"weight": "x"})") ==
        Lines{"weight: expected a whole number, found \"x\""});
  CHECK(errors_of<api::UpstreamChange>(R"({"weight": 1.5})") ==
        Lines{"weight: expected a whole number, found 1.5"});
  CHECK(errors_of<api::UpstreamChange>(R"({"weight": null})") ==
        Lines{"weight: expected a whole number, found null"});
  CHECK(errors_of<api::ConnectionsAction>(R"({"filter": [], "dry_run": 1})") ==
        Lines{"filter: expected an object, found a list",
              "dry_run: expected true or false, found 1"});
  CHECK(errors_of<api::ConfigChange>(R"({"set": {"a.b": 5}})") ==
        Lines{"set.a.b: expected a string, found 5"});
  CHECK(errors_of<api::ReloadDone>(R"({"changed": {}})") ==
        Lines{"changed: expected a list, found an object"});
  CHECK(errors_of<api::ReloadDone>(R"({"changed": ["a", 2]})") ==
        Lines{"changed[1]: expected a string, found 2"});
  CHECK(errors_of<api::Pool>("[]") == Lines{": expected an object, found a list"});
}

TEST_CASE("keeps the bounds and words of the schema") {
  CHECK(errors_of<api::UpstreamChange>(R"({"weight": 101})") ==
        Lines{"weight: 101 is not 1 to 100"});
  CHECK(errors_of<api::UpstreamChange>(R"({"weight": 0})") == Lines{"weight: 0 is not 1 to 100"});
  CHECK(errors_of<api::UpstreamChange>(R"({"weight": -1})") == Lines{"weight: -1 is not 1 to 100"});
  CHECK(errors_of<api::Info>(R"({"pid": 4294967296})") ==
        Lines{"pid: 4294967296 is not 0 to 4294967295"});
  CHECK(
      errors_of<api::Info>(R"({"pid": 4294967295, "connections": 18446744073709551615})").empty());
  CHECK(errors_of<api::UpstreamChange>(R"({"admin_state": "gone"})") ==
        Lines{"admin_state: expected one of ready, drain, maintenance, found \"gone\""});
  CHECK(errors_of<api::CloseConnection>(R"({"reason": ")" + std::string(200, 'x') + "\"}").empty());
  CHECK(errors_of<api::CloseConnection>(R"({"reason": ")" + std::string(201, 'x') + "\"}") ==
        Lines{"reason: 201 bytes long; allowed: at most 200"});
}

TEST_CASE("asks for what is required, and for more than its name") {
  CHECK(errors_of<api::NewUpstream>("{}") == Lines{"address: required"});
  CHECK(errors_of<api::NewUpstream>(R"({"address": ""})") == Lines{"address: may not be empty"});
  CHECK(errors_of<api::ConfigChange>(R"({"set": {}})") == Lines{"set: may not be empty"});
}

TEST_CASE("tells everything that is wrong at once") {
  CHECK(errors_of<api::NewUpstream>(R"({"weight": 0, "protocol": "x", "what": 1})") ==
        Lines{"weight: 0 is not 1 to 100",
              "protocol: expected one of auto, link, legacy, found \"x\"",
              "what: unknown field; allowed: pool, address, weight, protocol, insecure, metadata",
              "address: required"});
}

TEST_CASE("refuses a name given twice, at every level") {
  CHECK(errors_of<api::UpstreamChange>(R"({"weight": 1, "weight": 2})") ==
        Lines{"weight: given twice"});
  CHECK(errors_of<api::ConnectionsAction>(R"({"filter": {"pool": "a", "pool": "b"}})") ==
        Lines{"filter.pool: given twice"});
}

TEST_CASE("refuses what is not JSON, or not UTF-8") {
  for (const std::string_view text :
       {"", "{", "{]", "{} {}", "{'a': 1}", "{\"a\": 01}", "nul", "{\"weight\": NaN}", "// x\n{}",
        "{\"pool\": \"\xff\"}", "{\"pool\": \"\\ud800\"}", "{\"pool\": \"a\nb\"}",
        "{\"weight\": 1,}", "{\"weight\": 1e999}"}) {
    INFO(text);
    const Lines lines = errors_of<api::NewUpstream>(text);
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], StartsWith(": not JSON: "));
    CHECK(lines[0].size() < 300);
  }
}

TEST_CASE("refuses depth at once, however deep it is") {
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string_view opener : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += opener;
    CHECK(errors_of<api::Pool>(text) == Lines{": nested deeper than 32 levels"});
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
}

TEST_CASE("stays fast with a body full of members, duplicates or errors") {
  std::string many = "{";
  std::string same = "{";
  for (int i = 0; i < 60'000; ++i) {
    many += "\"field_" + std::to_string(i) + "\":1,";
    same += "\"field\":1,";
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK(errors_of<api::Pool>(many) == Lines{": more than 256 members"});
  CHECK(errors_of<api::Pool>(same).size() == kMaxJsonErrors);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
}

TEST_CASE("uses only such types of the schema as can be read and written") {
  const auto& file = *api::Error::descriptor()->file();
  for (int i = 0; i < file.message_type_count(); ++i) {
    const auto& type = *file.message_type(i);
    int maps = 0;
    for (int f = 0; f < type.field_count(); ++f) {
      const FieldDescriptor& field = *type.field(f);
      INFO(field.full_name());
      const auto kind = field.cpp_type();
      CHECK((kind == FieldDescriptor::CPPTYPE_BOOL || kind == FieldDescriptor::CPPTYPE_UINT32 ||
             kind == FieldDescriptor::CPPTYPE_UINT64 || kind == FieldDescriptor::CPPTYPE_STRING ||
             kind == FieldDescriptor::CPPTYPE_MESSAGE || kind == FieldDescriptor::CPPTYPE_DOUBLE));
      if (field.is_map()) {
        CHECK(++maps == 1);
        auto* factory = google::protobuf::MessageFactory::generated_factory();
        CHECK(string_map_of(*factory->GetPrototype(&type)).empty());
        CHECK(field.message_type()->map_value()->cpp_type() == FieldDescriptor::CPPTYPE_STRING);
      } else if (field.is_repeated()) {
        CHECK((kind == FieldDescriptor::CPPTYPE_STRING || kind == FieldDescriptor::CPPTYPE_UINT64 ||
               kind == FieldDescriptor::CPPTYPE_MESSAGE));
      }
      if (type.full_name() != "waymark.admin.v1.Rule") CHECK_FALSE(rule_of(field).doc().empty());
    }
  }
}

TEST_CASE("numbers with a fraction are told to a thousandth") {
  api::Rates rates;
  rates.set_last_second(1234.5678);
  rates.set_last_minute(3);
  CHECK(write_json(rates) ==
        "{\"last_second\":1234.568,\"last_minute\":3,\"last_15_minutes\":0}\n");
  rates.set_last_second(std::numeric_limits<double>::infinity());
  CHECK(write_json(rates).starts_with("{\"last_second\":0,"));
  CHECK(read_json(R"({"last_second":2.5,"last_minute":7})", rates).empty());
  CHECK(rates.last_second() == 2.5);
  CHECK(rates.last_minute() == 7);
  const ErrorDetails errors = read_json(R"({"last_second":"2"})", rates);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].field() == "last_second");
}

TEST_CASE("lists numbers as numbers") {
  api::Times times;
  CHECK(write_json(times) == "{\"counts\":[],\"sum_us\":0}\n");
  CHECK(read_json(R"({"counts":[0,18446744073709551615],"sum_us":7})", times).empty());
  CHECK(write_json(times) == "{\"counts\":[0,18446744073709551615],\"sum_us\":7}\n");
  api::Times wrong;
  const ErrorDetails errors = read_json(R"({"counts":[1,"2",-3]})", wrong);
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].field() == "counts[1]");
  CHECK(errors[1].field() == "counts[2]");
}

TEST_CASE("shortens text between characters") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "abc...");
  CHECK(shortened("ab\xc3\xa9", 3) == "ab...");
}

}  // namespace
}  // namespace waymark::admin
