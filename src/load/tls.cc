#include "load/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "base/status.h"

namespace waymark::load {
namespace {

// The first error on this thread, which is forgotten.
std::string take_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("error {:#x}", code);
}

}  // namespace

void TlsContext::Freed::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

absl::StatusOr<TlsContext> TlsContext::make(const std::string& ca_file) {
  TlsContext made;
  made.context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = made.context_.get();
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);  // one read a record, not one for its header too
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (ca_file.empty()) return made;
  ERR_clear_error();
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return error(absl::StatusCode::kInvalidArgument, "tls-ca {}: {}", ca_file, take_error());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return made;
}

void TlsStream::Freed::operator()(SSL* connection) const { SSL_free(connection); }

TlsStream::TlsStream(const TlsContext& context, int fd)
    : connection_(SSL_new(context.context_.get())) {
  if (!connection_ || SSL_set_fd(connection_.get(), fd) != 1) throw std::bad_alloc();
  SSL_set_connect_state(connection_.get());
}

TlsStream::Step TlsStream::step_of(int result) {
  const int error_number = errno;
  switch (SSL_get_error(connection_.get(), result)) {
    case SSL_ERROR_NONE:
      return Step::done;
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_room;
    case SSL_ERROR_ZERO_RETURN:
      why_ = "close_notify";
      return Step::ended;
    case SSL_ERROR_SYSCALL:
      why_ = std::generic_category().message(error_number);
      break;
    default:
      why_ = take_error();
      break;
  }
  if (const long verdict = SSL_get_verify_result(connection_.get()); verdict != X509_V_OK) {
    if (SSL_get_verify_mode(connection_.get()) != SSL_VERIFY_NONE) {
      why_ += fmt::format(" ({})", X509_verify_cert_error_string(verdict));
    }
  }
  ERR_clear_error();
  return Step::failed;
}

TlsStream::Step TlsStream::shake_hands() {
  ERR_clear_error();
  return step_of(SSL_do_handshake(connection_.get()));
}

TlsStream::Moved TlsStream::read(std::span<char> out) {
  ERR_clear_error();
  Moved moved;
  moved.step = step_of(SSL_read_ex(connection_.get(), out.data(), out.size(), &moved.bytes));
  return moved;
}

bool TlsStream::has_more() const { return SSL_has_pending(connection_.get()) != 0; }

TlsStream::Moved TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  Moved moved;
  moved.step = step_of(SSL_write_ex(connection_.get(), bytes.data(), bytes.size(), &moved.bytes));
  return moved;
}

void TlsStream::close_notify() {
  ERR_clear_error();
  (void)SSL_shutdown(connection_.get());
  ERR_clear_error();
}

std::string TlsStream::facts() const {
  SSL* connection = connection_.get();
  const char* group =
      SSL_group_to_name(connection, static_cast<int>(SSL_get_negotiated_group(connection)));
  return fmt::format("{} {} {}", SSL_get_version(connection), SSL_get_cipher_name(connection),
                     group != nullptr ? group : "?");
}

}  // namespace waymark::load
