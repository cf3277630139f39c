// A connection to an SQLite file and its statements, with Status results: the only user of
// sqlite3.h.
//
// ResourceExhausted: no room on the disk. DataLoss: the file is damaged, or not one of ours.
// FailedPrecondition: another process has it open. Internal: everything else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace waymark::store {

class Sqlite;

// Lives no longer than its connection.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // The next parameter, from the first on. A failed bind is told by next().
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind_bytes(std::string_view bytes);
  Statement& bind_null();

  // Steps to a row; false after the last one.
  [[nodiscard]] absl::StatusOr<bool> next();
  // For statements that yield no row.
  [[nodiscard]] absl::Status run();

  // Columns of the row, from 0. Text and bytes are valid until next().
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Sqlite;
  Statement(const Sqlite& connection, sqlite3_stmt* raw) : connection_(connection), raw_(raw) {}

  const Sqlite& connection_;
  sqlite3_stmt* raw_;
  int bound_ = 0;
  int bind_error_ = 0;
};

// Used by one thread at a time.
class Sqlite {
 public:
  // The file must exist. What it holds is looked at by the first statement only.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Sqlite>> open(const std::string& path);
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;
  ~Sqlite();

  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] absl::StatusOr<Statement> prepare(std::string_view sql) const;
  // Any number of statements; rows are ignored.
  [[nodiscard]] absl::Status run(const std::string& sql);
  // The first column of the first row.
  [[nodiscard]] absl::StatusOr<std::int64_t> number(std::string_view sql) const;
  [[nodiscard]] absl::StatusOr<std::string> text(std::string_view sql) const;

  // Ends a transaction that is still open.
  void roll_back();
  // The last call failed with the disk full, before anything of a transaction could count.
  [[nodiscard]] bool is_full() const;
  // Whether the log stays beside the file when the connection ends, instead of going into the file.
  void keep_log(bool keep);

 private:
  friend class Statement;
  Sqlite(std::string path, sqlite3* raw) : path_(std::move(path)), raw_(raw) {}
  [[nodiscard]] absl::Status fault(int code) const;

  const std::string path_;
  sqlite3* const raw_;
};

}  // namespace waymark::store
