#include "behaviour.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <system_error>

#include "absl/time/time.h"

namespace waymark::stub {
namespace {

using Ack = Behaviour::Ack;
using Answer = Behaviour::Answer;
using Nanos = std::chrono::nanoseconds;

constexpr std::array<std::pair<std::string_view, Ack>, 4> kAcks = {{{"auto", Ack::automatic},
                                                                    {"late", Ack::late},
                                                                    {"never", Ack::never},
                                                                    {"duplicate", Ack::duplicate}}};

absl::Status wrong(std::string_view name, const std::string& text, const std::string& allowed) {
  return absl::InvalidArgumentError(std::string(name) + ": \"" + text + "\", " + allowed);
}

bool read(const std::string& text, Nanos& out) {
  absl::Duration wait;
  if (!absl::ParseDuration(text, &wait) || wait < absl::ZeroDuration() || wait > absl::Hours(24)) {
    return false;
  }
  out = absl::ToChronoNanoseconds(wait);
  return true;
}

bool read(const std::string& text, double& share) {
  double number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failure] = std::from_chars(text.data(), last, number);
  if (failure != std::errc() || std::string_view(end, last) != "%" || !std::isfinite(number) ||
      number < 0 || number > 100) {
    return false;
  }
  share = number / 100;
  return true;
}

bool read(const std::string& text, std::uint64_t& out) {
  std::uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failure] = std::from_chars(text.data(), last, number);
  if (failure != std::errc() || end != last) return false;
  out = number;
  return true;
}

bool read(const std::string& text, Ack& out) {
  for (const auto& [word, ack] : kAcks) {
    if (word != text) continue;
    out = ack;
    return true;
  }
  return false;
}

absl::Status read_reply(const std::string& text, Behaviour& out) {
  constexpr std::string_view kTemplate = "template:";
  if (text == "echo") {
    out.answer = Answer::echo;
  } else if (text == "none") {
    out.answer = Answer::none;
  } else if (text == "upper") {
    out.answer = Answer::upper;
  } else if (text.starts_with(kTemplate)) {
    auto parsed = ReplyTemplate::parse(std::string_view(text).substr(kTemplate.size()));
    if (!parsed.ok()) {
      return absl::InvalidArgumentError("reply: " + std::string(parsed.status().message()));
    }
    out.answer = Answer::from_template;
    out.text = *std::move(parsed);
  } else {
    return wrong("reply", text, "allowed: echo, none, upper, template:TEXT");
  }
  out.reply = text;
  return absl::OkStatus();
}

std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.12g%%", share * 100);
  return text.data();
}

std::string time(Nanos wait) {
  return wait.count() == 0 ? "0ms" : absl::FormatDuration(absl::FromChrono(wait));
}

std::string word_of(Ack ack) {
  for (const auto& [word, known] : kAcks) {
    if (known == ack) return std::string(word);
  }
  return {};
}

}  // namespace

std::vector<std::pair<std::string_view, std::string>> values_of(const Behaviour& behaviour) {
  return {{"reply", behaviour.reply},
          {"ack", word_of(behaviour.ack)},
          {"delay", time(behaviour.delay)},
          {"jitter", time(behaviour.jitter)},
          {"failure", percent(behaviour.failure)},
          {"drop", percent(behaviour.drop)},
          {"slow_read", time(behaviour.slow_read)},
          {"crash_after", std::to_string(behaviour.crash_after)},
          {"hang_after", std::to_string(behaviour.hang_after)}};
}

absl::Status set(Behaviour& behaviour, std::string_view name, const std::string& text) {
  constexpr const char* kTime = "expected a time such as 20ms or 1s, at most 24h";
  constexpr const char* kShare = "expected 0% to 100%";
  constexpr const char* kCount = "expected a number of frames; 0: never";
  const auto take = [&](auto& value, const char* allowed) {
    return read(text, value) ? absl::OkStatus() : wrong(name, text, allowed);
  };
  if (name == "reply") return read_reply(text, behaviour);
  if (name == "ack") return take(behaviour.ack, "allowed: auto, late, never, duplicate");
  if (name == "delay") return take(behaviour.delay, kTime);
  if (name == "jitter") return take(behaviour.jitter, kTime);
  if (name == "slow_read") return take(behaviour.slow_read, kTime);
  if (name == "failure") return take(behaviour.failure, kShare);
  if (name == "drop") return take(behaviour.drop, kShare);
  if (name == "crash_after") return take(behaviour.crash_after, kCount);
  if (name == "hang_after") return take(behaviour.hang_after, kCount);
  std::string allowed;
  for (const auto& [known, value] : values_of(behaviour)) {
    allowed += (allowed.empty() ? "" : ", ") + std::string(known);
  }
  return absl::InvalidArgumentError("\"" + std::string(name) +
                                    "\" is unknown, allowed: " + allowed);
}

}  // namespace waymark::stub
