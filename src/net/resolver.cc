#include "net/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status.h"
#include "net/handle.h"

namespace waymark::net {

struct Resolver::Request {
  Resolver* owner = nullptr;  // null once it is gone
  std::string host;
  std::uint16_t port = 0;
  Done done;  // empty once given up
  absl::Status refusal;
  // One of both is in use: the second for what is refused without being asked.
  uv_getaddrinfo_t lookup{};
  uv_work_t nothing{};

  [[nodiscard]] uv_req_t* raw() {
    return refusal.ok() ? reinterpret_cast<uv_req_t*>(&lookup)
                        : reinterpret_cast<uv_req_t*>(&nothing);
  }
};

namespace {

absl::Status lookup_error(const std::string& host, int result) {
  absl::StatusCode code = absl::StatusCode::kUnavailable;
  if (result == UV_EAI_NONAME || result == UV_EAI_NODATA || result == UV_EAI_ADDRFAMILY) {
    code = absl::StatusCode::kNotFound;
  } else if (result == UV_EINVAL || result == UV_E2BIG || result == UV_ENAMETOOLONG) {
    code = absl::StatusCode::kInvalidArgument;
  }
  return error(code, "resolve '{}': {}", host, uv_strerror(result));
}

bool before(const Address& a, const Address& b) {
  if (a.family() != b.family()) return a.family() == AF_INET;
  return std::memcmp(a.get(), b.get(), a.size()) < 0;  // network order, and the ports are equal
}

bool same(const Address& a, const Address& b) { return !before(a, b) && !before(b, a); }

Resolver::Addresses addresses_of(const addrinfo* list) {
  Resolver::Addresses addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    Address address;
    std::memcpy(address.get(), entry->ai_addr, entry->ai_addrlen);
    addresses.push_back(address);
  }
  return in_order(std::move(addresses));
}

}  // namespace

std::vector<Address> in_order(std::vector<Address> addresses) {
  std::sort(addresses.begin(), addresses.end(), before);
  addresses.erase(std::unique(addresses.begin(), addresses.end(), same), addresses.end());
  return addresses;
}

Resolver::~Resolver() {
  close();
  for (Request* request : requests_) request->owner = nullptr;
}

void Resolver::resolve(std::string host, std::uint16_t port, Done done) {
  loop_.assert_in_loop_thread();
  if (closed_) return;
  auto request = std::make_unique<Request>();
  request->owner = this;
  request->host = std::move(host);
  request->port = port;
  request->done = std::move(done);

  if (request->host.empty() || request->host.find('\0') != std::string::npos) {
    auto refusal = lookup_error(request->host, UV_EINVAL);
    return answer_later(std::move(request), std::move(refusal));
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // otherwise each address comes once a socket type
  hints.ai_flags = AI_ADDRCONFIG;   // an address of a family without a route helps nobody
  request->lookup.data = request.get();
  const int result = uv_getaddrinfo(
      loop_.raw(), &request->lookup,
      [](uv_getaddrinfo_t* lookup, int status, addrinfo* list) {
        auto* finished = static_cast<Request*>(lookup->data);
        absl::StatusOr<Addresses> answer = Addresses();
        if (status == 0) *answer = addresses_of(list);
        if (status == 0 && answer->empty()) status = UV_EAI_NODATA;
        if (status != 0) answer = lookup_error(finished->host, status);
        uv_freeaddrinfo(list);
        finish(finished, std::move(answer));
      },
      request->host.c_str(), std::to_string(port).c_str(), &hints);
  if (result != 0) {
    auto refusal = lookup_error(request->host, result);
    return answer_later(std::move(request), std::move(refusal));
  }
  requests_.push_back(request.release());
}

void Resolver::answer_later(std::unique_ptr<Request> request, absl::Status status) {
  request->refusal = std::move(status);
  request->nothing.data = request.get();
  require(uv_queue_work(
              loop_.raw(), &request->nothing, [](uv_work_t*) {},
              [](uv_work_t* work, int) {
                auto* finished = static_cast<Request*>(work->data);
                finish(finished, finished->refusal);
              }),
          "uv_queue_work");
  requests_.push_back(request.release());
}

void Resolver::finish(Request* request, absl::StatusOr<Addresses> answer) {
  const std::unique_ptr<Request> owned(request);
  if (request->owner != nullptr) std::erase(request->owner->requests_, request);
  if (request->done) request->done(std::move(answer));
}

void Resolver::close() {
  closed_ = true;
  for (Request* request : requests_) {
    request->done = nullptr;
    (void)uv_cancel(request->raw());  // fails for one under way, which ends by itself
  }
}

}  // namespace waymark::net
