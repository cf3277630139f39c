#include "ctl/token.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "base/status.h"

namespace waymark::ctl {
namespace {

using Catch::Contains;

// A folder that is gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ctl-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string name(const std::string& file) const { return (path_ / file).string(); }
  [[nodiscard]] std::string file(const std::string& file, const std::string& text) const {
    std::ofstream(name(file), std::ios::binary) << text;
    return name(file);
  }

 private:
  std::filesystem::path path_;
};

TEST_CASE("reads the token without its line end") {
  const Folder folder;
  const auto file = folder.file("token", "abc123==\r\n");
  const auto token = find_token(file, {});
  REQUIRE(token.ok());
  CHECK(token->value == "abc123==");
  CHECK(token->story() == "the token of " + file + " was sent");
}

TEST_CASE("takes the first file that can be read") {
  const Folder folder;
  const auto token = find_token(
      std::nullopt, {folder.name("none"), folder.file("a", "first"), folder.file("b", "second")});
  REQUIRE(token.ok());
  CHECK(token->value == "first");
}

TEST_CASE("no file is no error, and says where it looked") {
  const Folder folder;
  const auto token = find_token(std::nullopt, {folder.name("x"), folder.name("y")});
  REQUIRE(token.ok());
  CHECK(token->value.empty());
  CHECK_THAT(token->story(), Contains("no token was sent") && Contains(folder.name("x") + ", ") &&
                                 Contains("--token-file"));
}

// A variable of the environment that is as before afterwards.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }

 private:
  void set(const char* value) {
    if (value == nullptr) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, value, 1);
    }
  }

  const char* const name_;
  std::optional<std::string> before_;
};

TEST_CASE("looks in the folders of the service before those of the user") {
  using Files = std::vector<std::string>;
  const Variable home("HOME", "/home/me");
  {
    const Variable state("STATE_DIRECTORY", "/state");
    const Variable xdg("XDG_STATE_HOME", "/xdg");
    CHECK(default_token_files() == Files{"/state/admin.token", "/var/lib/waymark/admin.token",
                                         "/xdg/waymark/admin.token",
                                         "/home/me/.local/state/waymark/admin.token"});
  }
  const Variable state("STATE_DIRECTORY", nullptr);
  const Variable xdg("XDG_STATE_HOME", "relative");  // the specification says to ignore it
  CHECK(default_token_files() ==
        Files{"/var/lib/waymark/admin.token", "/home/me/.local/state/waymark/admin.token"});
}

TEST_CASE("a file that was named has to be there") {
  const Folder folder;
  const auto token = find_token(folder.name("none"), {folder.file("a", "other")});
  REQUIRE(absl::IsInvalidArgument(token.status()));
  CHECK_THAT(std::string(message_of(token.status())), Contains(folder.name("none")));
}

TEST_CASE("refuses what is no token") {
  const Folder folder;
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("two words"), std::string("a\r\nX: y"),
        std::string("\xc3\xa4"), std::string(5000, 'x')}) {
    const auto file = folder.file("token", text);
    CHECK(absl::IsInvalidArgument(find_token(file, {}).status()));
  }
}

}  // namespace
}  // namespace waymark::ctl
