// A running lab as its commands see it: over its API alone.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/http_client.h"
#include "ctl/json_fields.h"
#include "ctl/output.h"
#include "ctl/table.h"
#include "lab/lab_lock.h"

namespace waymark::lab {

class Client {
 public:
  // Finds the lab of the directory. NotFound if there is none, saying how to start one;
  // FailedPrecondition if the directory is not this user's alone.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Client>> find(const std::string& dir);

  // The lab itself: what is under "members" of it is a process each.
  [[nodiscard]] absl::StatusOr<ctl::Json> lab();
  // `action`: start, stop, kill, freeze or resume. Returns when a process that is to end has ended.
  [[nodiscard]] absl::Status act(const std::string& name, const std::string& action);
  // An empty list asks. What an upstream does then.
  [[nodiscard]] absl::StatusOr<ctl::Json> set(
      const std::string& name, const std::vector<std::pair<std::string, std::string>>& values);
  // Prints the last `lines`, and then, with `follow`, what comes until the lab or the reader ends.
  [[nodiscard]] absl::Status print_log(const std::string& name, std::size_t lines, bool follow,
                                       ctl::Output& out);
  // Returns when the lab has ended and its directory is gone.
  [[nodiscard]] absl::Status down();

 private:
  Client(std::string dir, LabLock lock, std::string url, std::string token)
      : dir_(std::move(dir)),
        lock_(std::move(lock)),
        url_(std::move(url)),
        token_(std::move(token)) {}

  [[nodiscard]] absl::StatusOr<ctl::Json> call(const std::string& method, const std::string& path,
                                               const ctl::Json* body = nullptr);
  // Until nothing is left of the lab.
  [[nodiscard]] absl::Status wait_for_end() const;

  const std::string dir_;
  const LabLock lock_;  // of the lab that was found, whatever comes after it
  const std::string url_;
  const std::string token_;
  ctl::HttpClient http_{std::chrono::seconds(10)};
};

// What `waymark-lab ps` prints.
[[nodiscard]] std::string member_table(const ctl::Json& lab, const ctl::Style& style);

}  // namespace waymark::lab
