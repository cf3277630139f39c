// What a lab knows of one of its processes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/log_book.h"

namespace waymark::lab {

enum class Kind : std::uint8_t { proxy, upstream };

//   running <-> frozen       SIGSTOP, SIGCONT
//   running, frozen -> stopping -> stopped      asked to end: SIGTERM, after 10 s SIGKILL
//   running, frozen -> failed                   ended by itself
//   stopped, failed -> running                  started again
enum class State : std::uint8_t { running, frozen, stopping, stopped, failed };

[[nodiscard]] constexpr std::string_view name_of(Kind kind) {
  return kind == Kind::proxy ? "proxy" : "upstream";
}
[[nodiscard]] constexpr std::string_view name_of(State state) {
  switch (state) {
    case State::running:
      return "running";
    case State::frozen:
      return "frozen";
    case State::stopping:
      return "stopping";
    case State::stopped:
      return "stopped";
    case State::failed:
      return "failed";
  }
  return "";
}

// How a process is started and where it is then.
struct Recipe {
  std::string name;
  Kind kind = Kind::proxy;
  std::vector<std::string> command;
  std::string address;  // of clients, or of an upstream's gRPC server
  std::string admin;    // of a proxy, as below
  std::string telemetry;
  std::string control;  // Unix socket of an upstream
};

struct MemberView {
  std::string name;
  Kind kind = Kind::proxy;
  State state = State::stopped;
  pid_t pid = 0;
  std::string address;
  std::string admin;
  std::string telemetry;
  std::string control;
  std::uint32_t starts = 0;
  std::string ended;
  std::chrono::system_clock::time_point since;
};

struct Member {
  Member(Recipe made_by, std::string log_file)
      : recipe(std::move(made_by)), log(std::move(log_file)) {}

  [[nodiscard]] MemberView view() const {
    return {recipe.name,      recipe.kind,    state,  pid,   recipe.address, recipe.admin,
            recipe.telemetry, recipe.control, starts, ended, since};
  }
  void become(State now) {
    state = now;
    since = std::chrono::system_clock::now();
  }

  const Recipe recipe;
  LogBook log;
  State state = State::stopped;  // changed by become() alone
  std::chrono::system_clock::time_point since = std::chrono::system_clock::now();
  pid_t pid = 0;    // 0: there is no process
  int output = -1;  // -1: it has been read to its end
  std::uint32_t starts = 0;
  std::string ended;
  std::optional<std::chrono::steady_clock::time_point> kill_at;  // while stopping
};

}  // namespace waymark::lab
