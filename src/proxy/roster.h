// What the upstreams of a pool are to each other: which are linked, and who wants to be told. Every
// worker says what its own link is; what counts is the whole proxy.
//
//   no link of any worker is ready        -> lost
//   one is, and gets no more connections  -> leaving
//   else                                  -> ready
//
// Notices for one upstream go out on one of its links, in the order in which they came about: the
// first that is ready, and when that ends another one, which is told everything anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "wire/sideways.h"

namespace waymark::proxy {

// To the worker whose link of `upstream` it goes out on.
struct UpstreamNotice {
  std::uint32_t upstream = 0;  // who is told
  std::size_t pool = 0;        // its pool, for its index may be given away
  wire::UpstreamChanged changed;
};

// Every method may be called on any thread.
class Roster {
 public:
  using Post = std::function<void(std::size_t worker, UpstreamNotice notice)>;
  // `post` is called with a lock held: it must not come back here.
  void set_post(Post post) { post_ = std::move(post); }

  struct Link {
    std::uint32_t upstream = 0;  // its index
    std::size_t worker = 0;
  };
  // What an upstream says of itself when a link is ready.
  struct Who {
    std::size_t pool = 0;
    std::string name;
    bool wants_notices = false;
  };
  // The link is ready, or was and its upstream is called something else now.
  void link_ready(const Link& link, const Who& who, bool leaving);
  // The link is ready, and whether its upstream leaves has changed. Nothing for one that is not.
  void link_leaving(const Link& link, bool leaving);
  // The link is not ready any more. Nothing for one that was not.
  void link_ended(const Link& link);
  // The upstream was removed, and this worker has forgotten it.
  void forget(const Link& link);

 private:
  struct Entry {
    Who who;
    std::map<std::size_t, bool> links;  // ready ones by worker; true: leaving
    std::size_t home = 0;               // the worker whose link notices go out on, if there is one

    [[nodiscard]] wire::UpstreamState state() const;
  };

  // With the lock.
  void tell_all(std::uint32_t upstream, const Entry& entry) const;
  void tell(std::uint32_t upstream, const Entry& reader, const Entry& about) const;
  void tell_everything(std::uint32_t upstream, const Entry& reader) const;

  Post post_;  // set before the workers start
  std::mutex mutex_;
  std::map<std::uint32_t, Entry> entries_;  // guarded by mutex_
};

}  // namespace waymark::proxy
