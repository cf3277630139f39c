// HTTP over one kept connection: the only user of libcurl.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace waymark::ctl {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value", already checked for control characters
  std::string body;                  // sent if the method is not GET
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// PEM files; each may be empty.
struct ClientTls {
  std::string ca;           // signs the server's certificate; empty: the system's CAs
  std::string certificate;  // that is shown to the server
  std::string key;          // of the certificate
};

struct StreamLimits {
  std::chrono::milliseconds silence{0};  // ends so long after the last byte; 0: never
  std::chrono::milliseconds total{0};    // ends after so long; 0: never
  int wake_fd = -1;                      // ends when this becomes readable; -1: none
};

// Faults of the way to the server: Unavailable if it was not reached or what it sent broke off,
// DeadlineExceeded if it did not answer in time, ResourceExhausted if the answer is too large,
// FailedPrecondition if the two do not agree on TLS, with what to do about it on a second line, and
// InvalidArgument for a file of ClientTls that cannot be used, which is named.
// Redirects are not followed and proxies of the environment not used: the token goes to the one
// place that was named.
class HttpClient {
 public:
  static constexpr std::size_t kMaxAnswer = 64 * 1024 * 1024;

  // `timeout`: of connecting, and of each answer.
  explicit HttpClient(std::chrono::milliseconds timeout, ClientTls tls = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  [[nodiscard]] absl::StatusOr<HttpAnswer> send(const HttpRequest& request);

  enum class End {
    refused,      // the status was not 200: `body` is what the server said
    server,       // the server ended the stream in order
    taker,        // on_bytes wanted no more
    silence,      // StreamLimits::silence
    total,        // StreamLimits::total
    interrupted,  // StreamLimits::wake_fd
  };
  struct StreamEnd {
    End end = End::server;
    HttpAnswer answer;  // its body only if refused
  };
  // Gives the body of a 200 to `on_bytes` as it comes, until that returns false. The head of the
  // answer must come within the client's timeout.
  [[nodiscard]] absl::StatusOr<StreamEnd> stream(
      const HttpRequest& request, const StreamLimits& limits,
      const std::function<bool(std::string_view)>& on_bytes);

 private:
  class Transfer;

  const std::chrono::milliseconds timeout_;
  const ClientTls tls_;
  // curl handles behind void pointers, so that its header stays in one file.
  void* easy_;
  void* multi_;
};

}  // namespace waymark::ctl
