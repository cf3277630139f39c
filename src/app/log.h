// The program's log: one line an occurrence, text on a terminal and JSON elsewhere, to stderr.
//
// Lines are written by a thread of their own. When its queue of kQueuedLines is full the oldest
// lines are dropped and counted: a reader of the log that stalls must not stall the clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "app/config.h"
#include "proxy/observer.h"

namespace spdlog {
class logger;
}
namespace spdlog::details {
class thread_pool;
}

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

class Log final : public proxy::Observer {
 public:
  static constexpr std::size_t kQueuedLines = 8192;

  explicit Log(const LogSettings& settings);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // Writes what is queued.
  ~Log() override;

  // Any thread.
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  [[nodiscard]] std::uint64_t dropped_lines() const;

  void connection_ended(const proxy::ConnectionSummary& summary) override;
  void upstream_ready(std::string_view pool, std::string_view address, std::string_view name,
                      std::string_view protocol) override;
  void upstream_failed(std::string_view pool, std::string_view address,
                       std::string_view why) override;
  void upstream_lost(std::string_view pool, std::string_view address,
                     std::string_view why) override;

 private:
  const LogLevel level_;
  bool json_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;  // shared by spdlog's own contract
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace waymark::app
