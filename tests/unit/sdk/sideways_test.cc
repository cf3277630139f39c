// Names, groups and attributes of clients, and other upstreams, as the SDK speaks of them.
#include <catch2/catch.hpp>

#include "recording_handler.h"
#include "scripted_proxy.h"

namespace waymark::sdk {
namespace {

const Mark kAlice = test_mark(1);
const Mark kBob = test_mark(2);

std::string text(const Mark& mark) { return std::string(mark.bytes()); }

TEST_CASE("A sender spells what it asks of names, groups and attributes") {
  Echo echo;
  const auto server = serve(echo);
  const Sender sender = server->sender();
  CHECK_FALSE(sender.bind(kAlice, "nobody is linked"));
  CHECK_FALSE(sender.send_to_group("lobby", "nobody is linked"));
  ScriptedProxy proxy(server->address());

  CHECK(sender.bind(kAlice, "alice"));
  CHECK(sender.unbind(kAlice, "alice"));
  CHECK(sender.join(kAlice, "lobby"));
  CHECK(sender.leave(kAlice, "lobby"));
  CHECK(sender.set_attributes(kAlice, {{"lang", "en"}, {"plan", ""}}));
  const link::v1::Command bind = proxy.receive();
  CHECK(bind.mark() == text(kAlice));
  CHECK(bind.bind().name() == "alice");
  CHECK(proxy.receive().unbind().name() == "alice");
  CHECK(proxy.receive().join().group() == "lobby");
  CHECK(proxy.receive().leave().group() == "lobby");
  const link::v1::Command set = proxy.receive();
  CHECK(set.mark() == text(kAlice));
  CHECK(set.set_attributes().attributes().size() == 2);
  CHECK(set.set_attributes().attributes().at("lang") == "en");

  CHECK(sender.set_mark(kAlice, "alice@example"));
  CHECK(sender.confirm_mark(kAlice));
  const link::v1::Command replace = proxy.receive();
  CHECK(replace.mark() == text(kAlice));
  CHECK(replace.set_mark().key() == "alice@example");
  const link::v1::Command confirm = proxy.receive();
  CHECK(confirm.has_set_mark());
  CHECK(confirm.set_mark().key().empty());
  CHECK_FALSE(sender.set_mark(kAlice, ""));  // which would confirm
  CHECK_FALSE(sender.confirm_mark(Mark()));

  CHECK(sender.lookup("bob"));
  CHECK(sender.lookup("bob", kAlice));
  const link::v1::Command lookup = proxy.receive();
  CHECK(lookup.lookup().name() == "bob");
  CHECK(lookup.target_case() == link::v1::Command::TARGET_NOT_SET);
  CHECK(proxy.receive().mark() == text(kAlice));

  CHECK(sender.send_to_name("bob", "to bob", {}, 7));
  CHECK(sender.send_to_group("lobby", "to all", 8));
  const link::v1::Command to_name = proxy.receive();
  CHECK(to_name.name() == "bob");
  CHECK(to_name.send().payload() == "to bob");
  CHECK(to_name.send().receipt() == 7);
  const link::v1::Command to_group = proxy.receive();
  CHECK(to_group.group() == "lobby");
  CHECK(to_group.send().payload() == "to all");
  CHECK(to_group.send().receipt() == 8);
  CHECK(sender.send(kAlice, "to alice", 9));
  CHECK(sender.broadcast(BroadcastScope::all, "to everybody", {}, 10));
  CHECK(proxy.receive().send().receipt() == 9);
  CHECK(proxy.receive().send().receipt() == 10);

  CHECK(sender.relay("green", "psst"));
  CHECK(sender.relay("", "hear"));
  const link::v1::Command relay = proxy.receive();
  CHECK(relay.relay().to() == "green");
  CHECK(relay.relay().payload() == "psst");
  CHECK(proxy.receive().relay().to().empty());
}

TEST_CASE("What names a connection travels on its link, a group to each proxy") {
  RecordingHandler handler;
  const auto server = serve(handler);
  const Sender sender = server->sender();
  ScriptedProxy first(server->address());
  link::v1::ToUpstream other = hello();
  other.mutable_hello()->set_proxy_id("another proxy");
  ScriptedProxy second(server->address(), other);
  second.send(Events().opened(kBob));
  (void)handler.openings.next();
  CHECK(sender.bind(kBob, "bob"));
  CHECK(sender.lookup("alice", kBob));
  CHECK(sender.send_to_name("alice", "hi", kBob));
  CHECK(sender.send_to_group("lobby", "all"));
  CHECK(second.receive().has_bind());
  CHECK(second.receive().has_lookup());
  CHECK(second.receive().name() == "alice");
  CHECK(second.receive().group() == "lobby");
  CHECK(first.receive().group() == "lobby");
}

TEST_CASE("A handler is told of attributes, answers and other upstreams") {
  RecordingHandler handler;
  const auto server = serve(handler, {.watch_upstreams = true});
  ScriptedProxy proxy(server->address());
  REQUIRE(proxy.welcome().features_size() == 1);
  CHECK(proxy.welcome().features(0) == "upstream_changed");
  const std::string large(100'000, 'x');
  proxy.send(
      Events()
          .other(kAlice,
                 [](link::v1::Event& event) {
                   (*event.mutable_opened()->mutable_attributes())["lang"] = "en";
                 })
          .other(kAlice,
                 [](link::v1::Event& event) {
                   auto& refused = *event.mutable_refused();
                   refused.set_reason(link::v1::REFUSAL_NAME_TAKEN);
                   refused.set_action(link::v1::ACTION_BIND);
                   refused.set_subject("alice");
                   refused.set_holder(text(kBob));
                 })
          .other(Mark(),
                 [](link::v1::Event& event) {
                   event.mutable_undeliverable()->set_reason(link::v1::REFUSAL_NO_SUCH_NAME);
                   event.mutable_undeliverable()->set_target("carol");
                 })
          .other(kAlice,
                 [](link::v1::Event& event) {
                   event.mutable_lookup_result()->set_name("bob");
                   event.mutable_lookup_result()->set_mark(text(kBob));
                 })
          .other(Mark(),
                 [](link::v1::Event& event) { event.mutable_lookup_result()->set_name("carol"); })
          .other(Mark(),
                 [&](link::v1::Event& event) {
                   event.mutable_relayed()->set_from("green");
                   event.mutable_relayed()->set_payload(large);
                 })
          .other(Mark(), [](link::v1::Event& event) {
            event.mutable_upstream_changed()->set_upstream("green");
            event.mutable_upstream_changed()->set_state(link::v1::UPSTREAM_STATE_LOST);
          }));
  CHECK(handler.openings.next().attributes.at("lang") == "en");
  const Refused refused = handler.not_done.next();
  CHECK(refused.mark == kAlice);
  CHECK(refused.reason == Refusal::name_taken);
  CHECK(refused.action == Action::bind);
  CHECK(refused.subject == "alice");
  CHECK(refused.holder == kBob);
  const Undeliverable undeliverable = handler.refusals.next();
  CHECK(undeliverable.mark.is_nil());
  CHECK(undeliverable.reason == Refusal::no_such_name);
  CHECK(undeliverable.target == "carol");
  const LookupResult found = handler.lookups.next();
  CHECK(found.mark == kAlice);
  CHECK(found.name == "bob");
  CHECK(found.holder == kBob);
  CHECK(handler.lookups.next().holder.is_nil());
  CHECK(handler.relays.next() == std::pair(std::string("green"), large));
  const UpstreamChanged changed = handler.changes.next();
  CHECK(changed.upstream == "green");
  CHECK(changed.state == UpstreamState::lost);
}

TEST_CASE("A handler hears what became of what it sent, and of clients that do not read") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events()
                 .other(kAlice,
                        [](link::v1::Event& event) {
                          event.mutable_receipt()->set_receipt(7);
                          event.mutable_receipt()->set_outcome(link::v1::Receipt::OUTCOME_WRITTEN);
                        })
                 .other(Mark(),
                        [](link::v1::Event& event) {
                          link::v1::Receipt& counted = *event.mutable_receipt();
                          counted.set_receipt(8);
                          counted.set_outcome(link::v1::Receipt::OUTCOME_COUNTED);
                          counted.set_attempted(1000);
                          counted.set_failed(3);
                        })
                 .other(kBob,
                        [](link::v1::Event& event) {
                          event.mutable_undeliverable()->set_reason(
                              link::v1::REFUSAL_SLOW_CONSUMER);
                          event.mutable_undeliverable()->set_receipt(9);
                        })
                 .other(kBob, [](link::v1::Event& event) {
                   event.mutable_pressure()->set_high(true);
                   event.mutable_pressure()->set_queued_bytes(300'000);
                 }));
  const Receipt written = handler.receipts.next();
  CHECK(written.receipt == 7);
  CHECK(written.outcome == Receipt::Outcome::written);
  CHECK(written.mark == kAlice);
  const Receipt counted = handler.receipts.next();
  CHECK(counted.receipt == 8);
  CHECK(counted.outcome == Receipt::Outcome::counted);
  CHECK(counted.attempted == 1000);
  CHECK(counted.failed == 3);
  CHECK(handler.refusals.next().receipt == 9);
  const Pressure pressure = handler.pressures.next();
  CHECK(pressure.mark == kBob);
  CHECK(pressure.high);
  CHECK(pressure.queued_bytes == 300'000);
}

TEST_CASE("A server asks for no news of upstreams unless told to") {
  Echo echo;
  const auto server = serve(echo);
  CHECK(ScriptedProxy(server->address()).welcome().features_size() == 0);
}

TEST_CASE("The legacy protocol has no words for names and groups") {
  Echo echo;
  const auto server = serve(echo, {.protocol = UpstreamProtocol::legacy});
  ScriptedCall call(server->address(),
                    "/upstream.grpc.service.UpstreamPeerService/bidirectionalStreaming");
  const Sender sender = server->sender();
  const auto linked = [&] { return sender.send(kAlice, "x"); };
  const auto until = std::chrono::steady_clock::now() + kStepTimeout;
  while (!linked() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  REQUIRE(linked());
  CHECK_FALSE(sender.send_to_name("bob", "x"));
  CHECK_FALSE(sender.send_to_group("lobby", "x"));
  CHECK_FALSE(sender.bind(kAlice, "alice"));
  CHECK_FALSE(sender.lookup("alice"));
  CHECK_FALSE(sender.relay("", "x"));
}

}  // namespace
}  // namespace waymark::sdk
