// The calls of docs/admin.md: JSON over HTTP, with every fault as a message for people.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/http_client.h"
#include "ctl/json_fields.h"
#include "ctl/sse_parser.h"
#include "ctl/token.h"

namespace waymark::ctl {

struct Answer {
  std::string text;  // as the server sent it
  Json json;
};

// Errors carry the code that exit_code_of() reads; their text names the server, the problem and
// what to try, and may have several lines.
class Api {
 public:
  // `base_url`: of parse_base_url().
  Api(std::string base_url, Token token, std::chrono::milliseconds timeout, ClientTls tls = {});

  // `path` begins with a slash and is encoded (ctl/url.h).
  [[nodiscard]] absl::StatusOr<Answer> get(const std::string& path);
  [[nodiscard]] absl::StatusOr<Answer> post(const std::string& path, const Json& body);
  [[nodiscard]] absl::StatusOr<Answer> patch(const std::string& path, const Json& body);
  [[nodiscard]] absl::StatusOr<Answer> remove(const std::string& path);

  // Events of `path` until the server, a limit or the sink (its `wants_more` is asked after each
  // piece) ends the stream. `last_event_id` empty: none is sent.
  [[nodiscard]] absl::StatusOr<HttpClient::End> stream(const std::string& path,
                                                       const std::string& last_event_id,
                                                       const StreamLimits& limits, SseSink& sink,
                                                       const std::function<bool()>& wants_more);

  [[nodiscard]] const std::string& base_url() const { return base_url_; }
  [[nodiscard]] const Token& token() const { return token_; }

 private:
  [[nodiscard]] absl::StatusOr<Answer> call(const std::string& method, const std::string& path,
                                            const Json* body);
  [[nodiscard]] HttpRequest request(const std::string& method, const std::string& path) const;
  [[nodiscard]] absl::Status not_reached(const absl::Status& fault, bool changes) const;
  [[nodiscard]] absl::Status refusal(const HttpAnswer& answer) const;

  const std::string base_url_;
  const Token token_;
  HttpClient http_;
};

}  // namespace waymark::ctl
