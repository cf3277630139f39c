// A client that talks TLS to a server on the loopback, waiting for each step at most ten seconds.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

namespace waymark::admin {

class TlsClient {
 public:
  // Shows the certificate of these PEM files, if any.
  explicit TlsClient(std::uint16_t port, const std::string& certificate = "",
                     const std::string& key = "")
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to a connection that the server has ended
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (!certificate.empty()) {
      REQUIRE(SSL_CTX_use_certificate_chain_file(context_, certificate.c_str()) == 1);
      REQUIRE(SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) == 1);
    }
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, fd_);
    shook_hands_ = SSL_connect(tls_) == 1;
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient() {
    SSL_free(tls_);
    SSL_CTX_free(context_);
    ::close(fd_);
  }

  [[nodiscard]] bool shook_hands() const { return shook_hands_; }
  [[nodiscard]] std::string server() const {
    X509* shown = SSL_get0_peer_certificate(tls_);
    std::array<char, 256> name{};
    if (shown != nullptr) X509_NAME_oneline(X509_get_subject_name(shown), name.data(), name.size());
    return name.data();
  }

  // What has come when `end` has, or the connection has ended.
  std::string ask(std::string_view request, std::string_view end) {
    if (SSL_write(tls_, request.data(), static_cast<int>(request.size())) <= 0) return "";
    return receive_until(end);
  }
  std::string receive_until(std::string_view end) {
    std::string text;
    std::array<char, 16384> buffer;
    while (text.find(end) == std::string::npos) {
      const int got = SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  const int fd_;
  SSL_CTX* const context_;
  SSL* tls_ = nullptr;
  bool shook_hands_ = false;
};

}  // namespace waymark::admin
