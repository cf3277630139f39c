#include "store/database_build.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>

#include "base/status.h"
#include "store/file_mark.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/sqlite.h"

namespace waymark::store {
namespace {

constexpr mode_t kMode = 0600;

absl::Status create_empty(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (fd < 0) return errno_error(errno, fmt::format("cannot make {}", path));
  ::close(fd);
  return absl::OkStatus();
}

absl::Status fill(const std::string& path, const StoredState& state) {
  auto opened = Sqlite::open(path);
  if (!opened.ok()) return opened.status();
  Sqlite& database = **opened;
  // A file that is not whole is thrown away, so it needs no journal on the disk.
  absl::Status status = database.run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL");
  if (status.ok()) status = migrate(database, migrations());
  if (status.ok()) status = database.run("BEGIN");
  if (status.ok()) status = write_state(state, database);
  if (status.ok()) status = database.run("COMMIT");
  return status;
}

absl::Status sync_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno_error(errno, fmt::format("cannot open {}", path));
  const int result = ::fsync(fd);
  const int error_number = errno;
  ::close(fd);
  return result == 0 ? absl::OkStatus()
                     : errno_error(error_number, fmt::format("cannot sync {}", path));
}

absl::Status rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return errno_error(errno, fmt::format("cannot rename {} to {}", from, to));
}

// `from` keeps its name if it can have two, so that there is a file at every moment.
absl::Status name_also(const std::string& from, const std::string& to) {
  (void)::unlink(to.c_str());
  if (::link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return rename_file(from, to);
}

}  // namespace

absl::Status build_database(const std::string& path, const StoredState& state) {
  (void)::unlink(path.c_str());  // of a program that was killed meanwhile
  absl::Status status = create_empty(path);
  if (status.ok()) status = fill(path, state);
  if (status.ok()) status = sync_file(path);
  if (!status.ok()) (void)::unlink(path.c_str());
  return status;
}

StoredState salvage_database(const std::string& path) {
  auto opened = Sqlite::open(path);
  if (!opened.ok()) return {};
  Sqlite& database = **opened;
  database.keep_log(true);
  // Without this SQLite would put an index of the log beside the file.
  (void)database.run("PRAGMA locking_mode = EXCLUSIVE");
  return salvage_state(database);
}

absl::Status put_in_place(const std::string& new_path, const std::string& path,
                          const std::string& aside) {
  // The log first: beside a file that it does not belong to, SQLite would play it into that file.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    (void)::unlink((aside + suffix).c_str());
    if (!mark_of(path + suffix)) continue;
    if (absl::Status status = rename_file(path + suffix, aside + suffix); !status.ok()) {
      return status;
    }
  }
  if (mark_of(path)) {
    if (absl::Status status = name_also(path, aside); !status.ok()) return status;
  }
  return rename_file(new_path, path);
}

std::string corrupt_name(const std::string& path) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  (void)gmtime_r(&now, &utc);
  std::string stamp(20, '\0');
  stamp.resize(std::strftime(stamp.data(), stamp.size(), "%Y%m%dT%H%M%SZ", &utc));
  const std::string name = path + ".corrupt-" + stamp;
  std::string unused = name;
  for (int number = 2; mark_of(unused); ++number) unused = fmt::format("{}-{}", name, number);
  return unused;
}

}  // namespace waymark::store
