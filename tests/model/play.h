// One run of a schedule: a world, its clients and upstreams, and what they have seen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history.h"
#include "schedule.h"
#include "upstream.h"
#include "world.h"

namespace waymark::model {

class Play {
 public:
  Play(proxy::Dispatch dispatch, std::string* trace);

  void take(const Step& step);
  // Every upstream is there and does what it should; then every client ends.
  void settle();

  // The rule that was broken; empty if none was.
  [[nodiscard]] const std::string& broken() const { return history_.broken(); }

 private:
  static constexpr std::size_t kMostClients = 6;

  struct Client {
    int number = 0;
    std::uint64_t sent = 0;
    bool ended = false;
    bool reset = false;
    bool slow = false;
    bool gone = false;
    std::string partial;  // a line that has not ended
  };

  void client_step(const Step& step);
  void upstream_step(const Step& step);
  void link_step(const Step& step);
  void hear(std::uint32_t upstream);
  void come(std::uint32_t upstream);
  [[nodiscard]] std::string unfinished() const;
  void work();  // everything moves once
  void look();  // after each step: what clients got, and the rules of each moment
  void look_at(Client& client);
  [[nodiscard]] bool may_end(const Client& client) const;

  History history_;
  World world_;
  std::vector<Upstream> upstreams_;
  std::vector<Client> clients_;
  std::uint32_t lines_ = 0;
  std::vector<std::uint32_t> line_of_;  // of the stream each upstream has now
};

}  // namespace waymark::model
