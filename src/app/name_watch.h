// Names of the configuration whose addresses are upstreams each: resolved again every `refresh`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "control/upstream.h"
#include "net/loop.h"
#include "net/resolver.h"

namespace waymark::app {

class NameWatch {
 public:
  struct Name {
    control::UpstreamSpec spec;  // its address is the name
    std::string host;
    std::uint16_t port = 0;
    std::uint64_t refresh_ms = 0;
  };
  // `addresses`: "host:port" each; none once the name is not watched any more.
  using Found = std::function<void(const Name& name, const std::vector<std::string>& addresses)>;
  // It stays with what was found before.
  using Failed = std::function<void(const Name& name, const absl::Status& why)>;

  // Loop thread, as everything here.
  NameWatch(net::Loop& loop, std::vector<Name> names, Found found, Failed failed);

  // Watches these from now on.
  void set(std::vector<Name> names);
  // About ten times a second: asks what is due.
  void tick();
  void close() { resolver_.close(); }
  // No lookup is outstanding: the loop may end.
  [[nodiscard]] bool idle() const { return resolver_.idle(); }

 private:
  struct Watched {
    Name name;
    std::uint64_t due_ms = 0;
    bool asked = false;  // and not answered yet
  };

  void on_answer(std::size_t index, const absl::StatusOr<net::Resolver::Addresses>& answer);

  net::Loop& loop_;
  const Found found_;
  const Failed failed_;
  std::vector<Watched> names_;
  std::uint64_t generation_ = 0;  // of names_
  net::Resolver resolver_;
};

}  // namespace waymark::app
