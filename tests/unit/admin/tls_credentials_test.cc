#include "admin/tls_credentials.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "../net/certificates.h"
#include "base/status.h"

namespace waymark::admin {
namespace {

using Catch::StartsWith;
using net::Certificates;

TlsOptions options_of(const Certificates& all) {
  return {.certificate = all.server.certificate_file, .key = all.server.key_file};
}

std::string problem_with(const TlsOptions& options) {
  const auto loaded = TlsCredentials::load(options);
  return loaded.ok() ? "" : std::string(message_of(loaded.status()));
}

TEST_CASE("takes a certificate with its key, and CAs of clients") {
  const Certificates all;
  TlsOptions options = options_of(all);
  CHECK(problem_with(options) == "");
  options.client_ca = all.ca.certificate_file;
  options.min_version = TlsVersion::tls13;
  CHECK(problem_with(options) == "");
}

TEST_CASE("names the file that is wrong, and what is wrong with it") {
  const Certificates all;
  TlsOptions options = options_of(all);
  SECTION("missing") {
    options.certificate = "/nowhere/a.pem";
    CHECK(problem_with(options) == "/nowhere/a.pem: No such file or directory");
    options = options_of(all);
    options.key = "/nowhere/a.key";
    CHECK(problem_with(options) == "/nowhere/a.key: No such file or directory");
    options = options_of(all);
    options.client_ca = "/nowhere/ca.pem";
    CHECK(problem_with(options) == "/nowhere/ca.pem: No such file or directory");
  }
  SECTION("a folder") {
    options.certificate = all.directory;
    CHECK(problem_with(options) == all.directory.string() + ": Is a directory");
  }
  SECTION("no PEM") {
    const std::string text = all.file("text", "good day");
    options.certificate = text;
    CHECK(problem_with(options) == text + ": there is no certificate in it that can be read");
    options = options_of(all);
    options.key = text;
    CHECK(problem_with(options) == text + ": there is no private key in it that can be read");
    options = options_of(all);
    options.client_ca = text;
    CHECK(problem_with(options) == text + ": there is no certificate in it that can be read");
  }
  SECTION("the other's file") {
    options.certificate = all.server.key_file;
    CHECK_THAT(problem_with(options),
               StartsWith(all.server.key_file + ": there is no certificate"));
    options = options_of(all);
    options.key = all.server.certificate_file;
    CHECK_THAT(problem_with(options),
               StartsWith(all.server.certificate_file + ": there is no private key"));
  }
  SECTION("another's key") {
    options.key = all.ca.key_file;
    CHECK(problem_with(options) == all.ca.key_file + ": it is not the key of the certificate in " +
                                       all.server.certificate_file);
  }
  SECTION("a file without an end") {
    options.key = "/dev/zero";
    CHECK(problem_with(options) == "/dev/zero: larger than 1048576 bytes");
  }
}

TEST_CASE("a key with a password is refused, and nobody is asked for it") {
  const Certificates all;
  const std::string locked = all.directory / "locked.key";
  const std::string command =
      "openssl ec -aes128 -passout pass:x -in " + all.server.key_file + " -out " + locked + " 2>&1";
  REQUIRE(std::system(command.c_str()) == 0);
  TlsOptions options = options_of(all);
  options.key = locked;
  CHECK(problem_with(options) == locked + ": the key wants a password; only one without is taken");
}

}  // namespace
}  // namespace waymark::admin
