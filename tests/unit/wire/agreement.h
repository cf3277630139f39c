// Checks that random messages, sound and broken, mean the same to src/wire and to protobuf.
#pragma once

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "link_readings.h"
#include "random_message.h"
#include "split_message.h"
#include "support/seed.h"

namespace waymark::wire {

using Reader = Readings (*)(std::string_view message, Pieces pieces);

inline void check_agreement(Reader read, std::string_view message, const SplitMessage& split) {
  const Readings readings = read(message, split.pieces());
  if (readings.agree()) {
    SUCCEED();
  } else {
    FAIL_CHECK("ours:       " << readings.ours << "\nprotobuf's: " << readings.protobufs);
  }
}

// Every message of class `Generated` means the same to `read` and to protobuf: as the generated
// class writes it, as other encoders may, damaged, and cut off anywhere.
template <typename Generated>
void check_random_messages(Reader read) {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  RandomMessage maker(random);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    Generated generated;
    maker.fill(generated);
    const std::string plain = generated.SerializeAsString();
    check_agreement(read, plain, in_one_piece(plain));
    check_agreement(read, plain, split_at_random(plain, random));

    const std::string unusual = maker.rewrite(plain, Generated::descriptor());
    check_agreement(read, unusual, in_one_piece(unusual));
    check_agreement(read, unusual, split_at_random(unusual, random));

    for (int i = 0; i < 10; ++i) {
      const std::string damaged = maker.damage(unusual);
      check_agreement(read, damaged, split_at_random(damaged, random));
    }
    if (unusual.size() > 500) continue;
    for (std::size_t size = 0; size < unusual.size(); ++size) {
      const std::string cut = unusual.substr(0, size);
      check_agreement(read, cut, split_at_random(cut, random));
    }
  }
}

}  // namespace waymark::wire
