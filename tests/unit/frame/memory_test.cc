// Counts what the framer takes from the heap, by replacing the global operator new of this binary.
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "frame/egress.h"
#include "frame/framer.h"

namespace {

std::size_t allocations = 0;
std::size_t releases = 0;

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  releases += memory != nullptr ? 1 : 0;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace waymark::frame {
namespace {

struct Heap {
  std::size_t taken;
  std::size_t returned;
};

// What a piece of work takes and returns.
Heap heap_use(auto&& work) {
  const std::size_t taken = allocations;
  const std::size_t returned = releases;
  work();
  return {allocations - taken, releases - returned};
}

const Framing kFramings[] = {
    {.kind = Kind::raw},
    {.kind = Kind::line},
    {.kind = Kind::delimiter, .delimiters = {"\n", "--"}},
    {.kind = Kind::fixed, .fixed_bytes = 30},
    {.kind = Kind::length_prefix, .length = {.field = LengthField::u8}},
};

TEST_CASE("a whole frame is neither allocated nor copied, read or wrapped") {
  for (const Framing& framing : kFramings) {
    CAPTURE(static_cast<int>(framing.kind));
    const std::string_view payload = "abcdefghijklmnopqrstuvwxyz0123";
    std::string bytes;
    {
      const auto envelope = wrap(framing, 0, std::span(&payload, 1));
      REQUIRE(envelope);
      bytes.append(envelope->head_bytes()).append(payload).append(envelope->tail);
    }
    Framer framer(framing);
    int frames = 0;
    int copied = 0;
    Fault fault = Fault::none;
    const Heap use = heap_use([&] {
      for (int i = 0; i < 100; ++i) {
        fault = framer.feed(bytes, [&](std::string_view frame) {
          const bool inside = frame.data() >= bytes.data() &&
                              frame.data() + frame.size() <= bytes.data() + bytes.size();
          copied += inside ? 0 : 1;
          frames += wrap(framing, framer.last_ending(), std::span(&frame, 1)) ? 1 : 0;
        });
      }
    });
    CHECK(fault == Fault::none);
    CHECK(frames == 100);
    CHECK(copied == 0);
    CHECK(use.taken == 0);
  }
}

TEST_CASE("a large unfinished frame is held once and given back when it is whole") {
  const Framing line{.kind = Kind::line};
  Framer framer(line);
  const std::string part(10'000, 'x');
  const auto ignore = [](std::string_view) {};
  const Heap first = heap_use([&] { (void)framer.feed(part, ignore); });
  CHECK(first.taken == 2);  // the string and its bytes
  const Heap last = heap_use([&] { (void)framer.feed("\n", ignore); });
  CHECK(first.taken + last.taken == first.returned + last.returned);
}

TEST_CASE("a refused frame is not held") {
  const Framing line{.kind = Kind::line, .max_frame_bytes = 20'000};
  Framer framer(line);
  const std::string part(10'001, 'x');
  const auto ignore = [](std::string_view) {};
  Fault fault = Fault::none;
  const Heap use = heap_use([&] {
    (void)framer.feed(part, ignore);
    fault = framer.feed(part, ignore);
  });
  CHECK(fault == Fault::too_large);
  CHECK(use.taken == use.returned);
  CHECK(framer.unfinished_bytes() == 20'002);
}

TEST_CASE("bytes that dribble cost in proportion to their number") {
  const Framing line{.kind = Kind::line};
  Framer framer(line);
  const auto ignore = [](std::string_view) {};
  const Heap use = heap_use([&] {
    for (int i = 0; i < 200'000; ++i) (void)framer.feed("x", ignore);
  });
  CHECK(framer.unfinished_bytes() == 200'000);
  CHECK(use.taken < 20);
}

}  // namespace
}  // namespace waymark::frame
