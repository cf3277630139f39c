#include "app/line_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace waymark::app {
namespace {

// A pipe whose reading end the test empties when it likes.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_input();
    ::close(ends_[0]);
  }
  [[nodiscard]] int input() const { return ends_[1]; }
  [[nodiscard]] int output() const { return ends_[0]; }
  void close_input() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  // At least one byte; waits for it.
  std::string read_some() {
    std::array<char, 65'536> buffer;
    const ssize_t got = ::read(ends_[0], buffer.data(), buffer.size());
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }
  std::string read_to_end() {
    std::string all;
    for (std::string some = read_some(); !some.empty(); some = read_some()) all += some;
    return all;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST_CASE("a line is written soon, without a further one behind it") {
  Pipe pipe;
  LineWriter writer(pipe.input());
  writer.write("first");
  CHECK(pipe.read_some() == "first\n");
  writer.write("second");
  CHECK(pipe.read_some() == "second\n");
}

TEST_CASE("what is queued is written before the writer ends") {
  Pipe pipe;
  std::string expected;
  {
    LineWriter writer(pipe.input());
    for (int i = 0; i < 1000; ++i) {
      const std::string line = "line " + std::to_string(i);
      writer.write(line);
      expected += line + '\n';
    }
  }
  pipe.close_input();
  CHECK(pipe.read_to_end() == expected);
}

TEST_CASE("lines of several threads stay whole, and each thread's stay in order") {
  constexpr int kThreads = 4;
  constexpr int kLines = 1000;
  Pipe pipe;
  std::string all;
  {
    std::thread reader([&] { all = pipe.read_to_end(); });
    {
      LineWriter writer(pipe.input());
      std::vector<std::thread> threads;
      for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&writer, thread] {
          for (int i = 0; i < kLines; ++i) {
            writer.write(std::to_string(thread) + ' ' + std::to_string(i));
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    pipe.close_input();
    reader.join();
  }
  std::array<int, kThreads> next{};
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t end = all.find('\n', at);
    REQUIRE(end != std::string::npos);
    int thread = -1;
    int number = -1;
    REQUIRE(std::sscanf(all.c_str() + at, "%d %d\n", &thread, &number) == 2);
    REQUIRE((thread >= 0 && thread < kThreads));
    CHECK(number == next[static_cast<std::size_t>(thread)]++);
    at = end + 1;
  }
  for (const int count : next) CHECK(count == kLines);
}

TEST_CASE("while nobody reads, lines beyond the queue are dropped and counted, the rest are kept") {
  const bool non_blocking = GENERATE(false, true);
  CAPTURE(non_blocking);
  constexpr std::size_t kWritten = 3 * LineWriter::kQueuedLines;
  const std::string line(100, 'x');  // far more than a pipe holds
  Pipe pipe;
  if (non_blocking) REQUIRE(::fcntl(pipe.input(), F_SETFL, O_NONBLOCK) == 0);
  const auto capacity = static_cast<std::size_t>(::fcntl(pipe.input(), F_GETPIPE_SZ));
  std::uint64_t dropped = 0;
  std::string all;
  {
    std::optional<LineWriter> writer(pipe.input());
    for (std::size_t i = 0; i < kWritten; ++i) writer->write(line);
    dropped = writer->dropped();
    std::thread reader([&] { all = pipe.read_to_end(); });
    writer.reset();
    pipe.close_input();
    reader.join();
  }
  // Kept are a full queue, a full queue the writer holds, and what the pipe took before it was
  // full.
  const std::size_t in_pipe = capacity / (line.size() + 1) + 1;
  CHECK(dropped >= kWritten - 2 * LineWriter::kQueuedLines - in_pipe);
  CHECK(all.size() == (kWritten - dropped) * (line.size() + 1));
}

TEST_CASE("a descriptor that cannot be written to does not keep the writer from ending") {
  LineWriter writer(-1);
  writer.write("lost");
  CHECK(writer.dropped() == 0);
}

TEST_CASE("flush waits until what is queued is written, though the writer rests") {
  Pipe pipe;
  LineWriter writer(pipe.input());
  writer.write("first");
  CHECK(pipe.read_some() == "first\n");
  writer.write("last words");
  writer.flush(std::chrono::seconds(20));
  REQUIRE(::fcntl(pipe.output(), F_SETFL, O_NONBLOCK) == 0);
  CHECK(pipe.read_some() == "last words\n");
}

TEST_CASE("flush gives up on a reader that stalls") {
  std::string all;
  Pipe pipe;
  {
    std::optional<LineWriter> writer(pipe.input());
    for (int i = 0; i < 4000; ++i) writer->write(std::string(100, 'x'));
    writer->flush(std::chrono::milliseconds(1));
    std::thread reader([&] { all = pipe.read_to_end(); });
    writer.reset();
    pipe.close_input();
    reader.join();
  }
  CHECK(all.size() == 4000 * 101);
}

}  // namespace
}  // namespace waymark::app
