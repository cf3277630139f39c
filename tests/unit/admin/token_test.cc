#include "admin/token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/status.h"

namespace waymark::admin {
namespace {

using Catch::Contains;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "waymark-token-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text, mode_t mode) const {
    std::ofstream(file(name)) << text;
    REQUIRE(::chmod(file(name).c_str(), mode) == 0);
    return file(name);
  }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++count;
    return count;
  }

 private:
  std::string path_;
};

std::string message(const absl::StatusOr<std::string>& result) {
  return std::string(message_of(result.status()));
}

TEST_CASE("roles include those below them, registry none") {
  CHECK(allows(Role::kNone, Role::kNone));
  CHECK(allows(Role::kAdmin, Role::kOperate));
  CHECK(allows(Role::kOperate, Role::kRead));
  CHECK(allows(Role::kRead, Role::kRead));
  CHECK_FALSE(allows(Role::kNone, Role::kRead));
  CHECK_FALSE(allows(Role::kRead, Role::kOperate));
  CHECK_FALSE(allows(Role::kOperate, Role::kAdmin));
  CHECK_FALSE(allows(Role::kAdmin, Role::kRegistry));
  CHECK_FALSE(allows(Role::kRegistry, Role::kRead));
  CHECK(allows(Role::kRegistry, Role::kRegistry));
}

TEST_CASE("finds a token by the whole of its secret alone") {
  const std::string a(32, 'a');
  const std::string b(64, 'b');
  const TokenSet tokens(
      {*Token::make("first", Role::kRead, a), *Token::make("second", Role::kAdmin, b)});
  REQUIRE(tokens.find(a) != nullptr);
  CHECK(tokens.find(a)->name() == "first");
  CHECK(tokens.find(b)->role() == Role::kAdmin);
  for (const std::string& wrong :
       {std::string(), a.substr(1), a + "a", std::string(31, 'a') + "b", "b" + std::string(31, 'a'),
        std::string(1000, 'a'), a + std::string(1, '\0')}) {
    INFO(wrong.size());
    CHECK(tokens.find(wrong) == nullptr);
  }
}

TEST_CASE("refuses secrets that are short, long or not printable") {
  for (const std::string& secret :
       {std::string(31, 'a'), std::string(257, 'a'), std::string(40, ' '), std::string(40, '\n')}) {
    CHECK_FALSE(Token::make("t", Role::kRead, secret).ok());
  }
}

TEST_CASE("reads a token file that its owner alone may use") {
  const Folder folder;
  const std::string secret(40, 'x');
  CHECK(*read_token_file(folder.write("a", secret + "\n", 0600)) == secret);
  CHECK(*read_token_file(folder.write("b", secret, 0400)) == secret);

  const std::string open = folder.write("c", secret, 0644);
  CHECK(message(read_token_file(open)) == "token file " + open +
                                              ": its mode is 0644, so others than its owner may "
                                              "use it; chmod 600 " +
                                              open);
  CHECK_THAT(message(read_token_file(folder.file("none"))), Contains("No such file"));
  CHECK_THAT(message(read_token_file(folder.write("d", "short\n", 0600))), Contains("32 to 256"));
  CHECK_THAT(message(read_token_file(folder.write("e", secret + "\n" + secret + "\n", 0600))),
             Contains("32 to 256"));
  REQUIRE(::mkdir(folder.file("f").c_str(), 0700) == 0);
  CHECK_THAT(message(read_token_file(folder.file("f"))), Contains("not a regular file"));
}

TEST_CASE("makes a token file once") {
  const Folder folder;
  const std::string path = folder.file("token");
  const auto made = ensure_token_file(path);
  REQUIRE(made.ok());
  CHECK(made->size() == 64);
  CHECK(made->find_first_not_of("0123456789abcdef") == std::string::npos);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(folder.files() == 1);

  CHECK(*ensure_token_file(path) == *made);
  CHECK(*ensure_token_file(folder.file("other")) != *made);
  CHECK_THAT(message(ensure_token_file(folder.file("no/such/folder"))), Contains("No such file"));
}

}  // namespace
}  // namespace waymark::admin
