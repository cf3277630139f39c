#include "net/tls_session.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

namespace waymark::net {

// The session as OpenSSL sees it: something to read from and to write to.
struct TlsSession::BioCalls {
  static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* buffer, int size) {
    TlsSession& session = session_of(bio);
    BIO_clear_retry_flags(bio);
    if (session.budget_ == 0) {
      session.spent_ = true;
      BIO_set_retry_read(bio);
      return -1;
    }
    size = static_cast<int>(std::min(static_cast<std::size_t>(size), session.budget_));
    ssize_t got = 0;
    do {
      got = ::recv(session.fd_, buffer, static_cast<std::size_t>(size), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    session.socket_empty_ = got < size;
    if (got > 0) session.budget_ -= static_cast<std::size_t>(got);
    if (got == 0) session.socket_ended_ = true;
    if (got >= 0) return static_cast<int>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      BIO_set_retry_read(bio);
    } else {
      session.socket_error_ = errno;
    }
    return -1;
  }

  static int write(BIO*, const char* bytes, int size) {
    output().append(bytes, static_cast<std::size_t>(size));
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* all = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "waymark");
      BIO_meth_set_read(all, read);
      BIO_meth_set_write(all, write);
      BIO_meth_set_ctrl(all, control);
      return all;
    }();
    return made;
  }
};

namespace {

std::string hex(const SpkiHash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string subject_of(const X509* certificate) {
  BIO* memory = BIO_new(BIO_s_mem());
  if (memory == nullptr) throw std::bad_alloc();
  X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string subject(text, static_cast<std::size_t>(size));
  BIO_free(memory);
  return subject;
}

std::string ip_text(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::vector<std::string> alternative_names_of(const X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS) names.push_back(fmt::format("DNS:{}", text_of(name->d.dNSName)));
    if (name->type == GEN_URI) {
      names.push_back(fmt::format("URI:{}", text_of(name->d.uniformResourceIdentifier)));
    }
    if (name->type == GEN_EMAIL) {
      names.push_back(fmt::format("email:{}", text_of(name->d.rfc822Name)));
    }
    if (name->type == GEN_IPADD) {
      names.push_back(fmt::format("IP:{}", ip_text(text_of(name->d.iPAddress))));
    }
  }
  GENERAL_NAMES_free(all);
  return names;
}

}  // namespace

void TlsSession::Freed::operator()(SSL* connection) const { SSL_free(connection); }

std::string& TlsSession::output() {
  static thread_local std::string bytes;
  return bytes;
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int fd)
    : context_(std::move(context)), fd_(fd), connection_(context_->new_connection()) {
  BIO* bio = BIO_new(BioCalls::method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(connection_.get(), bio, bio);
}

TlsSession::~TlsSession() = default;

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  budget_ = kHandshakeBytes;
  const int result = SSL_do_handshake(connection_.get());
  if (result == 1) {
    ready_ = true;
    return Step::done;
  }
  if (SSL_get_error(connection_.get(), result) == SSL_ERROR_WANT_READ) return Step::waits;
  const int reason = ERR_GET_REASON(ERR_peek_error());
  ERR_clear_error();
  if (socket_ended_ || socket_error_ != 0) return Step::ended;
  if (SSL_get_verify_result(connection_.get()) != X509_V_OK ||
      reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    return Step::untrusted;
  }
  return Step::failed;
}

ReadResult TlsSession::why_nothing(int result) {
  const int reason = SSL_get_error(connection_.get(), result);
  ERR_clear_error();
  if (reason == SSL_ERROR_WANT_READ) return {};
  ended_ = true;
  if (reason == SSL_ERROR_ZERO_RETURN) return {ReadResult::Kind::end, 0, 0};
  const int error_number = socket_error_ != 0 ? socket_error_ : socket_ended_ ? ECONNRESET : EPROTO;
  return {ReadResult::Kind::failed, 0, error_number};
}

bool TlsSession::has_more() const {
  return peeked_ || ended_ || !socket_empty_ || SSL_has_pending(connection_.get()) != 0;
}

// What is wrong or over behind some bytes is told again by the next call.
//
// OpenSSL answers messages that carry no data by itself and reads on: without a budget, a client
// that sends nothing else would keep it busy for ever.
ReadResult TlsSession::decipher(char* buffer, std::size_t size) {
  ERR_clear_error();
  budget_ = size + kRecord;
  spent_ = false;
  std::size_t filled = 0;
  while (filled < size) {
    std::size_t got = 0;
    const int result = SSL_read_ex(connection_.get(), buffer + filled, size - filled, &got);
    if (result != 1) {
      const ReadResult nothing = why_nothing(result);
      if (filled > 0) break;
      if (!spent_ || ++spent_for_nothing_ < kMostSpentForNothing) return nothing;
      ended_ = true;
      return {ReadResult::Kind::failed, 0, EPROTO};
    }
    filled += got;
    spent_for_nothing_ = 0;
    // What the socket gave last was all it had, and nothing of it is left.
    if (socket_empty_ && SSL_has_pending(connection_.get()) == 0) break;
  }
  return {ReadResult::Kind::bytes, filled, 0};
}

ReadResult TlsSession::read(char* buffer, std::size_t size) {
  if (!peeked_) return decipher(buffer, size);
  const std::size_t taken = std::min(size, peeked_->size());
  std::copy_n(peeked_->data(), taken, buffer);
  peeked_->erase(0, taken);
  if (peeked_->empty()) {
    peeked_.reset();
    socket_empty_ = false;  // nobody has looked since
  }
  return {ReadResult::Kind::bytes, taken, 0};
}

ReadResult TlsSession::peek(char* buffer, std::size_t size) {
  const std::size_t before = peeked_ ? peeked_->size() : 0;
  ReadResult found;
  if (before < size) {
    std::string bytes(size - before, '\0');
    found = decipher(bytes.data(), bytes.size());
    if (found.size > 0) {
      if (!peeked_) peeked_ = std::make_unique<std::string>();
      peeked_->append(bytes, 0, found.size);
    }
  }
  if (!peeked_) return found;
  const std::size_t seen = std::min(size, peeked_->size());
  std::copy_n(peeked_->data(), seen, buffer);
  return {ReadResult::Kind::bytes, seen, 0};
}

bool TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  while (!bytes.empty()) {
    std::size_t taken = 0;
    if (SSL_write_ex(connection_.get(), bytes.data(), std::min(bytes.size(), kRecord), &taken) !=
        1) {
      ERR_clear_error();
      return false;
    }
    bytes.remove_prefix(taken);
  }
  return true;
}

void TlsSession::close_notify() {
  if (!ready_) return;
  ERR_clear_error();
  (void)SSL_shutdown(connection_.get());
  ERR_clear_error();
}

std::string_view TlsSession::sni() const {
  const char* name = SSL_get_servername(connection_.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : std::string_view();
}

TlsFacts TlsSession::facts() const {
  TlsFacts facts{.version = SSL_get_version(connection_.get()),
                 .cipher = SSL_get_cipher_name(connection_.get()),
                 .sni = std::string(sni()),
                 .subject = {},
                 .spki_sha256 = {},
                 .alternative_names = {}};
  if (const X509* certificate = SSL_get0_peer_certificate(connection_.get())) {
    facts.subject = subject_of(certificate);
    facts.spki_sha256 = hex(spki_hash(certificate));
    facts.alternative_names = alternative_names_of(certificate);
  }
  return facts;
}

}  // namespace waymark::net
