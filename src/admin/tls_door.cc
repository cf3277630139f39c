#include "admin/tls_door.h"

#include <gnutls/abstract.h>

#include <utility>

namespace waymark::admin {
namespace {

// What a connection would show that was given no credentials.
int no_certificate(gnutls_session_t, const gnutls_cert_retr_st*, gnutls_pcert_st**, unsigned*,
                   gnutls_ocsp_data_st**, unsigned*, gnutls_privkey_t*, unsigned*) {
  return -1;
}

void set_timeout(MHD_Connection* connection, std::chrono::seconds timeout) {
  MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                            static_cast<unsigned>(timeout.count()));
}

}  // namespace

TlsDoor::TlsDoor(const Options& options) : options_(options) {
  daemon_options_.fill({MHD_OPTION_END, 0, nullptr});
  if (options_.slot == nullptr) return;
  daemon_options_[0] = {MHD_OPTION_NOTIFY_CONNECTION, reinterpret_cast<intptr_t>(&on_connection),
                        this};
  daemon_options_[1] = {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0,
                        reinterpret_cast<void*>(&no_certificate)};
}

unsigned TlsDoor::flags() const { return options_.slot == nullptr ? 0 : MHD_USE_TLS; }

void TlsDoor::request_begins(MHD_Connection* connection) const {
  if (options_.slot == nullptr) return;
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  const bool is_first = !std::exchange(static_cast<Guest*>(info->socket_context)->used, true);
  if (is_first) set_timeout(connection, options_.idle_timeout);
}

// `guest` is the connection's own pointer.
void TlsDoor::on_connection(void* self, MHD_Connection* connection, void** guest,
                            MHD_ConnectionNotificationCode what) {
  const auto* door = static_cast<const TlsDoor*>(self);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    *guest = door->begin(connection);
  } else {
    door->end(static_cast<Guest*>(std::exchange(*guest, nullptr)));
  }
}

TlsDoor::Guest* TlsDoor::begin(MHD_Connection* connection) const {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  auto* guest = new Guest{.credentials = options_.slot->get()};
  guest->credentials->give_to(static_cast<gnutls_session_t>(info->tls_session));
  set_timeout(connection, options_.handshake_timeout);
  return guest;
}

void TlsDoor::end(Guest* guest) const {
  if (!guest->used) options_.on_unused();
  delete guest;
}

}  // namespace waymark::admin
