#include "lab/stub_control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <thread>

#include "base/status.h"
#include "temporary_folder.h"

using namespace waymark;
using namespace waymark::lab;
using Catch::Matchers::Contains;

namespace {

// Takes one connection, reads a line, and says something in pieces.
class Server {
 public:
  Server(const std::string& path, std::vector<std::string> pieces)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    ::listen(fd_, 1);
    thread_ = std::thread([this, pieces] {
      const int connection = ::accept(fd_, nullptr, nullptr);
      std::array<char, 256> buffer;
      while (!asked_.ends_with('\n')) {
        const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        asked_.append(buffer.data(), static_cast<std::size_t>(got));
      }
      for (const std::string& piece : pieces) {
        (void)!::send(connection, piece.data(), piece.size(), MSG_NOSIGNAL);
      }
      ::close(connection);
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    thread_.join();
    ::close(fd_);
  }

  // What it was asked, once it has answered.
  [[nodiscard]] const std::string& asked() const { return asked_; }

 private:
  const int fd_;
  std::string asked_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a stub is asked a line, and answers one in any number of pieces") {
  const TemporaryFolder folder;
  const std::string path = folder.in("stub.sock");
  const Server server(path, {"{\"fra", "mes\":1}", "\n"});
  const auto answer = ask_stub(path, "{}\n");
  REQUIRE(answer.ok());
  CHECK(*answer == "{\"frames\":1}\n");
  CHECK(server.asked() == "{}\n");
}

TEST_CASE("nobody there is an error that names the socket") {
  const TemporaryFolder folder;
  const auto answer = ask_stub(folder.in("stub.sock"), "{}\n");
  CHECK(absl::IsUnavailable(answer.status()));
  CHECK_THAT(std::string(message_of(answer.status())),
             Contains(folder.in("stub.sock")) && Contains("No such file"));
}

TEST_CASE("an answer that breaks off is none") {
  const TemporaryFolder folder;
  const std::string path = folder.in("stub.sock");
  const Server server(path, {"{\"frames\""});
  const auto answer = ask_stub(path, "{}\n");
  CHECK(absl::IsUnavailable(answer.status()));
  CHECK_THAT(std::string(message_of(answer.status())), Contains("no answer"));
}

TEST_CASE("an answer without an end is not waited for") {
  const TemporaryFolder folder;
  const std::string path = folder.in("stub.sock");
  const Server server(path, std::vector<std::string>(100, std::string(4'096, 'x')));
  CHECK(absl::IsUnavailable(ask_stub(path, "{}\n").status()));
}

TEST_CASE("a path that is too long for a socket is an error") {
  CHECK_FALSE(ask_stub("/tmp/" + std::string(200, 'x'), "{}\n").ok());
}
