#include "store/rows.h"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "store/pairs.h"

namespace waymark::store {
namespace {

std::string_view word_of(StoredUpstream::Source source) {
  return source == StoredUpstream::Source::lease ? "lease" : "api";
}

std::optional<StoredUpstream::Source> source_of(std::string_view word) {
  if (word == "api") return StoredUpstream::Source::api;
  if (word == "lease") return StoredUpstream::Source::lease;
  return std::nullopt;
}

bool is_u32(std::int64_t number) {
  return number >= 0 && number <= std::numeric_limits<std::uint32_t>::max();
}

// How a kind of entry is kept: its table and columns, and a row of them read. Column 0 is `number`;
// nothing is given for a row that was never written like this.
struct UpstreamRow {
  using Entry = StoredUpstream;
  static constexpr std::string_view kTable = "upstreams";
  static constexpr std::string_view kColumns =
      "id, pool, address, source, weight, protocol, insecure, metadata, ttl_seconds, admin_state";

  static std::optional<StoredUpstream> read(const Statement& row) {
    const auto source = source_of(row.text(4));
    auto metadata = pairs_of(row.text(8));
    if (!source || !metadata || !is_u32(row.number(5)) || !is_u32(row.number(9))) {
      return std::nullopt;
    }
    return StoredUpstream{.id = std::string(row.text(1)),
                          .pool = std::string(row.text(2)),
                          .address = std::string(row.text(3)),
                          .source = *source,
                          .weight = static_cast<std::uint32_t>(row.number(5)),
                          .protocol = std::string(row.text(6)),
                          .insecure = row.number(7) != 0,
                          .metadata = std::move(*metadata),
                          .ttl_seconds = static_cast<std::uint32_t>(row.number(9)),
                          .admin_state = std::string(row.text(10))};
  }
};

struct OverrideRow {
  using Entry = StoredOverride;
  static constexpr std::string_view kTable = "overrides";
  static constexpr std::string_view kColumns = "upstream_id, weight, admin_state";

  static std::optional<StoredOverride> read(const Statement& row) {
    StoredOverride entry{.upstream_id = std::string(row.text(1))};
    if (!row.is_null(2)) {
      if (!is_u32(row.number(2))) return std::nullopt;
      entry.weight = static_cast<std::uint32_t>(row.number(2));
    }
    if (!row.is_null(3)) entry.admin_state = std::string(row.text(3));
    return entry;
  }
};

struct SettingRow {
  using Entry = StoredSetting;
  static constexpr std::string_view kTable = "settings";
  static constexpr std::string_view kColumns = "path, value";

  static std::optional<StoredSetting> read(const Statement& row) {
    return StoredSetting{.path = std::string(row.text(1)), .value = std::string(row.text(2))};
  }
};

struct DeadLetterRow {
  using Entry = StoredDeadLetter;
  static constexpr std::string_view kTable = "dead_letters";
  static constexpr std::string_view kColumns =
      "mark, seq, pool, listener, upstream, attempts, received_at, dead_at, reason, payload";

  static std::optional<StoredDeadLetter> read(const Statement& row) {
    const auto mark = Mark::parse(row.text(1));
    const bool in_range = row.number(0) > 0 && row.number(2) >= 0 && is_u32(row.number(6)) &&
                          row.number(7) >= 0 && row.number(8) >= 0;
    if (!mark || mark->is_nil() || !in_range) return std::nullopt;
    return StoredDeadLetter{.id = static_cast<std::uint64_t>(row.number(0)),
                            .mark = *mark,
                            .seq = static_cast<std::uint64_t>(row.number(2)),
                            .pool = std::string(row.text(3)),
                            .listener = std::string(row.text(4)),
                            .upstream = std::string(row.text(5)),
                            .attempts = static_cast<std::uint32_t>(row.number(6)),
                            .received_at = static_cast<std::uint64_t>(row.number(7)),
                            .dead_at = static_cast<std::uint64_t>(row.number(8)),
                            .reason = std::string(row.text(9)),
                            .payload = std::string(row.bytes(10))};
  }
};

PutDeadLetter put_of(StoredDeadLetter letter) {
  return {std::make_shared<const StoredDeadLetter>(std::move(letter))};
}

absl::StatusOr<Statement> rows_of(const Sqlite& database, std::string_view table,
                                  std::string_view columns, std::string_view direction) {
  // By the rows themselves: an index may be damaged where they are not.
  return database.prepare(fmt::format("SELECT number, {} FROM {} NOT INDEXED ORDER BY number {}",
                                      columns, table, direction));
}

template <typename Row>
absl::Status read_table(const Sqlite& database, std::vector<typename Row::Entry>& entries) {
  auto rows = rows_of(database, Row::kTable, Row::kColumns, "ASC");
  if (!rows.ok()) return rows.status();
  for (;;) {
    const auto row = rows->next();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    auto entry = Row::read(*rows);
    if (!entry) {
      return error(absl::StatusCode::kDataLoss, "{}: row {} of {} holds values out of range",
                   database.path(), rows->number(0), Row::kTable);
    }
    entries.push_back(std::move(*entry));
  }
}

template <typename Row>
std::map<std::int64_t, typename Row::Entry> salvage_table(const Sqlite& database) {
  std::map<std::int64_t, typename Row::Entry> found;
  for (const std::string_view direction : {"ASC", "DESC"}) {
    auto rows = rows_of(database, Row::kTable, Row::kColumns, direction);
    if (!rows.ok()) continue;
    for (auto row = rows->next(); row.ok() && *row; row = rows->next()) {
      auto entry = Row::read(*rows);
      if (entry) found.insert_or_assign(rows->number(0), std::move(*entry));
    }
  }
  return found;
}

// Writes a change within the caller's transaction.
struct Writer {
  const Sqlite& database;

  absl::Status operator()(const PutUpstream& change) const {
    const StoredUpstream& it = change.upstream;
    auto statement = database.prepare(
        "INSERT INTO upstreams (id, pool, address, source, weight, protocol, insecure, metadata,"
        " ttl_seconds, admin_state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET pool = excluded.pool, address = excluded.address,"
        " source = excluded.source, weight = excluded.weight, protocol = excluded.protocol,"
        " insecure = excluded.insecure, metadata = excluded.metadata,"
        " ttl_seconds = excluded.ttl_seconds, admin_state = excluded.admin_state");
    if (!statement.ok()) return statement.status();
    return statement->bind(it.id)
        .bind(it.pool)
        .bind(it.address)
        .bind(word_of(it.source))
        .bind(std::int64_t{it.weight})
        .bind(it.protocol)
        .bind(std::int64_t{it.insecure})
        .bind(text_of(it.metadata))
        .bind(std::int64_t{it.ttl_seconds})
        .bind(it.admin_state)
        .run();
  }

  absl::Status operator()(const PutOverride& change) const {
    auto statement = database.prepare(
        "INSERT INTO overrides (upstream_id, weight, admin_state) VALUES (?, ?, ?)"
        " ON CONFLICT (upstream_id) DO UPDATE SET weight = excluded.weight,"
        " admin_state = excluded.admin_state");
    if (!statement.ok()) return statement.status();
    statement->bind(change.entry.upstream_id);
    if (change.entry.weight) {
      statement->bind(std::int64_t{*change.entry.weight});
    } else {
      statement->bind_null();
    }
    if (change.entry.admin_state) {
      statement->bind(*change.entry.admin_state);
    } else {
      statement->bind_null();
    }
    return statement->run();
  }

  absl::Status operator()(const PutSetting& change) const {
    auto statement = database.prepare(
        "INSERT INTO settings (path, value) VALUES (?, ?)"
        " ON CONFLICT (path) DO UPDATE SET value = excluded.value");
    if (!statement.ok()) return statement.status();
    return statement->bind(change.setting.path).bind(change.setting.value).run();
  }

  absl::Status operator()(const EraseUpstream& change) const {
    return erase("DELETE FROM upstreams WHERE id = ?", change.id);
  }
  absl::Status operator()(const EraseOverride& change) const {
    return erase("DELETE FROM overrides WHERE upstream_id = ?", change.upstream_id);
  }
  absl::Status operator()(const EraseSetting& change) const {
    return erase("DELETE FROM settings WHERE path = ?", change.path);
  }

  absl::Status operator()(const PutDeadLetter& change) const {
    const StoredDeadLetter& it = *change.letter;
    auto statement = database.prepare(
        "INSERT OR REPLACE INTO dead_letters (number, mark, seq, pool, listener, upstream,"
        " attempts, received_at, dead_at, reason, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement.ok()) return statement.status();
    return statement->bind(static_cast<std::int64_t>(it.id))
        .bind(it.mark.to_string())
        .bind(static_cast<std::int64_t>(it.seq))
        .bind(it.pool)
        .bind(it.listener)
        .bind(it.upstream)
        .bind(std::int64_t{it.attempts})
        .bind(static_cast<std::int64_t>(it.received_at))
        .bind(static_cast<std::int64_t>(it.dead_at))
        .bind(it.reason)
        .bind_bytes(it.payload)
        .run();
  }
  absl::Status operator()(const EraseDeadLetters& change) const {
    for (const std::uint64_t id : change.ids) {
      auto statement = database.prepare("DELETE FROM dead_letters WHERE number = ?");
      if (!statement.ok()) return statement.status();
      const absl::Status erased = statement->bind(static_cast<std::int64_t>(id)).run();
      if (!erased.ok()) return erased;
    }
    return absl::OkStatus();
  }

  absl::Status erase(std::string_view sql, std::string_view key) const {
    auto statement = database.prepare(sql);
    if (!statement.ok()) return statement.status();
    return statement->bind(key).run();
  }
};

}  // namespace

absl::Status write_change(const Change& change, const Sqlite& database) {
  return std::visit(Writer{database}, change);
}

absl::Status write_state(const StoredState& state, const Sqlite& database) {
  const Writer writer{database};
  absl::Status status;
  for (const StoredUpstream& upstream : state.upstreams)
    status.Update(writer(PutUpstream{upstream}));
  for (const StoredOverride& entry : state.overrides) status.Update(writer(PutOverride{entry}));
  for (const StoredSetting& setting : state.settings) status.Update(writer(PutSetting{setting}));
  for (const auto& [id, letter] : state.dead_letters) status.Update(writer(PutDeadLetter{letter}));
  return status;
}

absl::StatusOr<StoredState> read_state(const Sqlite& database) {
  StoredState state;
  absl::Status status = read_table<UpstreamRow>(database, state.upstreams);
  if (status.ok()) status = read_table<OverrideRow>(database, state.overrides);
  if (status.ok()) status = read_table<SettingRow>(database, state.settings);
  std::vector<StoredDeadLetter> letters;
  if (status.ok()) status = read_table<DeadLetterRow>(database, letters);
  if (!status.ok()) return status;
  for (StoredDeadLetter& letter : letters) apply(put_of(std::move(letter)), state);
  return state;
}

StoredState salvage_state(const Sqlite& database) {
  StoredState state;
  for (auto& [number, entry] : salvage_table<UpstreamRow>(database)) {
    apply(PutUpstream{std::move(entry)}, state);
  }
  for (auto& [number, entry] : salvage_table<OverrideRow>(database)) {
    apply(PutOverride{std::move(entry)}, state);
  }
  for (auto& [number, entry] : salvage_table<SettingRow>(database)) {
    apply(PutSetting{std::move(entry)}, state);
  }
  for (auto& [number, entry] : salvage_table<DeadLetterRow>(database)) {
    apply(put_of(std::move(entry)), state);
  }
  return state;
}

}  // namespace waymark::store
