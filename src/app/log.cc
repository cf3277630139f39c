#include "app/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace waymark::app {
namespace {

// The UTF-8 forms of U+200E, U+200F, U+202A..U+202E and U+2066..U+2069, which change the direction
// in which a terminal writes.
bool starts_bidi_control(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xe2') return false;
  const auto last = static_cast<unsigned char>(text[2]);
  if (text[1] == '\x80') return last == 0x8e || last == 0x8f || (last >= 0xaa && last <= 0xae);
  return text[1] == '\x81' && last >= 0xa6 && last <= 0xa9;
}

void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else if (starts_bidi_control(text.substr(i))) {
      const unsigned point = 0x2000U | (static_cast<unsigned char>(text[i + 1]) & 0x3fU) << 6 |
                             (static_cast<unsigned char>(text[i + 2]) & 0x3fU);
      out += fmt::format("\\u{:04x}", point);
      i += 2;
    } else {
      out.push_back(c);
    }
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

std::string_view name_of(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

std::string now_rfc3339() {
  const auto now = std::chrono::system_clock::now();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
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

Log::Log(const LogSettings& settings) : level_(settings.level) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  json_ =
      settings.format == LogFormat::json || (settings.format == LogFormat::automatic && !terminal);
  pool_ = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  logger_ = std::make_shared<spdlog::async_logger>("waymark", std::move(sink), pool_,
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_pattern("%v");
}

Log::~Log() {
  logger_->flush();
  logger_.reset();
  pool_.reset();  // joins after the queue is empty
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < level_) return;
  const std::string time = now_rfc3339();
  logger_->info("{}", json_ ? format_json_line(time, name_of(level), event, fields)
                            : fmt::format("{} {:5} {}", time, name_of(level),
                                          format_text_line(event, fields)));
}

std::uint64_t Log::dropped_lines() const { return pool_->overrun_counter(); }

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

void Log::upstream_ready(std::string_view pool, std::string_view address, std::string_view name,
                         std::string_view protocol) {
  write(LogLevel::info, "upstream_ready",
        {{"pool", pool}, {"address", address}, {"name", name}, {"protocol", protocol}});
}

void Log::upstream_failed(std::string_view pool, std::string_view address, std::string_view why) {
  write(LogLevel::warn, "upstream_failed", {{"pool", pool}, {"address", address}, {"why", why}});
}

void Log::upstream_lost(std::string_view pool, std::string_view address, std::string_view why) {
  write(LogLevel::warn, "upstream_lost", {{"pool", pool}, {"address", address}, {"why", why}});
}

}  // namespace waymark::app
