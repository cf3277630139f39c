// An echo that talks TLS, a thread a connection, with a certificate that signs itself.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "load/descriptor.h"

namespace waymark::load {

// Made for a test; the files go with it.
class SelfSigned {
 public:
  SelfSigned() {
    std::string directory = std::filesystem::temp_directory_path() / "waymark-load-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    directory_ = directory;
    file_ = directory_ / "certificate.pem";
    X509* made = certificate.get();
    X509_set_version(made, 2);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key.get());
    X509_NAME* name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("load"), -1, -1, 0);
    X509_set_issuer_name(made, name);
    REQUIRE(X509_sign(made, key.get(), EVP_sha256()) > 0);
    std::FILE* out = std::fopen(file_.c_str(), "w");
    REQUIRE(out != nullptr);
    PEM_write_X509(out, made);
    std::fclose(out);
  }
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;
  ~SelfSigned() { std::filesystem::remove_all(directory_); }

  [[nodiscard]] const std::string& file() const { return file_; }

  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  const std::unique_ptr<EVP_PKEY, Free> key{EVP_EC_gen("P-256")};
  const std::unique_ptr<X509, Free> certificate{X509_new()};

 private:
  std::filesystem::path directory_;
  std::string file_;
};

class TlsServer {
 public:
  struct Options {
    int version = TLS1_3_VERSION;
    std::size_t preface = 0;             // bytes before TLS
    std::size_t close_after = SIZE_MAX;  // answers, on each connection
  };

  TlsServer(const SelfSigned& identity, Options options) : options_(options) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    SSL_CTX_set_min_proto_version(context_.get(), options.version);
    SSL_CTX_set_max_proto_version(context_.get(), options.version);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), generic, size) == 0);
    REQUIRE(::listen(listener_.get(), 128) == 0);
    REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer() { stop(); }

  // Waits for those that are connected to end.
  void stop() {
    if (!acceptor_.joinable()) return;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Once stopped: of each connection what came before TLS, and how many ended with a close_notify.
  [[nodiscard]] const std::vector<std::string>& prefaces() const { return prefaces_; }
  [[nodiscard]] int clean_ends() const { return clean_ends_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
  };

  void accept() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // for the threads it starts too
    for (;;) {
      Descriptor socket(::accept(listener_.get(), nullptr, nullptr));
      if (!socket) return;
      std::string preface(options_.preface, '\0');
      if (!preface.empty()) ::recv(socket.get(), preface.data(), preface.size(), MSG_WAITALL);
      prefaces_.push_back(preface);
      threads_.emplace_back([this, socket = std::move(socket)] { serve(socket.get()); });
    }
  }

  void serve(int socket) {
    std::unique_ptr<SSL, Free> connection(SSL_new(context_.get()));
    SSL_set_fd(connection.get(), socket);
    if (SSL_accept(connection.get()) != 1) return;
    std::array<char, 16 * 1024> bytes;
    for (std::size_t answers = 0; answers < options_.close_after; ++answers) {
      const int size = SSL_read(connection.get(), bytes.data(), bytes.size());
      if (size <= 0) {
        if (SSL_get_error(connection.get(), size) == SSL_ERROR_ZERO_RETURN) ++clean_ends_;
        return;
      }
      if (SSL_write(connection.get(), bytes.data(), size) != size) return;
    }
  }

  Options options_;
  std::unique_ptr<SSL_CTX, Free> context_{SSL_CTX_new(TLS_server_method())};
  Descriptor listener_{::socket(AF_INET, SOCK_STREAM, 0)};
  std::uint16_t port_ = 0;
  std::vector<std::string> prefaces_;
  std::atomic<int> clean_ends_{0};
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

}  // namespace waymark::load
