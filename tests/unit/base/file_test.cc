#include "base/file.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/status.h"

namespace waymark {
namespace {

constexpr std::size_t kMost = 100'000;  // more than one read() brings

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "waymark-file-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string in(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(in(name), std::ios::binary) << text;
    return in(name);
  }

 private:
  std::string path_;
};

struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() { ::close(ends[0]); }

  void write_and_close(std::string_view text) const {
    CHECK(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    CHECK(::close(ends[1]) == 0);
  }

  std::array<int, 2> ends{};
};

std::string text_of(const absl::StatusOr<std::string>& read) {
  INFO(message_of(read.status()));
  REQUIRE(read.ok());
  return *read;
}

std::string problem_of(const absl::StatusOr<std::string>& read) {
  REQUIRE_FALSE(read.ok());
  return std::string(message_of(read.status()));
}

TEST_CASE("a file is read whole, up to its largest size") {
  const Folder folder;
  const std::string text("a\0b\n", 4);
  CHECK(text_of(read_file(folder.write("text", text), kMost)) == text);
  CHECK(text_of(read_file(folder.write("empty", ""), 0)).empty());
  const std::string full(kMost, 'x');
  const std::string path = folder.write("full", full);
  CHECK(text_of(read_file(path, kMost)) == full);

  const auto larger = read_file(folder.write("full", full + "x"), kMost);
  CHECK(problem_of(larger) == path + ": larger than 100000 bytes");
  CHECK(absl::IsInvalidArgument(larger.status()));
  CHECK(problem_of(read_file("/dev/zero", kMost)) == "/dev/zero: larger than 100000 bytes");
}

TEST_CASE("a file that cannot be read is named, with the reason") {
  const Folder folder;
  const auto missing = read_file(folder.in("missing"), kMost);
  CHECK(problem_of(missing) == folder.in("missing") + ": No such file or directory");
  CHECK(absl::IsNotFound(missing.status()));
  CHECK(problem_of(read_file(folder.path(), kMost)) == folder.path() + ": Is a directory");
  if (::geteuid() == 0) return;  // who may read everything
  const std::string locked = folder.write("locked", "text");
  REQUIRE(::chmod(locked.c_str(), 0) == 0);
  const auto refused = read_file(locked, kMost);
  CHECK(problem_of(refused) == locked + ": Permission denied");
  CHECK(absl::IsPermissionDenied(refused.status()));
}

TEST_CASE("nobody is waited for at a named pipe") {
  const Folder folder;
  const std::string path = folder.in("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(text_of(read_file(path, kMost)).empty());
  const std::fstream silent(path);  // both ends, so that it does not wait either
  REQUIRE(silent.is_open());
  CHECK(problem_of(read_file(path, kMost)) == path + ": Resource temporarily unavailable");
}

TEST_CASE("a file that was read is closed") {
  const Folder folder;
  const std::string path = folder.write("text", "text");
  const int before = ::dup(STDERR_FILENO);
  ::close(before);
  CHECK(read_file(path, kMost).ok());
  CHECK_FALSE(read_file(path, 1).ok());
  const int after = ::dup(STDERR_FILENO);
  ::close(after);
  CHECK(after == before);
}

TEST_CASE("what is left in a descriptor is read under the name it is given") {
  const Pipe pipe;
  pipe.write_and_close("text");
  SECTION("of its largest size") {
    CHECK(text_of(read_all(pipe.ends[0], "the pipe", 4)) == "text");
    CHECK(text_of(read_all(pipe.ends[0], "the pipe", 4)).empty());
  }
  SECTION("larger") {
    CHECK(problem_of(read_all(pipe.ends[0], "the pipe", 3)) == "the pipe: larger than 3 bytes");
  }
  CHECK(problem_of(read_all(-1, "nothing", kMost)) == "nothing: Bad file descriptor");
}

std::atomic<int> interruptions;

TEST_CASE("a signal does not end the reading") {
  struct sigaction before {};
  struct sigaction counting {};
  counting.sa_handler = [](int) { ++interruptions; };  // without SA_RESTART
  REQUIRE(::sigaction(SIGUSR1, &counting, &before) == 0);
  const Pipe pipe;
  absl::StatusOr<std::string> read;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    read = read_all(pipe.ends[0], "pipe", kMost);
    done = true;
  });
  // The first ones may come before it reads.
  for (const int first = interruptions; interruptions < first + 100 && !done;) {
    ::pthread_kill(reader.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  pipe.write_and_close("text");
  reader.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(text_of(read) == "text");
}

}  // namespace
}  // namespace waymark
