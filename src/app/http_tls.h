// The TLS of the HTTP listeners that have it. Their files may change while the paths stay: a reload
// reads them again, and connections that are there go on with what they have.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "admin/tls_credentials.h"
#include "app/config.h"

namespace waymark::app {

class HttpTls {
 public:
  static constexpr std::size_t kListeners = 2;  // admin, registry
  // One a listener; null: it talks plain HTTP.
  using Credentials = std::array<admin::TlsCredentialsPtr, kListeners>;

  // Reads the files that `config` names. An error names the file and what is wrong with it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<HttpTls>> load(const Config& config);
  HttpTls(const HttpTls&) = delete;
  HttpTls& operator=(const HttpTls&) = delete;

  // Null: that listener talks plain HTTP.
  [[nodiscard]] const admin::TlsSlot* admin() const { return slot(0); }
  [[nodiscard]] const admin::TlsSlot* registry() const { return slot(1); }

  // The same files as they are now; nothing changes until show(). Thread-safe, as is show().
  [[nodiscard]] absl::StatusOr<Credentials> read() const;
  // New connections get these.
  void show(const Credentials& credentials);

 private:
  using Options = std::array<std::optional<admin::TlsOptions>, kListeners>;

  explicit HttpTls(const Config& config) : options_{config.admin.tls, config.registry.tls} {}
  [[nodiscard]] const admin::TlsSlot* slot(std::size_t i) const {
    return options_[i] ? &slots_[i] : nullptr;
  }

  const Options options_;
  std::array<admin::TlsSlot, kListeners> slots_;
};

}  // namespace waymark::app
