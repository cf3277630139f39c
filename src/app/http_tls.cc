#include "app/http_tls.h"

namespace waymark::app {

absl::StatusOr<std::unique_ptr<HttpTls>> HttpTls::load(const Config& config) {
  std::unique_ptr<HttpTls> made(new HttpTls(config));
  auto credentials = made->read();
  if (!credentials.ok()) return credentials.status();
  made->show(*credentials);
  return made;
}

absl::StatusOr<HttpTls::Credentials> HttpTls::read() const {
  Credentials all;
  for (std::size_t i = 0; i < kListeners; ++i) {
    if (!options_[i]) continue;
    auto read = admin::TlsCredentials::load(*options_[i]);
    if (!read.ok()) return read.status();
    all[i] = *std::move(read);
  }
  return all;
}

void HttpTls::show(const Credentials& credentials) {
  for (std::size_t i = 0; i < kListeners; ++i) slots_[i].set(credentials[i]);
}

}  // namespace waymark::app
