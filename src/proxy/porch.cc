#include "proxy/porch.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "identity/proxy_header.h"

namespace waymark::proxy {

using identity::ProxyHeader;
using net::Preface;
using Result = ProxyHeaderResult;

static_assert(Preface::kMostBytes >= ProxyHeader::kMostBytes);

void Porch::take(const ListenerContext& listener, net::Accepted accepted) {
  Arrival arrival{listener.index, accepted.fd, accepted.peer, {}};
  const auto& proxies = listener.settings->proxy_protocol;
  if (!proxies) return on_arrival_(std::move(arrival));
  const bool trusted = std::ranges::any_of(
      proxies->trusted, [&](const net::Cidr& block) { return block.contains(accepted.peer); });
  if (!trusted) {
    ::close(accepted.fd);
    return count(Result::untrusted);
  }
  const Place place = guests_.insert(guests_.end(), Guest{.arrival = std::move(arrival)});
  waiting_.store(guests_.size(), std::memory_order_relaxed);
  place->preface = std::make_unique<Preface>(
      loop_, accepted.fd, proxies->header_timeout,
      [place](std::string_view bytes) { return look(*place, bytes); },
      [this, place](Preface::End end, int fd) { leave(place, end, fd); });
}

Preface::Verdict Porch::look(Guest& guest, std::string_view bytes) {
  const ProxyHeader header = identity::read_proxy_header(bytes);
  switch (header.verdict) {
    case ProxyHeader::Verdict::incomplete:
      return {};
    case ProxyHeader::Verdict::malformed:
      return {.kind = Preface::Verdict::Kind::refused};
    case ProxyHeader::Verdict::accepted:
      break;
  }
  if (header.source) {
    guest.arrival.peer =
        net::Address::from_bytes(header.source->host, header.source->v6, header.source->port);
  }
  guest.arrival.proxy_tlvs = header.tlvs;
  return {.kind = Preface::Verdict::Kind::whole, .size = header.size};
}

void Porch::leave(Place place, Preface::End end, int fd) {
  Guest guest = std::move(*place);
  guests_.erase(place);
  waiting_.store(guests_.size(), std::memory_order_relaxed);
  switch (end) {
    case Preface::End::whole:
      count(Result::accepted);
      guest.arrival.fd = fd;
      return on_arrival_(std::move(guest.arrival));
    case Preface::End::refused:
      return count(Result::malformed);
    case Preface::End::ended:
      return count(Result::ended);
    case Preface::End::late:
      return count(Result::late);
    case Preface::End::closed:
      return;
  }
}

void Porch::close() {
  while (!guests_.empty()) guests_.front().preface->close();
}

void Porch::close_those_of_closed(const Layout& layout) {
  for (auto next = guests_.begin(); next != guests_.end();) {
    const auto place = next++;
    if (!layout.listeners[place->arrival.listener].open) place->preface->close();
  }
}

void Porch::count(Result result) {
  counts_[static_cast<std::size_t>(result)].fetch_add(1, std::memory_order_relaxed);
}

ProxyHeaderCounts Porch::counts() const {
  ProxyHeaderCounts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace waymark::proxy
