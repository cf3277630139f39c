#include "store/durable_state.h"

#include <utility>

#include "base/status.h"
#include "store/database_build.h"
#include "store/file_mark.h"

namespace waymark::store {
namespace {

// Callers need to know that nothing has changed and that it is the disk, not how SQLite names it.
absl::Status not_stored(const absl::Status& status) {
  if (status.ok()) return status;
  return error(absl::StatusCode::kResourceExhausted, "the change cannot be stored: {}",
               message_of(status));
}

std::string contents_of(const StoredState& state) {
  return fmt::format("{} upstreams, {} overrides, {} settings and {} dead letters",
                     state.upstreams.size(), state.overrides.size(), state.settings.size(),
                     state.dead_letters.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<DurableState>> DurableState::open(const std::string& directory,
                                                                 bool recover, Notice notice) {
  auto locked = Directory::open(directory);
  if (!locked.ok()) return locked.status();
  if (!notice) notice = [](const std::string&) {};
  std::unique_ptr<DurableState> state(new DurableState(std::move(*locked), std::move(notice)));
  if (absl::Status status = state->load(recover); !status.ok()) return status;
  return state;
}

absl::Status DurableState::load(bool recover) {
  if (!mark_of(path())) {
    if (absl::Status status = replace_file({}, path() + ".replaced"); !status.ok()) return status;
  }
  absl::Status status = open_file();
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  if (recover) return recover_file(status);
  return error(absl::StatusCode::kDataLoss,
               "{} is damaged ({}): start with --recover to put it aside and go on with what can "
               "still be read of it",
               path(), message_of(status));
}

absl::Status DurableState::recover_file(const absl::Status& damage) {
  const StoredState saved = salvage_database(path());
  const std::string aside = corrupt_name(path());
  if (absl::Status status = replace_file(saved, aside); !status.ok()) return status;
  if (absl::Status status = open_file(); !status.ok()) return status;
  notice_(fmt::format("{} was damaged ({}): it is now {}, and {} were read from it", path(),
                      message_of(damage), aside, contents_of(saved)));
  return absl::OkStatus();
}

absl::Status DurableState::replace_file(const StoredState& state, const std::string& aside) {
  absl::Status status = build_database(new_path(), state);
  if (!status.ok()) return status;
  file_.reset();
  status = put_in_place(new_path(), path(), aside);
  return status.ok() ? directory_->sync() : status;
}

absl::Status DurableState::open_file() {
  auto opened = DatabaseFile::open(path());
  if (!opened.ok()) return opened.status();
  file_ = std::move(opened->file);
  state_ = std::move(opened->state);
  return absl::OkStatus();
}

absl::Status DurableState::mend() {
  if (absl::Status status = directory_->renew(); !status.ok()) return status;
  if (file_ != nullptr && file_->intact()) return absl::OkStatus();
  // One name for all times: however often this happens, it takes the room of one file.
  absl::Status status = replace_file(state_, path() + ".replaced");
  if (status.ok()) status = open_file();
  if (!status.ok()) return status;
  notice_(
      fmt::format("{} was deleted, changed from outside or could not be written: it was made "
                  "again from memory, with {}",
                  path(), contents_of(state_)));
  return absl::OkStatus();
}

absl::Status DurableState::write(std::span<const Change> changes) {
  if (absl::Status status = mend(); !status.ok()) return not_stored(status);
  absl::Status status = file_->write(changes);
  if (!status.ok() && !file_->intact()) {
    if (!mend().ok()) return not_stored(status);
    status = file_->write(changes);
  }
  if (!status.ok()) return not_stored(status);
  for (const Change& change : changes) apply(change, state_);
  return absl::OkStatus();
}

}  // namespace waymark::store
