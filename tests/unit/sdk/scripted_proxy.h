// A proxy that speaks waymark.link.v1 as a test says.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <string>

#include "scripted_call.h"
#include "waymark/link/v1/link.pb.h"
#include "waymark/mark.h"

namespace waymark::sdk {

inline Mark test_mark(std::uint8_t number) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  bytes.fill(number);
  return Mark(bytes);
}

inline link::v1::ToUpstream hello(std::uint64_t max_message = 0, std::uint32_t version = 1) {
  link::v1::ToUpstream message;
  message.mutable_hello()->set_protocol_min(version);
  message.mutable_hello()->set_protocol_max(version);
  message.mutable_hello()->set_proxy_id("proxy");
  message.mutable_hello()->set_max_message(max_message);
  return message;
}

// Adds events to one message.
class Events {
 public:
  Events& opened(const Mark& mark, const std::string& peer = "10.0.0.1:5000",
                 std::uint32_t epoch = 1) {
    link::v1::Opened& body = *add(mark).mutable_opened();
    body.set_peer(peer);
    body.set_epoch(epoch);
    body.set_next_seq(1);
    return *this;
  }
  Events& frame(const Mark& mark, const std::string& payload, std::uint64_t delivery = 0) {
    link::v1::Event& event = add(mark);
    event.set_payload(payload);
    event.set_seq(++seq_);
    event.set_delivery(delivery);
    return *this;
  }
  Events& half_closed(const Mark& mark) {
    add(mark).mutable_half_closed();
    return *this;
  }
  Events& closed(const Mark& mark, link::v1::CloseReason reason) {
    add(mark).mutable_closed()->set_reason(reason);
    return *this;
  }
  Events& undeliverable(const Mark& mark, link::v1::Refusal reason) {
    add(mark).mutable_undeliverable()->set_reason(reason);
    return *this;
  }
  Events& ping(std::uint64_t nonce) {
    message_.add_events()->mutable_ping()->set_nonce(nonce);
    return *this;
  }

  // Any other event; the mark may be nil.
  template <typename Set>
  Events& other(const Mark& mark, Set&& set) {
    set(add(mark));
    return *this;
  }

  operator const link::v1::ToUpstream&() const { return message_; }  // NOLINT

 private:
  link::v1::Event& add(const Mark& mark) {
    link::v1::Event& event = *message_.add_events();
    event.set_mark(std::string(mark.bytes()));
    return event;
  }

  link::v1::ToUpstream message_;
  std::uint64_t seq_ = 0;
};

class ScriptedProxy {
 public:
  // Links, and shakes hands.
  explicit ScriptedProxy(const std::string& address, const link::v1::ToUpstream& first = hello())
      : call_(address, "/waymark.link.v1.UpstreamService/Link") {
    call_.send(first);
    const auto answer = call_.receive<link::v1::FromUpstream>();
    if (!answer || !answer->has_welcome()) throw std::runtime_error("no welcome");
    welcome_ = answer->welcome();
  }

  [[nodiscard]] const link::v1::Welcome& welcome() const { return welcome_; }
  [[nodiscard]] ScriptedCall& call() { return call_; }

  void send(const link::v1::ToUpstream& message) { REQUIRE(call_.send(message)); }

  [[nodiscard]] link::v1::FromUpstream receive_message() {
    auto message = call_.receive<link::v1::FromUpstream>();
    REQUIRE(message.has_value());
    return *std::move(message);
  }

  // The next command, from this message or the next.
  [[nodiscard]] link::v1::Command receive() {
    while (commands_.empty()) {
      const link::v1::FromUpstream message = receive_message();
      for (const link::v1::Command& command : message.commands()) {
        commands_.push_back(command);
      }
    }
    link::v1::Command command = std::move(commands_.front());
    commands_.pop_front();
    return command;
  }

 private:
  ScriptedCall call_;
  link::v1::Welcome welcome_;
  std::deque<link::v1::Command> commands_;
};

}  // namespace waymark::sdk
