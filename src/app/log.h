// The program's log: one line an occurrence, text on a terminal and JSON elsewhere, to stderr.
//
// Lines are written by a thread of their own (line_writer.h). When its queue is full, further lines
// are dropped and counted: a reader of the log that stalls must not stall the clients.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"
#include "app/line_writer.h"
#include "proxy/layout.h"
#include "proxy/observer.h"

namespace waymark::app {

// One "name": value of a line. Numbers are written without quotes in JSON.
struct LogField {
  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, std::uint64_t number)
      : name(field), value(std::to_string(number)), is_number(true) {}
  LogField(std::string_view field, double number);

  std::string_view name;
  std::string value;
  bool is_number = false;
};

// The line's content, pure. Control characters and those that reverse the direction of writing are
// escaped in both formats, so that no peer can forge a line or hide one.
[[nodiscard]] std::string format_text_line(std::string_view event,
                                           std::initializer_list<LogField> fields);
[[nodiscard]] std::string format_json_line(std::string_view time, std::string_view level,
                                           std::string_view event,
                                           std::initializer_list<LogField> fields);

[[nodiscard]] std::string_view name_of(LogLevel level);
// The level of this name; nullopt for another word.
[[nodiscard]] std::optional<LogLevel> log_level_of(std::string_view word);

class Log final : public proxy::Observer {
 public:
  // Writes to stderr.
  explicit Log(const LogSettings& settings);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // Writes what is queued.
  ~Log() override = default;

  // Any thread, as all below.
  void set_level(LogLevel level) { level_ = level; }
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  // Tells of the listeners of `now` that are not in `before`, and of those that are no more.
  void listeners(const proxy::Layout& now, const proxy::Layout& before);
  // Writes what is queued, unless that takes longer.
  void flush(std::chrono::milliseconds at_most) { writer_.flush(at_most); }
  [[nodiscard]] std::uint64_t dropped_lines() const { return writer_.dropped(); }

  void connection_ended(const proxy::ConnectionSummary& summary) override;
  void connections_refused(const proxy::RefusedConnections& refused) override;
  void upstream_ready(const proxy::UpstreamRef& ref, std::string_view pool,
                      std::string_view address, std::string_view name,
                      std::string_view protocol) override;
  void upstream_failed(const proxy::UpstreamRef& ref, std::string_view pool,
                       std::string_view address, std::string_view why) override;
  void upstream_rests(const proxy::UpstreamRef& /*ref*/) override {}
  void upstream_gone(const proxy::UpstreamRef& /*ref*/) override {}
  void upstream_lost(const proxy::UpstreamRef& ref, std::string_view pool, std::string_view address,
                     std::string_view why) override;
  void dead_letter(proxy::DeadLetter&& letter) override { frame_given_up(letter); }
  void frame_given_up(const proxy::DeadLetter& letter);

 private:
  std::atomic<LogLevel> level_;
  const bool json_;
  LineWriter writer_;
};

}  // namespace waymark::app
