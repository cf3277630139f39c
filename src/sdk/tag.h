// What a completion queue gives back: which operation of which object is done.
#pragma once

#include "base/sync_note.h"

namespace waymark::sdk {

class Tag {
 public:
  virtual void completed(bool ok) = 0;

 protected:
  ~Tag() = default;
};

// Calls a member function of its owner. One per operation that can be under way.
template <typename Owner, void (Owner::*kDone)(bool)>
class MemberTag final : public Tag {
 public:
  explicit MemberTag(Owner& owner) : owner_(owner) {}
  MemberTag(const MemberTag&) = delete;
  MemberTag& operator=(const MemberTag&) = delete;

  // The tag, as an operation that is started now takes it.
  [[nodiscard]] void* start() {
    Tag* tag = this;
    note_handed_over(tag);
    return tag;
  }

  void completed(bool ok) override { (owner_.*kDone)(ok); }

 private:
  Owner& owner_;
};

}  // namespace waymark::sdk
