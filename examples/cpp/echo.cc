// A whole upstream: answers every frame with its own payload.
#include <cstdio>
#include <string>

#include "waymark/upstream.h"

class Echo final : public waymark::UpstreamHandler {
  void frame(const waymark::Frame& frame, waymark::Reply reply) override {
    reply.send(frame.payload);
  }
};

int main(int argc, char** argv) {
  Echo echo;
  auto server =
      waymark::UpstreamServer::start({.listen = argc > 1 ? argv[1] : "127.0.0.1:7001"}, echo);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  std::printf("listening on %s\n", (*server)->address().c_str());
  std::fflush(stdout);
  (*server)->wait();
}
