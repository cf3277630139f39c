#include "proxy/survey.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace waymark::proxy {
namespace {

TEST_CASE("goes on for a twentieth of what it has waited, and for no more than a millisecond") {
  CHECK(Survey::turn(0ns) == 0ns);
  CHECK(Survey::turn(-5ms) == 0ns);
  CHECK(Survey::turn(100us) == 5us);
  CHECK(Survey::turn(10ms) == 500us);
  CHECK(Survey::turn(3s) == 1ms);
}

}  // namespace
}  // namespace waymark::proxy
