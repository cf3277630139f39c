// Host names to addresses, on libuv's threads, answered on the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/loop.h"

namespace waymark::net {

// By family, IPv4 first, then by number; none twice. All have the same port.
[[nodiscard]] std::vector<Address> in_order(std::vector<Address> addresses);

// Loop thread only. Two lookups run at a time (libuv's share for slow ones), others wait; each ends
// after what resolv.conf allows, 30 s or so by default. Whoever asks again has the answer before,
// so that no more are outstanding than there are names.
class Resolver {
 public:
  using Addresses = std::vector<Address>;  // in_order(), never empty
  using Done = std::function<void(absl::StatusOr<Addresses>)>;

  explicit Resolver(Loop& loop) : loop_(loop) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // Like close(). A lookup under way cannot be stopped: the loop must run until it has returned, so
  // an owner that destroys the loop next runs it until idle() first.
  ~Resolver();

  // `host` is a name or a numeric address without brackets. A name gives the families this machine
  // has itself. `done` is called once, in a later pass, unless close() comes before; it may call
  // anything here, also destroy the resolver. Errors name the host:
  //   NotFound         no such name, or no address of it
  //   Unavailable      no answer; may be asked again
  //   InvalidArgument  this cannot be a host
  void resolve(std::string host, std::uint16_t port, Done done);

  // Gives up all lookups: no `done` is called from now on, and none is asked for.
  void close();

  // No lookup is outstanding, given up or not.
  [[nodiscard]] bool idle() const { return requests_.empty(); }

 private:
  // Belongs to libuv from submit() until its callback, which may come after the resolver's end.
  struct Request;

  void answer_later(std::unique_ptr<Request> request, absl::Status status);
  // Ends `request` and gives its answer, if anybody still wants it.
  static void finish(Request* request, absl::StatusOr<Addresses> answer);

  Loop& loop_;
  std::vector<Request*> requests_;
  bool closed_ = false;
};

}  // namespace waymark::net
