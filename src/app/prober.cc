#include "app/prober.h"

#include <utility>

#include "link/completion.h"

namespace waymark::app {

Prober::Prober(net::Loop& loop, Tell tell)
    : loop_(loop),
      tell_(std::move(tell)),
      waker_(loop, [this] { on_completions(); }),
      thread_(std::make_unique<link::CompletionThread>([this] { waker_.wake(); })) {}

Prober::~Prober() = default;

void Prober::watch(std::uint32_t upstream, link::HealthOptions options) {
  unwatch(upstream);
  auto probe = std::make_unique<link::HealthProbe>(
      std::move(options), *thread_,
      [this, upstream](const link::ProbeNews& news) { tell_(upstream, news); });
  probe->start(loop_.now_ms());
  probes_[upstream] = std::move(probe);
}

void Prober::unwatch(std::uint32_t upstream) {
  const auto at = probes_.find(upstream);
  if (at == probes_.end()) return;
  at->second->stop(loop_.now_ms());
  ending_.push_back(std::move(at->second));
  probes_.erase(at);
}

void Prober::ask_at(std::uint32_t upstream, std::uint64_t at_ms) {
  if (const auto at = probes_.find(upstream); at != probes_.end()) at->second->ask_at(at_ms);
}

// News of one probe may end others: the walk goes by number.
void Prober::tick() {
  on_completions();
  std::vector<std::uint32_t> watched;
  for (const auto& [upstream, probe] : probes_) watched.push_back(upstream);
  for (const std::uint32_t upstream : watched) {
    if (const auto at = probes_.find(upstream); at != probes_.end()) {
      at->second->tick(loop_.now_ms());
    }
  }
  for (const auto& probe : ending_) probe->tick(loop_.now_ms());
  std::erase_if(ending_, [](const auto& probe) { return probe->stopped(); });
}

void Prober::on_completions() {
  thread_->deliver([this](link::Completion& completion) {
    for (const auto& [upstream, probe] : probes_) {
      if (probe->owns(completion)) return probe->on_completion(completion);
    }
    for (const auto& probe : ending_) {
      if (probe->owns(completion)) return probe->on_completion(completion);
    }
  });
}

void Prober::stop() {
  while (!probes_.empty()) unwatch(probes_.begin()->first);
}

void Prober::close() {
  thread_.reset();  // nobody wakes us after this
  waker_.close();
}

}  // namespace waymark::app
