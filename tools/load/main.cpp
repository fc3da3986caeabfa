// ekws-load: a WebSocket load generator, independent of the core it loads.
#include <cstdio>

#include "report.h"
#include "run.h"
#include "socket.h"

using namespace ekws_load;

int main(int argc, char** argv) {
  try {
    const Args args = parse_args({argv + 1, argv + argc});
    if (args.mode == Mode::help) {
      std::fputs(usage(), stdout);
      return 0;
    }
    return args.mode == Mode::client ? run_client(args) : run_server(args);
  } catch (const BadArgs& error) {
    complain(std::string(error.what()) + " (ekws-load --help)");
    return 2;
  } catch (const std::exception& error) {
    complain(error.what());
    return 1;
  }
}
