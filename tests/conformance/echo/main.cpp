// ekws-echo: echoes messages over the plugin's own core, so that any suite of RFC 6455 can be pointed at it.
#include <cstdio>
#include <exception>

#include "echo/echo.h"

int main(int count, char** arguments) {
  using namespace ekws;
  try {
    const echo::Options options = echo::read_options({arguments + 1, arguments + count});
    const Error error = options.listen ? echo::serve(options) : echo::connect(options);
    if (error) std::fprintf(stderr, "ekws-echo: %s\n", error.text.c_str());
    return error ? 1 : 0;
  } catch (const Failure& failure) {
    std::fprintf(stderr, "ekws-echo: %s\n%s", failure.what(), echo::kUsage);
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ekws-echo: %s\n", e.what());
    return 1;
  }
}
