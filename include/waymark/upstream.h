// The upstream SDK: everything an upstream written in C++ includes.
//
//   class Echo final : public waymark::UpstreamHandler {
//     void frame(const waymark::Frame& frame, waymark::Reply reply) override {
//       reply.send(frame.payload);
//     }
//   };
//
//   Echo echo;
//   auto server = waymark::UpstreamServer::start({.listen = "127.0.0.1:7001"}, echo);
//   if (server.ok()) (*server)->wait();
#pragma once

#include "waymark/event.h"             // IWYU pragma: export
#include "waymark/reply.h"             // IWYU pragma: export
#include "waymark/sender.h"            // IWYU pragma: export
#include "waymark/upstream_handler.h"  // IWYU pragma: export
#include "waymark/upstream_server.h"   // IWYU pragma: export
