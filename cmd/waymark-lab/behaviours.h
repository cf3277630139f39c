// What `waymark-lab set` can change of an upstream.
#pragma once

#include <array>

namespace waymark {

struct BehaviourOption {
  const char* option;
  const char* field;  // of the lab's API
  const char* type;
  const char* help;
};

inline constexpr std::array<BehaviourOption, 9> kBehaviours = {{
    {"--reply", "reply", "REPLY", "echo, none, upper or 'template:{id}: {payload}'"},
    {"--ack", "ack", "WHEN", "auto, late, never or duplicate"},
    {"--delay", "delay", "TIME", "Wait before each answer"},
    {"--jitter", "jitter", "TIME", "Wait up to this longer, at random"},
    {"--failure", "failure", "P%", "Give this share of the frames no answer"},
    {"--drop", "drop", "P%", "Never finish this share of the frames"},
    {"--slow-read", "slow_read", "TIME", "Stay this long in each frame"},
    {"--crash-after", "crash_after", "N", "Abort in the frame after this many, from now; 0: never"},
    {"--hang-after", "hang_after", "N", "Stay in that frame for ever; 0: never"},
}};

}  // namespace waymark
