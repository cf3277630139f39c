// What the tests of the store share: a directory of their own, and entries to keep in it.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "store/stored.h"

namespace waymark::store {

// Goes with everything in it.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "store_test.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  // A directory that the store is to make.
  [[nodiscard]] std::string state() const { return path_ + "/state"; }
  [[nodiscard]] std::string database() const { return state() + "/state.db"; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  REQUIRE(file.flush().good());
}

inline mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline StoredUpstream lease(const std::string& id) {
  return {.id = id,
          .pool = "games",
          .address = "10.0.0.1:5000",
          .source = StoredUpstream::Source::lease,
          .weight = 7,
          .protocol = "legacy",
          .insecure = true,
          .metadata = {{"room", "blue"}, {"token-bin", std::string("\0\x01,:\xff\n", 6)}},
          .ttl_seconds = 15,
          .admin_state = "drain"};
}

inline StoredUpstream added(const std::string& id) {
  return {.id = id, .pool = "games", .address = "upstream.example:5000"};
}

inline StoredSetting setting(const std::string& path, const std::string& value) {
  return {.path = path, .value = value};
}

inline DeadLetterPtr dead_letter(std::uint64_t id, std::string payload = "hello") {
  return std::make_shared<const StoredDeadLetter>(
      StoredDeadLetter{.id = id,
                       .mark = *Mark::parse("00112233-4455-6677-8899-aabbccddeeff"),
                       .seq = 7,
                       .pool = "games",
                       .listener = "devices",
                       .upstream = "red",
                       .attempts = 5,
                       .received_at = 1'700'000'000'123'456'789,
                       .dead_at = 1'700'000'001'123'456'789,
                       .reason = "max_attempts",
                       .payload = std::move(payload)});
}

}  // namespace waymark::store
