// TLS as the model plays it: nobody talks it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::net {

struct TlsFacts {
  std::string version;
  std::string cipher;
  std::string sni;
  std::string subject;
  std::string spki_sha256;
  std::vector<std::string> alternative_names;
};

class TlsSession {
 public:
  [[nodiscard]] TlsFacts facts() const { return {}; }
  [[nodiscard]] std::string_view sni() const { return {}; }
  [[nodiscard]] std::size_t held_bytes() const { return 0; }
};

}  // namespace waymark::net
