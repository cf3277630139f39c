#include "admin/token.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "admin/http_listener.h"
#include "base/status.h"

namespace waymark::admin {
namespace {

// 256 bits in hexadecimal.
absl::StatusOr<std::string> random_secret() {
  std::array<std::uint8_t, 32> bytes{};
  // Up to 256 bytes come whole, and are not interrupted once the pool is ready.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return errno_error(errno, "getrandom");
  }
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

absl::Status write_whole(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error(errno, "token file " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return errno_error(errno, "token file " + path);
  return absl::OkStatus();
}

// Under another name first, so that nobody ever finds half a token.
absl::Status make_token_file(const std::string& path) {
  const absl::StatusOr<std::string> secret = random_secret();
  if (!secret.ok()) return secret.status();
  const std::string draft = fmt::format("{}.new.{}", path, ::getpid());
  absl::Status status;
  {
    const Descriptor fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd.get() < 0) return errno_error(errno, "token file " + draft);
    status = write_whole(fd.get(), *secret + "\n", draft);
  }
  // EEXIST: another process was faster, and its token is as good.
  if (status.ok() && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    status = errno_error(errno, "token file " + path);
  }
  ::unlink(draft.c_str());
  return status;
}

}  // namespace

bool allows(Role has, Role needs) {
  if (needs == Role::kNone) return true;
  if (has == Role::kRegistry || needs == Role::kRegistry) return has == needs;
  return has >= needs;
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kNone:
      return "none";
    case Role::kRead:
      return "read";
    case Role::kOperate:
      return "operate";
    case Role::kAdmin:
      return "admin";
    case Role::kRegistry:
      return "registry";
  }
  return "";
}

absl::StatusOr<Token> Token::make(std::string name, Role role, std::string_view secret) {
  const bool printable = std::all_of(secret.begin(), secret.end(),
                                     [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (secret.size() < kLeastBytes || secret.size() > kMostBytes || !printable) {
    return error(absl::StatusCode::kInvalidArgument,
                 "the token {} is not {} to {} printable ASCII characters without spaces", name,
                 kLeastBytes, kMostBytes);
  }
  Token token(std::move(name), role);
  std::copy(secret.begin(), secret.end(), token.secret_.begin());
  return token;
}

const Token* TokenSet::find(std::string_view secret) const {
  // A zero at the end would be lost in the padding.
  if (secret.size() > Token::kMostBytes || secret.find('\0') != secret.npos) return nullptr;
  std::array<char, Token::kMostBytes> padded{};
  std::copy(secret.begin(), secret.end(), padded.begin());
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    // Volatile keeps the compiler from ending the loop early.
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < padded.size(); ++i) {
      difference = static_cast<unsigned char>(difference | (padded[i] ^ token.secret_[i]));
    }
    if (difference == 0) found = &token;
  }
  return found;
}

absl::StatusOr<std::string> read_token_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return errno_error(errno, "token file " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error(errno, "token file " + path);
  if (!S_ISREG(status.st_mode)) {
    return error(absl::StatusCode::kFailedPrecondition, "token file {}: not a regular file", path);
  }
  if ((status.st_mode & 0077) != 0) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "token file {}: its mode is {:04o}, so others than its owner may use it; "
                 "chmod 600 {}",
                 path, status.st_mode & 07777, path);
  }
  std::array<char, Token::kMostBytes + 2> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0) return errno_error(errno, "token file " + path);
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  const absl::StatusOr<Token> token = Token::make("in file " + path, Role::kNone, text);
  if (!token.ok()) return token.status();
  return std::string(text);
}

absl::StatusOr<std::string> ensure_token_file(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    const absl::Status made = make_token_file(path);
    if (!made.ok()) return made;
  }
  return read_token_file(path);
}

}  // namespace waymark::admin
