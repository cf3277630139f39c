// The side of TLS that libmicrohttpd shows: each new connection gets the credentials of the moment,
// and only so much time for its handshake. What becomes of a handshake libmicrohttpd does not tell;
// a connection that ends before a request tells enough.
#pragma once

#include <microhttpd.h>

#include <array>
#include <chrono>
#include <functional>

#include "admin/tls_credentials.h"

namespace waymark::admin {

class TlsDoor {
 public:
  struct Options {
    const TlsSlot* slot = nullptr;           // outlives the daemon; null: plain HTTP
    std::chrono::seconds handshake_timeout;  // from connecting to the first line of a request
    std::chrono::seconds idle_timeout;       // from there on
    std::function<void()> on_unused;         // a connection has ended that brought no request
  };

  explicit TlsDoor(const Options& options);
  TlsDoor(const TlsDoor&) = delete;
  TlsDoor& operator=(const TlsDoor&) = delete;

  // For MHD_start_daemon, of a daemon that this outlives: flags, and the value of MHD_OPTION_ARRAY.
  [[nodiscard]] unsigned flags() const;
  [[nodiscard]] MHD_OptionItem* daemon_options() { return daemon_options_.data(); }

  // With the first line of each request.
  void request_begins(MHD_Connection* connection) const;

 private:
  struct Guest {
    TlsCredentialsPtr credentials;
    bool used = false;  // has brought a request
  };

  static void on_connection(void* self, MHD_Connection* connection, void** guest,
                            MHD_ConnectionNotificationCode what);
  [[nodiscard]] Guest* begin(MHD_Connection* connection) const;
  void end(Guest* guest) const;

  const Options options_;
  std::array<MHD_OptionItem, 3> daemon_options_{};
};

}  // namespace waymark::admin
