// One HTTP request as a value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waymark::admin {

struct Header {
  std::string name;  // of a request: in lower case
  std::string value;
};

struct Request {
  std::string method;  // HEAD arrives as GET: the server leaves the body out
  std::string target;  // as sent: path and query, nothing decoded
  std::vector<Header> headers;
  std::string body;
  bool has_body = false;  // one is announced, empty or not
  std::string peer;       // "address:port"

  // The first value, or nullptr. `name` in lower case.
  [[nodiscard]] const std::string* header(std::string_view name) const {
    for (const Header& header : headers) {
      if (header.name == name) return &header.value;
    }
    return nullptr;
  }
  [[nodiscard]] std::size_t header_count(std::string_view name) const {
    std::size_t count = 0;
    for (const Header& header : headers) count += header.name == name ? 1 : 0;
    return count;
  }
};

}  // namespace waymark::admin
