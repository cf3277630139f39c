// A Unix socket on which the behaviour of a running stub is asked and changed.
//
// Each line is a JSON object of values by name, and is answered by a line. All of them are taken or
// none; {} asks.
//
//   {"delay":"200ms","failure":"12%"}
//   {"behaviour":{"reply":"echo","ack":"auto","delay":"200ms",...},"frames":1234}
//   {"delay":"soon"}
//   {"error":"delay: \"soon\", expected a time such as 20ms or 1s, at most 24h"}
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "stub.h"

namespace waymark::stub {

class Control {
 public:
  // Makes the socket, for the user of this process alone; one that nobody listens on any more is
  // replaced. Serves one connection after another, on a thread of its own; one that is silent for
  // 2 s is ended. `stub` outlives this.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Control>> open(const std::string& path,
                                                                     Stub& stub);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  // Takes the socket away.
  ~Control();

 private:
  Control(std::string path, int listener, int stop, Stub& stub);

  void run();
  void serve(int connection);
  [[nodiscard]] std::string answer(std::string_view line);
  // False: this is to end, or nothing came in time.
  [[nodiscard]] bool wait_for(int descriptor, int timeout_ms) const;

  const std::string path_;
  const int listener_;
  const int stop_;  // eventfd
  Stub& stub_;
  std::thread thread_;
};

}  // namespace waymark::stub
