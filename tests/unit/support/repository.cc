#include "support/repository.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace waymark {

std::string in_repository(const std::string& path) { return WAYMARK_SOURCE_DIR "/" + path; }

std::string text_in_repository(const std::string& path) {
  std::ifstream file(in_repository(path));
  if (!file.is_open()) throw std::runtime_error(in_repository(path) + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace waymark
