// Certificates and keys made for a test, as PEM files in a directory that goes with it.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "net/tls_context.h"

namespace waymark::net {

// A certificate and its key; one that signs itself is a CA.
class Identity {
 public:
  // `names` as OpenSSL writes them: "DNS:a.example,URI:urn:b".
  Identity(const std::filesystem::path& directory, const std::string& name,
           const std::string& names = "", const Identity* issuer = nullptr)
      : certificate_file(directory / (name + ".pem")),
        key_file(directory / (name + ".key")),
        key_(EVP_EC_gen("P-256")),
        certificate_(X509_new()) {
    static long serial = 0;
    X509* made = certificate_.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const Identity& signer = issuer != nullptr ? *issuer : *this;
    X509_set_issuer_name(made, X509_get_subject_name(signer.certificate_.get()));
    if (issuer == nullptr) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) extend(NID_subject_alt_name, names);
    X509_sign(made, signer.key_.get(), EVP_sha256());

    std::FILE* file = std::fopen(certificate_file.c_str(), "w");
    PEM_write_X509(file, made);
    std::fclose(file);
    file = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  // The key once more, in a file that wants a password.
  [[nodiscard]] std::string locked_key_file() const {
    std::string locked = key_file + ".locked";
    std::FILE* file = std::fopen(locked.c_str(), "w");
    PEM_write_PKCS8PrivateKey(file, key_.get(), EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
    std::fclose(file);
    return locked;
  }

  [[nodiscard]] SpkiHash pin() const { return spki_hash(certificate_.get()); }
  [[nodiscard]] TlsCertificate files() const { return {certificate_file, key_file, {}}; }

  const std::string certificate_file;
  const std::string key_file;

 private:
  void extend(int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no extension " + value);
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

class Certificates {
 public:
  Certificates() : directory(made()) {}
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  ~Certificates() { std::filesystem::remove_all(directory); }

  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(directory / name) << text;
    return directory / name;
  }

  const std::filesystem::path directory;
  const Identity ca{directory, "ca"};
  const Identity server{directory, "server", "DNS:server.example", &ca};
  const Identity client{directory, "client", "DNS:device-7.example,URI:urn:device:7,IP:10.0.0.7",
                        &ca};
  const Identity stranger{directory, "stranger"};

 private:
  static std::filesystem::path made() {
    std::string name = std::filesystem::temp_directory_path() / "waymark-tls-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    return name;
  }
};

}  // namespace waymark::net
