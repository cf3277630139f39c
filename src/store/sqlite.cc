#include "store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/status.h"

namespace waymark::store {
namespace {

constexpr int kBusyTimeoutMs = 2000;

int primary(int code) { return code & 0xff; }

bool is_no_room(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      raw_(std::exchange(other.raw_, nullptr)),
      bound_(other.bound_),
      bind_error_(other.bind_error_) {}

Statement::~Statement() { sqlite3_finalize(raw_); }

Statement& Statement::bind(std::string_view text) {
  const int code = sqlite3_bind_text64(raw_, ++bound_, text.data() == nullptr ? "" : text.data(),
                                       text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  const int code = sqlite3_bind_int64(raw_, ++bound_, number);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind_bytes(std::string_view bytes) {
  const int code = sqlite3_bind_blob64(raw_, ++bound_, bytes.data() == nullptr ? "" : bytes.data(),
                                       bytes.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind_null() {
  const int code = sqlite3_bind_null(raw_, ++bound_);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

absl::StatusOr<bool> Statement::next() {
  if (bind_error_ != SQLITE_OK) return connection_.fault(bind_error_);
  errno = 0;
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_.fault(code);
}

absl::Status Statement::run() { return next().status(); }

std::string_view Statement::text(int column) const {
  const void* data = sqlite3_column_text(raw_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))};
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(raw_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))};
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(raw_, column); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL;
}

absl::StatusOr<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& path) {
  sqlite3* raw = nullptr;
  errno = 0;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Sqlite> connection(new Sqlite(path, raw));
  if (code != SQLITE_OK) return connection->fault(code);
  (void)sqlite3_extended_result_codes(raw, 1);
  (void)sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  // The file may have been written by anybody: nothing in its schema may run.
  (void)sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  (void)sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return connection;
}

Sqlite::~Sqlite() { (void)sqlite3_close_v2(raw_); }

absl::StatusOr<Statement> Sqlite::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  errno = 0;
  const int code =
      sqlite3_prepare_v2(raw_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return fault(code);
  return Statement(*this, statement);
}

absl::Status Sqlite::run(const std::string& sql) {
  errno = 0;
  const int code = sqlite3_exec(raw_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : fault(code);
}

absl::StatusOr<std::int64_t> Sqlite::number(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  if (const auto row = statement->next(); !row.ok()) return row.status();
  return statement->number(0);
}

absl::StatusOr<std::string> Sqlite::text(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  if (const auto row = statement->next(); !row.ok()) return row.status();
  return std::string(statement->text(0));
}

void Sqlite::roll_back() {
  if (sqlite3_get_autocommit(raw_) == 0) (void)run("ROLLBACK");
}

bool Sqlite::is_full() const { return primary(sqlite3_errcode(raw_)) == SQLITE_FULL; }

void Sqlite::keep_log(bool keep) {
  (void)sqlite3_db_config(raw_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

absl::Status Sqlite::fault(int code) const {
  const int error_number = errno;  // sqlite3_system_errno() does not know it of a COMMIT
  if (raw_ == nullptr) return error(absl::StatusCode::kInternal, "{}: no memory", path_);
  std::string what = fmt::format("{}: {}", path_, sqlite3_errmsg(raw_));
  switch (primary(code)) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(what);
    case SQLITE_ERROR:  // the statements fit our tables, so these are not
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return error(absl::StatusCode::kFailedPrecondition,
                   "{}; another process has it open (`fuser -v {}` shows which)", what, path_);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (error_number != 0) {
        what += fmt::format(" ({})", std::generic_category().message(error_number));
      }
      if (is_no_room(error_number)) return absl::ResourceExhaustedError(what);
      return absl::InternalError(what);
    default:
      return absl::InternalError(what);
  }
}

}  // namespace waymark::store
