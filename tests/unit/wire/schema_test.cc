// Our enums are written by hand; these tests hold them to link.proto.
#include <catch2/catch.hpp>
#include <string>

#include "waymark/close_reason.h"
#include "waymark/link/v1/link.pb.h"
#include "wire/command.h"
#include "wire/event.h"
#include "wire/lifecycle.h"

namespace waymark::wire {
namespace {

TEST_CASE("close reasons are those of the contract") {
  const auto* type = link::v1::CloseReason_descriptor();
  REQUIRE(type->value_count() == static_cast<int>(kCloseReasons));
  for (int i = 0; i < type->value_count(); ++i) {
    const auto& value = *type->value(i);
    CHECK(value.name() ==
          "CLOSE_REASON_" + std::string(name_of(static_cast<CloseReason>(value.number()))));
  }
  CHECK(static_cast<int>(CloseReason::slow_consumer) == link::v1::CLOSE_REASON_SLOW_CONSUMER);
  CHECK(static_cast<int>(CloseReason::admin) == link::v1::CLOSE_REASON_ADMIN);
}

TEST_CASE("refusals are those of the contract") {
  const auto* type = link::v1::Refusal_descriptor();
  REQUIRE(type->value_count() == static_cast<int>(kRefusals));
  for (int i = 0; i < type->value_count(); ++i) {
    const auto& value = *type->value(i);
    CHECK(value.name() == "REFUSAL_" + std::string(name_of(static_cast<Refusal>(value.number()))));
  }
  CHECK(name_of(static_cast<Refusal>(99)) == "UNSPECIFIED");
  CHECK(static_cast<int>(Refusal::not_frameable) == link::v1::REFUSAL_NOT_FRAMEABLE);
  CHECK(static_cast<int>(Refusal::upstream_busy) == link::v1::REFUSAL_UPSTREAM_BUSY);
}

TEST_CASE("scopes, mark sources and trust are those of the contract") {
  CHECK(static_cast<int>(Scope::all) == link::v1::Broadcast::SCOPE_ALL);
  CHECK(static_cast<int>(Scope::active) == link::v1::Broadcast::SCOPE_ACTIVE);
  CHECK(static_cast<int>(Scope::inactive) == link::v1::Broadcast::SCOPE_INACTIVE);
  CHECK(static_cast<int>(MarkSource::random) == link::v1::MARK_SOURCE_RANDOM);
  CHECK(static_cast<int>(Trust::none) == link::v1::TRUST_NONE);
}

struct Named {
  const char* field;
  std::uint32_t number;
};

// Every member of `oneof` is in `named`, under its own number.
template <std::size_t kCount>
void check_numbers(const google::protobuf::OneofDescriptor* oneof, const Named (&named)[kCount]) {
  CHECK(oneof->field_count() == static_cast<int>(kCount));
  for (const Named& entry : named) {
    const auto* field = oneof->containing_type()->FindFieldByName(entry.field);
    CAPTURE(entry.field);
    REQUIRE(field != nullptr);
    CHECK(field->containing_oneof() == oneof);
    CHECK(field->number() == static_cast<int>(entry.number));
  }
}

#define NAMED(kind, name) \
  { #name, static_cast < std::uint32_t>(kind::name) }

TEST_CASE("kinds of events are the field numbers of the contract") {
  check_numbers(
      link::v1::Event::descriptor()->FindOneofByName("kind"),
      {NAMED(EventKind, payload), NAMED(EventKind, opened), NAMED(EventKind, half_closed),
       NAMED(EventKind, closed), NAMED(EventKind, ping), NAMED(EventKind, gap),
       NAMED(EventKind, pressure), NAMED(EventKind, undeliverable), NAMED(EventKind, receipt),
       NAMED(EventKind, marked), NAMED(EventKind, relayed), NAMED(EventKind, lookup_result),
       NAMED(EventKind, upstream_changed), NAMED(EventKind, drain), NAMED(EventKind, snapshot_end),
       NAMED(EventKind, refused)});
}

TEST_CASE("targets and actions are the field numbers of the contract") {
  check_numbers(link::v1::Command::descriptor()->FindOneofByName("target"),
                {NAMED(TargetKind, mark), NAMED(TargetKind, name), NAMED(TargetKind, group),
                 NAMED(TargetKind, broadcast)});
  check_numbers(
      link::v1::Command::descriptor()->FindOneofByName("action"),
      {NAMED(ActionKind, send), NAMED(ActionKind, ack), NAMED(ActionKind, close),
       NAMED(ActionKind, half_close), NAMED(ActionKind, pong), NAMED(ActionKind, nack),
       NAMED(ActionKind, set_attributes), NAMED(ActionKind, join), NAMED(ActionKind, leave),
       NAMED(ActionKind, bind), NAMED(ActionKind, unbind), NAMED(ActionKind, lookup),
       NAMED(ActionKind, relay), NAMED(ActionKind, drain), NAMED(ActionKind, set_mark)});
}

#undef NAMED

}  // namespace
}  // namespace waymark::wire
