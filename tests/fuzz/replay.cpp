// main() where there is no libFuzzer: runs the target on the files that are named.
#include <fstream>
#include <iterator>
#include <vector>

#include "target.h"

int main(int count, char** files) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s FILE...\n", files[0]);
    return 2;
  }
  for (int i = 1; i < count; ++i) {
    std::ifstream file(files[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", files[i]);
      return 1;
    }
    std::fprintf(stderr, "%s\n", files[i]);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    // Memory of exactly this size, so that a read behind its end is seen.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
  }
  return 0;
}
