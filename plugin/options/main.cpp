// ekws-options: prints, writes or checks the files that are made from the table of properties.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "config/render.h"

namespace {

namespace fs = std::filesystem;
namespace config = ekws::config;

constexpr const char* kUsage =
    "usage: ekws-options --json | --yaml | --markdown   print one of the files\n"
    "       ekws-options --write ROOT                   write all of them below ROOT\n"
    "       ekws-options --check ROOT                   exit 1 if one of them is not what it would be\n";

constexpr const char* kBegin = "<!-- options: made by ekws-options, do not edit -->\n";
constexpr const char* kEnd = "<!-- end of options -->\n";

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text << std::flush;
  if (!stream) throw std::runtime_error("cannot write " + file.string());
}

/// The page with what stands between the two marks replaced.
std::string with_options(const fs::path& file) {
  std::string page = read(file);
  const auto begin = page.find(kBegin);
  const auto end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw std::runtime_error(file.string() + " lacks the marks that the tables go between");
  }
  const auto from = begin + std::string(kBegin).size();
  return page.replace(from, end - from, "\n" + config::render_markdown() + "\n");
}

struct Target {
  fs::path file;
  std::string text;
};

std::vector<Target> targets(const fs::path& root) {
  const fs::path page = root / "docs" / "configure.md";
  return {{root / "websocket.json", config::render_json()},
          {root / "websocket.yaml", config::render_yaml()},
          {page, with_options(page)}};
}

int check(const fs::path& root) {
  int stale = 0;
  for (const auto& [file, text] : targets(root)) {
    if (fs::exists(file) && read(file) == text) continue;
    std::fprintf(stderr, "%s is stale: run ekws-options --write %s\n", file.c_str(), root.c_str());
    stale = 1;
  }
  return stale;
}

int run(const std::vector<std::string>& arguments) {
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (arguments.size() == 1 && (what == "--json" || what == "--yaml" || what == "--markdown")) {
    const std::string text = what == "--json"   ? config::render_json()
                             : what == "--yaml" ? config::render_yaml()
                                                : config::render_markdown();
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  if (arguments.size() == 2 && what == "--write") {
    for (const auto& [file, text] : targets(arguments[1])) write(file, text);
    return 0;
  }
  if (arguments.size() == 2 && what == "--check") return check(arguments[1]);
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ekws-options: %s\n", error.what());
    return 2;
  }
}
