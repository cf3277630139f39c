#include "wire/sideways.h"

#include <catch2/catch.hpp>

#include "agreement.h"
#include "waymark/link/v1/link.pb.h"

namespace waymark::wire {
namespace {

TEST_CASE("bodies about names, groups and upstreams mean the same to us and to protobuf") {
  SECTION("Bind") { check_random_messages<link::v1::Bind>(read_naming); }
  SECTION("Join") { check_random_messages<link::v1::Join>(read_naming); }
  SECTION("Relay") { check_random_messages<link::v1::Relay>(read_relay); }
  SECTION("Relayed") { check_random_messages<link::v1::Relayed>(read_relayed); }
  SECTION("LookupResult") { check_random_messages<link::v1::LookupResult>(read_lookup_result); }
  SECTION("UpstreamChanged") {
    check_random_messages<link::v1::UpstreamChanged>(read_upstream_changed);
  }
  SECTION("Refused") { check_random_messages<link::v1::Refused>(read_refused); }
  SECTION("SetAttributes") { check_random_messages<link::v1::SetAttributes>(read_set_attributes); }
}

TEST_CASE("commands that only say a name have it in the same field") {
  CHECK(link::v1::Join::descriptor()->field(0)->number() == 1);
  for (const auto* type :
       {link::v1::Join::descriptor(), link::v1::Leave::descriptor(), link::v1::Bind::descriptor(),
        link::v1::Unbind::descriptor(), link::v1::Lookup::descriptor()}) {
    CAPTURE(type->name());
    CHECK(type->field_count() == 1);
    CHECK(type->field(0)->number() == 1);
    CHECK(type->field(0)->type() == google::protobuf::FieldDescriptor::TYPE_STRING);
  }
}

TEST_CASE("attributes arrive by key, and of two with one key the last") {
  Attributes attributes;
  REQUIRE(read_attribute(Bytes("\x0a\x01k\x12\x01"
                               "1"),
                         attributes));
  REQUIRE(read_attribute(Bytes("\x0a\x01k\x12\x01"
                               "2"),
                         attributes));
  REQUIRE(read_attribute(Bytes("\x0a\x01j"), attributes));
  CHECK(attributes == Attributes{{"j", ""}, {"k", "2"}});
  CHECK(size_of(attributes) == 3);
  CHECK_FALSE(read_attribute(Bytes("\x0a\x05k"), attributes));
}

TEST_CASE("states of upstreams and refusable actions are those of the contract") {
  CHECK(link::v1::UpstreamState_descriptor()->value_count() == static_cast<int>(kUpstreamStates));
  CHECK(static_cast<int>(UpstreamState::lost) == link::v1::UPSTREAM_STATE_LOST);
  CHECK(static_cast<int>(UpstreamState::leaving) == link::v1::UPSTREAM_STATE_LEAVING);
  const auto* action = link::v1::Action_descriptor();
  const auto* command = link::v1::Command::descriptor();
  for (int i = 0; i < action->value_count(); ++i) {
    const auto& value = *action->value(i);
    if (value.number() == 0) continue;
    const auto* field = command->FindFieldByNumber(value.number());
    REQUIRE(field != nullptr);
    std::string spelt = "ACTION_";
    for (const char c : field->name()) spelt += static_cast<char>(c == '_' ? c : c & ~0x20);
    CHECK(value.name() == spelt);
    Refused told{.action = static_cast<ActionKind>(value.number())};
    const std::string body = encode(told);
    Refused read;
    REQUIRE(decode(Bytes(body), read));
    CHECK(read.action == told.action);
  }
}

}  // namespace
}  // namespace waymark::wire
