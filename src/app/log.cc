#include "app/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/rfc3339.h"
#include "base/utf8.h"

namespace waymark::app {
namespace {

// Control characters, and those that end a line or change the direction a terminal writes in.
bool is_unsafe(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x061c || point == 0x200e ||
         point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069);
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto* const odd = std::find_if_not(text.begin(), text.end(), is_plain);
    const auto plain = static_cast<std::size_t>(odd - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const CodePoint point = decode_utf8(text);
    if (point.size == 0) {
      out += "\\ufffd";  // the replacement character: a line is always valid UTF-8
      text.remove_prefix(1);
      continue;
    }
    if (point.value == '"' || point.value == '\\') {
      out.push_back('\\');
      out.push_back(text[0]);
    } else if (is_unsafe(point.value)) {
      out += fmt::format("\\u{:04x}", point.value);
    } else {
      out.append(text.substr(0, point.size));
    }
    text.remove_prefix(point.size);
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '\\' || c == '=') return true;
  }
  return false;
}

}  // namespace

LogField::LogField(std::string_view field, double number)
    : name(field), value(fmt::format("{:.3f}", number)), is_number(true) {}

std::string format_text_line(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line(event);
  for (const LogField& field : fields) {
    line.push_back(' ');
    line.append(field.name).push_back('=');
    if (field.is_number || !needs_quotes(field.value)) {
      line.append(field.value);
    } else {
      append_quoted(line, field.value);
    }
  }
  return line;
}

std::string format_json_line(std::string_view time, std::string_view level, std::string_view event,
                             std::initializer_list<LogField> fields) {
  std::string line = "{\"time\":";
  append_quoted(line, time);
  line += ",\"level\":";
  append_quoted(line, level);
  line += ",\"event\":";
  append_quoted(line, event);
  for (const LogField& field : fields) {
    line.push_back(',');
    append_quoted(line, field.name);
    line.push_back(':');
    if (field.is_number) {
      line.append(field.value);
    } else {
      append_quoted(line, field.value);
    }
  }
  line.push_back('}');
  return line;
}

std::string_view name_of(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level_of(std::string_view word) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (name_of(level) == word) return level;
  }
  return std::nullopt;
}

Log::Log(const LogSettings& settings)
    : level_(settings.level),
      json_(settings.format == LogFormat::json ||
            (settings.format == LogFormat::automatic && isatty(STDERR_FILENO) != 1)),
      writer_(STDERR_FILENO) {}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < level_) return;
  const std::string time = to_rfc3339(std::chrono::system_clock::now());
  writer_.write(
      json_ ? format_json_line(time, name_of(level), event, fields)
            : fmt::format("{} {:5} {}", time, name_of(level), format_text_line(event, fields)));
}

void Log::listeners(const proxy::Layout& now, const proxy::Layout& before) {
  for (const proxy::ListenerContext& listener : now.listeners) {
    const proxy::ListenerContext* old =
        listener.index < before.listeners.size() ? &before.listeners[listener.index] : nullptr;
    const bool was_open = old != nullptr && old->open;
    if (!listener.open) {
      if (was_open) write(LogLevel::info, "not_listening", {{"listener", old->settings->name}});
      continue;
    }
    if (was_open && old->local == listener.local && old->pool == listener.pool) continue;
    write(LogLevel::info, "listening",
          {{"listener", listener.settings->name},
           {"address", listener.local},
           {"pool", listener.settings->pool}});
  }
}

void Log::connection_ended(const proxy::ConnectionSummary& summary) {
  if (LogLevel::info < level_) return;
  const std::string mark = summary.mark.to_string();
  write(LogLevel::info, "connection_ended",
        {{"mark", mark},
         {"peer", summary.peer},
         {"listener", summary.listener},
         {"upstream", summary.upstream},
         {"frames_up", summary.frames_up},
         {"frames_down", summary.frames_down},
         {"bytes_up", summary.bytes_up},
         {"bytes_down", summary.bytes_down},
         {"seconds", static_cast<double>(summary.lasted.count()) / 1000.0},
         {"reason", waymark::name_of(summary.reason)}});
}

void Log::connections_refused(const proxy::RefusedConnections& refused) {
  write(LogLevel::warn, "connections_refused",
        {{"listener", refused.listener},
         {"reason", refused.reason},
         {"source", refused.source},
         {"count", refused.count}});
}

void Log::upstream_ready(const proxy::UpstreamRef& /*ref*/, std::string_view pool,
                         std::string_view address, std::string_view name,
                         std::string_view protocol) {
  write(LogLevel::info, "upstream_ready",
        {{"pool", pool}, {"address", address}, {"name", name}, {"protocol", protocol}});
}

void Log::upstream_failed(const proxy::UpstreamRef& /*ref*/, std::string_view pool,
                          std::string_view address, std::string_view why) {
  write(LogLevel::warn, "upstream_failed", {{"pool", pool}, {"address", address}, {"why", why}});
}

void Log::upstream_lost(const proxy::UpstreamRef& /*ref*/, std::string_view pool,
                        std::string_view address, std::string_view why) {
  write(LogLevel::warn, "upstream_lost", {{"pool", pool}, {"address", address}, {"why", why}});
}

void Log::frame_given_up(const proxy::DeadLetter& letter) {
  if (LogLevel::warn < level_) return;
  const std::string mark = letter.mark.to_string();
  write(LogLevel::warn, "frame_given_up",
        {{"mark", mark},
         {"seq", letter.seq},
         {"pool", letter.pool},
         {"listener", letter.listener},
         {"upstream", letter.upstream},
         {"attempts", std::uint64_t{letter.attempts}},
         {"bytes", static_cast<std::uint64_t>(letter.payload.size())},
         {"reason", proxy::name_of(letter.reason)}});
}

}  // namespace waymark::app
