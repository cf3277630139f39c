#include "net/tls_client.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "certificates.h"

namespace waymark::net {
namespace {

using Catch::Contains;

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string problem_of(const TlsClientFiles& files) {
  const auto read = read_tls_client(files);
  return read.ok() ? "" : std::string(read.status().message().data());
}

TEST_CASE("reads what a client trusts and shows") {
  const Certificates all;
  const TlsClientFiles files{all.ca.certificate_file, all.client.certificate_file,
                             all.client.key_file};
  const auto read = read_tls_client(files);
  REQUIRE(read.ok());
  CHECK(read->ca == text_of(files.ca));
  CHECK(read->certificate == text_of(files.certificate));
  CHECK(read->key == text_of(files.key));
  CHECK(read_tls_client({}).value() == TlsClientPem{});
}

TEST_CASE("a file of several certificates is one") {
  const Certificates all;
  const std::string chain =
      all.file("chain.pem", text_of(all.client.certificate_file) + "and its CA\n" +
                                text_of(all.ca.certificate_file));
  CHECK(problem_of({chain, chain, all.client.key_file}).empty());
  const std::string broken =
      all.file("broken.pem", text_of(all.ca.certificate_file) +
                                 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  CHECK_THAT(problem_of({.ca = broken}), Contains(broken + ": "));
  CHECK_THAT(problem_of({{}, broken, all.ca.key_file}), Contains(broken + ": "));
}

TEST_CASE("names the client's file that is wrong, and says what is") {
  const Certificates all;
  const std::string missing = all.directory / "missing.pem";
  const std::string garbage = all.file("garbage.pem", "no certificate\n");
  const std::string large = all.file("large.pem", std::string(1024 * 1024 + 1, 'x'));
  const std::string certificate = all.client.certificate_file;
  const std::string key = all.client.key_file;

  CHECK(problem_of({.ca = missing}) == missing + ": No such file or directory");
  CHECK(problem_of({.ca = garbage}) == garbage + ": no start line");
  CHECK(problem_of({.ca = all.directory}) == all.directory.string() + ": Is a directory");
  CHECK(problem_of({.ca = large}) == large + ": larger than 1048576 bytes");
  CHECK(problem_of({{}, missing, key}) == missing + ": No such file or directory");
  CHECK(problem_of({{}, garbage, key}) == garbage + ": no start line");
  CHECK(problem_of({{}, certificate, missing}) == missing + ": No such file or directory");
  CHECK_THAT(problem_of({{}, certificate, garbage}), Contains(garbage + ": "));
  CHECK(problem_of({{}, certificate, all.stranger.key_file}) ==
        all.stranger.key_file + ": key values mismatch");
}

TEST_CASE("a key with a password is refused, and nobody is asked for it") {
  const Certificates all;
  const std::string locked = all.client.locked_key_file();
  CHECK(problem_of({{}, all.client.certificate_file, locked}) == locked + ": wants a password");
}

}  // namespace
}  // namespace waymark::net
