#include "frame/cutters.h"

namespace waymark::frame {

Cut cut_once(const Framing& framing, std::string_view held, std::string_view fresh) {
  switch (framing.kind) {
    case Kind::raw:
      break;
    case Kind::line:
      return LineCutter(framing)(held, fresh);
    case Kind::delimiter:
      return DelimiterCutter(framing)(held, fresh);
    case Kind::fixed:
      return FixedCutter(framing)(held, fresh);
    case Kind::length_prefix:
      return LengthCutter(framing)(held, fresh);
    case Kind::start_stop:
      return StartStopCutter(framing)(held, fresh);
    case Kind::by_start:
      return ByStartCutter(framing)(held, fresh);
  }
  return {};
}

}  // namespace waymark::frame
