#include "app/name_watch.h"

#include <algorithm>
#include <utility>

namespace waymark::app {

NameWatch::NameWatch(net::Loop& loop, std::vector<Name> names, Found found, Failed failed)
    : loop_(loop), found_(std::move(found)), failed_(std::move(failed)), resolver_(loop) {
  for (Name& name : names) names_.push_back({.name = std::move(name)});
}

void NameWatch::tick() {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    Watched& watched = names_[i];
    if (watched.asked || loop_.now_ms() < watched.due_ms) continue;
    watched.asked = true;
    resolver_.resolve(watched.name.host, watched.name.port,
                      [this, i, generation = generation_](
                          const absl::StatusOr<net::Resolver::Addresses>& answer) {
                        if (generation == generation_) on_answer(i, answer);
                      });
  }
}

// Answers to earlier questions are not for these: `generation_` tells.
void NameWatch::set(std::vector<Name> names) {
  std::vector<Watched> gone;
  gone.swap(names_);
  ++generation_;
  for (Name& name : names) names_.push_back({.name = std::move(name)});
  for (const Watched& watched : gone) {
    const bool stays = std::any_of(names_.begin(), names_.end(), [&](const Watched& other) {
      return other.name.spec.address == watched.name.spec.address &&
             other.name.spec.pool == watched.name.spec.pool &&
             other.name.spec.metadata == watched.name.spec.metadata;
    });
    if (!stays) found_(watched.name, {});
  }
}

void NameWatch::on_answer(std::size_t index,
                          const absl::StatusOr<net::Resolver::Addresses>& answer) {
  Watched& watched = names_[index];
  watched.asked = false;
  watched.due_ms = loop_.now_ms() + watched.name.refresh_ms;
  if (!answer.ok()) return failed_(watched.name, answer.status());
  std::vector<std::string> addresses;
  for (const net::Address& address : *answer) addresses.push_back(address.to_string());
  found_(watched.name, addresses);
}

}  // namespace waymark::app
