#include <catch2/catch.hpp>
#include <thread>

#include "recording_handler.h"
#include "scripted_proxy.h"

namespace waymark::sdk {
namespace {

const Mark kAlice = test_mark(1);
const Mark kBob = test_mark(2);
const Mark kCarol = test_mark(3);

std::string text(const Mark& mark) { return std::string(mark.bytes()); }

// Everything sent before is dispatched once the answer is here.
void settle(ScriptedProxy& proxy) {
  proxy.send(Events().ping(77));
  REQUIRE(proxy.receive().pong().nonce() == 77);
}

TEST_CASE("A link shakes hands: hello, then welcome") {
  Echo echo;
  const auto server = serve(echo, {.name = "blue"});
  ScriptedProxy proxy(server->address());
  CHECK(proxy.welcome().protocol() == 1);
  CHECK(proxy.welcome().upstream() == "blue");
  CHECK(proxy.welcome().acks());
  CHECK(proxy.welcome().max_message() == UpstreamOptions().max_message);
}

TEST_CASE("A link is named by its address unless told otherwise") {
  Echo echo;
  const auto server = serve(echo);
  CHECK(server->address() == "127.0.0.1:" + std::to_string(server->port()));
  CHECK(ScriptedProxy(server->address()).welcome().upstream() == server->address());
}

TEST_CASE("A link that does not begin with hello is refused") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedCall call(server->address(), "/waymark.link.v1.UpstreamService/Link");
  call.send(Events().frame(kAlice, "too early"));
  CHECK_FALSE(call.receive<link::v1::FromUpstream>());
  CHECK(call.status().error_code() == grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("A link of another protocol version is refused, and told which is spoken") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedCall call(server->address(), "/waymark.link.v1.UpstreamService/Link");
  call.send(hello(0, 2));
  CHECK_FALSE(call.receive<link::v1::FromUpstream>());
  const grpc::Status status = call.status();
  CHECK(status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(status.error_message() == "this upstream speaks protocol 1, the proxy 2 to 2");
}

TEST_CASE("A link that brings garbage ends with INVALID_ARGUMENT") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address());
  proxy.call().send_bytes("\x0a\xff\xff");
  CHECK_FALSE(proxy.call().receive<link::v1::FromUpstream>());
  CHECK(proxy.call().status().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("Events of an unknown kind are passed over") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address());
  proxy.call().send_bytes("\x0a\x05\x9a\x06\x02hi");  // events { 99: "hi" }
  link::v1::ToUpstream message;
  message.add_events()->mutable_snapshot_end();
  proxy.send(message);
  settle(proxy);
}

TEST_CASE("A method that is not there is UNIMPLEMENTED") {
  Echo echo;
  const auto server = serve(echo);
  for (const char* method : {"/waymark.link.v1.UpstreamService/Nothing",
                             "/upstream.grpc.service.UpstreamPeerService/ready"}) {
    ScriptedCall call(server->address(), method);
    CHECK_FALSE(call.receive<link::v1::FromUpstream>());
    CHECK(call.status().error_code() == grpc::StatusCode::UNIMPLEMENTED);
  }
}

TEST_CASE("Frames that came in one message are answered in one") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address());
  proxy.send(Events()
                 .opened(kAlice)
                 .opened(kBob)
                 .frame(kAlice, "one", 11)
                 .frame(kBob, "two", 12)
                 .frame(kAlice, "", 13));
  const link::v1::FromUpstream answer = proxy.receive_message();
  REQUIRE(answer.commands_size() == 3);
  CHECK(answer.commands(0).mark() == text(kAlice));
  CHECK(answer.commands(0).send().payload() == "one");
  CHECK(answer.commands(0).send().reply_to() == 11);
  CHECK(answer.commands(1).mark() == text(kBob));
  CHECK(answer.commands(1).send().payload() == "two");
  CHECK(answer.commands(1).send().reply_to() == 12);
  CHECK(answer.commands(2).send().payload().empty());
  CHECK(answer.commands(2).send().reply_to() == 13);
}

TEST_CASE("An answer names its frame by seq where the frame has no delivery") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().opened(kAlice).frame(kAlice, "one").frame(kAlice, "two"));
  const link::v1::FromUpstream answer = proxy.receive_message();
  REQUIRE(answer.commands_size() == 2);
  CHECK(answer.commands(0).send().reply_to() == 1);
  CHECK(answer.commands(1).send().reply_to() == 2);
}

TEST_CASE("Frames of any size come back byte for byte") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address(), hello(17 * 1024 * 1024));
  for (const std::size_t size : {1UL, 70'000UL, 3'000'000UL, 16UL * 1024 * 1024}) {
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 31 >> 3);
    proxy.send(Events().frame(kAlice, payload));
    CHECK((proxy.receive().send().payload() == payload));
  }
}

TEST_CASE("Answers of a large batch are split into messages of about 1 MiB") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address());
  Events events;
  for (int i = 0; i < 30; ++i) events.frame(kAlice, std::string(100'000, 'x'), i + 1);
  proxy.send(events);
  for (int received = 0; received < 30;) {
    const link::v1::FromUpstream answer = proxy.receive_message();
    CHECK(answer.ByteSizeLong() <= 1024 * 1024);
    for (const auto& command : answer.commands()) {
      CHECK(command.send().reply_to() == static_cast<std::uint64_t>(++received));
    }
  }
}

TEST_CASE("A handler is told of opening, frames, refusals and closing") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events()
                 .opened(kAlice, "10.1.2.3:9")
                 .frame(kAlice, "hi")
                 .undeliverable(kAlice, link::v1::REFUSAL_NOT_FRAMEABLE)
                 .closed(kAlice, link::v1::CLOSE_REASON_IDLE_TIMEOUT));
  const Opened opened = handler.openings.next();
  CHECK(opened.mark == kAlice);
  CHECK(opened.peer == "10.1.2.3:9");
  CHECK(opened.next_seq == 1);
  const KeptFrame frame = handler.frames.next();
  CHECK(frame.mark == kAlice);
  CHECK(frame.seq == 1);
  CHECK(frame.payload == "hi");
  CHECK(handler.refusals.next().reason == Refusal::not_frameable);
  const Closed closed = handler.closings.next();
  CHECK(closed.mark == kAlice);
  CHECK(closed.reason == CloseReason::idle_timeout);
}

TEST_CASE("A handler is told what the TLS handshake of a client has told") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().opened(kBob).other(kAlice, [](link::v1::Event& event) {
    link::v1::Tls& tls = *event.mutable_opened()->mutable_tls();
    tls.set_version("TLSv1.3");
    tls.set_cipher("TLS_AES_256_GCM_SHA384");
    tls.set_sni("a.example");
    tls.set_client_subject("CN=alice");
    tls.set_client_spki_sha256("abc");
    tls.add_client_names("DNS:alice.example");
    tls.add_client_names("");
  }));
  CHECK_FALSE(handler.openings.next().tls);
  const auto tls = handler.openings.next().tls;
  REQUIRE(tls);
  CHECK(tls->version == "TLSv1.3");
  CHECK(tls->cipher == "TLS_AES_256_GCM_SHA384");
  CHECK(tls->sni == "a.example");
  CHECK(tls->client_subject == "CN=alice");
  CHECK(tls->client_spki_sha256 == "abc");
  CHECK(tls->client_names == std::vector<std::string>{"DNS:alice.example", ""});
}

TEST_CASE("A frame is of the epoch that was opened on its own link") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy given_up(server->address());
  ScriptedProxy current(server->address());
  given_up.send(Events().opened(kAlice, "10.1.2.3:9", 1).frame(kAlice, "first"));
  CHECK(handler.frames.next().epoch == 1);
  current.send(Events().opened(kAlice, "10.1.2.3:9", 3).frame(kAlice, "again"));
  CHECK(handler.frames.next().epoch == 3);
  given_up.send(Events().frame(kAlice, "late"));
  CHECK(handler.frames.next().epoch == 1);
  current.send(Events().frame(kBob, "never opened"));
  CHECK(handler.frames.next().epoch == 0);
}

TEST_CASE("A reply may be sent later, from another thread") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().opened(kAlice).frame(kAlice, "ask", 5));
  KeptFrame frame = handler.frames.next();
  settle(proxy);
  std::thread([reply = std::move(frame.reply)]() mutable {
    CHECK(reply.send("late"));
    CHECK_FALSE(reply.send("twice"));
  }).join();
  const link::v1::Command answer = proxy.receive();
  CHECK(answer.mark() == text(kAlice));
  CHECK(answer.send().payload() == "late");
  CHECK(answer.send().reply_to() == 5);
}

TEST_CASE("Replies from many threads all arrive") {
  constexpr int kFrames = 400;
  RecordingHandler handler;
  const auto server = serve(handler, {.threads = 2});
  ScriptedProxy proxy(server->address());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&handler] {
      for (int n = 0; n < kFrames / 4; ++n) {
        KeptFrame frame = handler.frames.next();
        frame.reply.send(frame.payload);
      }
    });
  }
  for (int i = 0; i < kFrames / 10; ++i) {
    Events events;
    for (int n = 0; n < 10; ++n) events.frame(kAlice, std::to_string(i * 10 + n));
    proxy.send(events);
  }
  std::vector<bool> seen(kFrames);
  for (int i = 0; i < kFrames; ++i) seen.at(std::stoul(proxy.receive().send().payload())) = true;
  CHECK(std::count(seen.begin(), seen.end(), true) == kFrames);
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("A reply that is dropped, or done, sends nothing") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().frame(kAlice, "a").frame(kAlice, "b"));
  handler.frames.next().reply.done();
  (void)handler.frames.next();
  settle(proxy);
}

TEST_CASE("A reply that fails is an answer that says so, with words or without") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().frame(kAlice, "a").frame(kAlice, "b"));
  CHECK(handler.frames.next().reply.fail());
  KeptFrame second = handler.frames.next();
  CHECK(second.reply.fail("no"));
  CHECK_FALSE(second.reply);
  CHECK_FALSE(second.reply.fail("no"));
  for (const char* payload : {"", "no"}) {
    const link::v1::Command answer = proxy.receive();
    CHECK(answer.mark() == text(kAlice));
    CHECK(answer.send().error());
    CHECK(answer.send().reply_to() != 0);
    CHECK(answer.send().payload() == payload);
  }
}

TEST_CASE("A reply outlives its link and its server, and says so") {
  RecordingHandler handler;
  Reply after_link;
  Reply after_server;
  Sender sender = [&] {
    auto server = serve(handler);
    {
      ScriptedProxy proxy(server->address());
      proxy.send(Events().opened(kAlice).frame(kAlice, "a"));
      after_link = std::move(handler.frames.next().reply);
    }
    CHECK(handler.closings.next().reason == CloseReason::unspecified);
    ScriptedProxy proxy(server->address());
    proxy.send(Events().frame(kAlice, "b"));
    after_server = std::move(handler.frames.next().reply);
    server->shutdown(std::chrono::milliseconds(0));
    return server->sender();
  }();
  CHECK_FALSE(after_link.send("x"));
  CHECK_FALSE(after_server.send("y"));
  CHECK_FALSE(sender.send(kAlice, "z"));
}

TEST_CASE("A proxy that has ended its stream still gets the answers it waits for") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().opened(kAlice).frame(kAlice, "ask"));
  KeptFrame frame = handler.frames.next();
  REQUIRE(proxy.call().end_sending());
  (void)handler.closings.next();
  CHECK(frame.reply.send("answer"));
  CHECK(proxy.receive().send().payload() == "answer");
  CHECK_FALSE(proxy.call().receive<link::v1::FromUpstream>());
  CHECK(proxy.call().status().ok());
}

TEST_CASE("A half-close is answered once every reply of that client is finished") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().opened(kAlice).frame(kAlice, "a").frame(kAlice, "b").half_closed(kAlice));
  KeptFrame first = handler.frames.next();
  KeptFrame second = handler.frames.next();
  CHECK(handler.half_closings.next() == kAlice);
  settle(proxy);
  second.reply.done();
  settle(proxy);
  CHECK(first.reply.send("A"));
  CHECK(proxy.receive().send().payload() == "A");
  const link::v1::Command end = proxy.receive();
  CHECK(end.has_half_close());
  CHECK(end.mark() == text(kAlice));
}

TEST_CASE("A half-close is left to a handler that wants it") {
  RecordingHandler handler;
  handler.half_close_action = HalfCloseAction::keep_open;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().opened(kAlice).half_closed(kAlice));
  settle(proxy);
  const Sender sender = server->sender();
  CHECK(sender.send(kAlice, "one more thing"));
  CHECK(sender.half_close(kAlice));
  CHECK(proxy.receive().send().payload() == "one more thing");
  CHECK(proxy.receive().has_half_close());
}

TEST_CASE("A ping is answered with its number") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address());
  proxy.send(Events().ping(0xfedcba9876543210));
  CHECK(proxy.receive().pong().nonce() == 0xfedcba9876543210);
}

TEST_CASE("A sender takes the link a mark was opened on, and any other for strangers") {
  RecordingHandler handler;
  const auto server = serve(handler);
  const Sender sender = server->sender();
  CHECK_FALSE(sender.send(kAlice, "nobody is linked"));
  ScriptedProxy first(server->address());
  ScriptedProxy second(server->address());
  second.send(Events().opened(kBob));
  (void)handler.openings.next();
  CHECK(sender.send(kBob, "to bob"));
  CHECK(sender.send(kAlice, "to alice"));
  CHECK(sender.close(kBob));
  CHECK(second.receive().send().payload() == "to bob");
  CHECK(second.receive().has_close());
  const link::v1::Command to_alice = first.receive();
  CHECK(to_alice.mark() == text(kAlice));
  CHECK(to_alice.send().payload() == "to alice");
}

TEST_CASE("A broadcast travels once to each proxy") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy worker0(server->address());
  ScriptedProxy worker1(server->address());
  link::v1::ToUpstream other = hello();
  other.mutable_hello()->set_proxy_id("another proxy");
  ScriptedProxy elsewhere(server->address(), other);
  CHECK(server->sender().broadcast(BroadcastScope::active, "news", std::chrono::seconds(5)));
  for (ScriptedProxy* proxy : {&worker0, &elsewhere}) {
    const link::v1::Command command = proxy->receive();
    CHECK(command.broadcast().scope() == link::v1::Broadcast::SCOPE_ACTIVE);
    CHECK(command.broadcast().within_ms() == 5000);
    CHECK(command.send().payload() == "news");
  }
  settle(worker1);
}

TEST_CASE("An answer larger than the proxy accepts is refused and harms nobody") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address(), hello(1000));
  proxy.send(Events().frame(kAlice, "a").frame(kBob, "b"));
  CHECK_FALSE(handler.frames.next().reply.send(std::string(1001, 'x')));
  CHECK(handler.frames.next().reply.send("fits"));
  CHECK(proxy.receive().send().payload() == "fits");
}

TEST_CASE("A link with too many open replies is not read until some are finished") {
  RecordingHandler handler;
  const auto server = serve(handler, {.max_open_replies = 4});
  ScriptedProxy proxy(server->address());
  Events events;
  for (int i = 0; i < 6; ++i) events.frame(kAlice, "x");
  proxy.send(events);
  std::vector<KeptFrame> kept;
  for (int i = 0; i < 6; ++i) kept.push_back(handler.frames.next());
  proxy.send(Events().frame(kAlice, "one more"));
  CHECK(server->sender().send(kBob, "the way back is free"));
  CHECK(proxy.receive().send().payload() == "the way back is free");
  CHECK(handler.frames.size() == 0);
  kept.clear();
  CHECK(handler.frames.next().payload == "one more");
}

TEST_CASE("A connection that comes back on a new link stays open when the old one is lost") {
  RecordingHandler handler;
  const auto server = serve(handler);
  auto old_link = std::make_unique<ScriptedProxy>(server->address());
  old_link->send(Events().opened(kAlice).opened(kBob));
  (void)handler.openings.next();
  (void)handler.openings.next();
  ScriptedProxy new_link(server->address());
  new_link.send(Events().opened(kAlice));
  (void)handler.openings.next();
  old_link.reset();
  CHECK(handler.closings.next().mark == kBob);
  new_link.send(Events().closed(kAlice, link::v1::CLOSE_REASON_CLIENT_CLOSED));
  const Closed closed = handler.closings.next();
  CHECK(closed.mark == kAlice);
  CHECK(closed.reason == CloseReason::client_closed);
}

Events& marked(Events& events, const Mark& mark, const Mark& old) {
  return events.other(
      mark, [&old](link::v1::Event& event) { event.mutable_marked()->set_old_mark(text(old)); });
}

TEST_CASE("A connection whose mark was confirmed is told as closed like any other") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy proxy(server->address());
  Events events;
  proxy.send(marked(events.opened(kAlice), kAlice, kAlice)
                 .closed(kAlice, link::v1::CLOSE_REASON_CLIENT_CLOSED));
  CHECK(handler.closings.next().mark == kAlice);
}

TEST_CASE("A connection is reached by all marks it had, and closed under the last one") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy other(server->address());  // where strangers are looked for
  ScriptedProxy proxy(server->address());
  Events renamed;
  proxy.send(marked(marked(renamed.opened(kAlice), kBob, kAlice), kCarol, kBob));
  settle(proxy);
  const Sender sender = server->sender();
  for (const Mark& mark : {kAlice, kBob, kCarol}) {
    CHECK(sender.send(mark, "hi"));
    CHECK(proxy.receive().mark() == text(mark));
  }
  proxy.send(Events().closed(kCarol, link::v1::CLOSE_REASON_CLIENT_CLOSED));
  CHECK(handler.closings.next().mark == kCarol);
  settle(proxy);
  for (const Mark& mark : {kAlice, kBob, kCarol}) {
    CHECK(sender.send(mark, "who is that?"));
    CHECK(other.receive().mark() == text(mark));
  }
}

TEST_CASE("A mark that another connection has by now stays with it") {
  RecordingHandler handler;
  const auto server = serve(handler);
  ScriptedProxy other(server->address());
  ScriptedProxy proxy(server->address());
  Events events;
  proxy.send(marked(events.opened(kAlice), kBob, kAlice)
                 .opened(kAlice)
                 .closed(kBob, link::v1::CLOSE_REASON_CLIENT_CLOSED));
  CHECK(handler.closings.next().mark == kBob);
  settle(proxy);
  CHECK(server->sender().send(kAlice, "hi"));
  CHECK(proxy.receive().mark() == text(kAlice));
  proxy.send(Events().closed(kAlice, link::v1::CLOSE_REASON_CLIENT_CLOSED));
  CHECK(handler.closings.next().mark == kAlice);
}

}  // namespace
}  // namespace waymark::sdk
