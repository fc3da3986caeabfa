#include "config/advice.h"

namespace ekws::config {
namespace {

struct Advice {
  std::string who;
  const char* do_about_it;
};

Advice advice_on(const Listen& listen, const PortHolder& holder) {
  if (!holder.ours.empty()) {
    return {"by other streams, which listen on " + holder.ours,
            "give these streams the same httpServerIp: they then share a listener"};
  }
  if (!holder.this_process) return {"by another process", "end that process, or have it listen on another port"};
  if (listen.port == listen.data_server_port) {
    return {"by this eKuiper's own data server",
            "move the data server: start eKuiper with KUIPER__SOURCE__HTTPSERVERPORT set to another port"};
  }
  return {"by another part of this eKuiper process, such as its REST interface",
          "have that listen on another port (kuiper.yaml)"};
}

}  // namespace

std::string port_taken_advice(const Listen& listen, const PortHolder& holder) {
  const std::string port = std::to_string(listen.port);
  const char* from = listen.origin == ListenOrigin::group ? "httpServerPort of the configuration group"
                     : listen.origin == ListenOrigin::kuiper_yaml
                         ? "httpServerPort in the source section of kuiper.yaml"
                         : "the default";
  const Advice advice = advice_on(listen, holder);
  const std::string found = " " + advice.who + ". Port " + port + " is " + from;
  // Any other way out would have it listen where the user's peers do not look for it.
  if (listen.origin != ListenOrigin::group && !listen.no_default_group.empty()) {
    return found + "; the group \"default\" of websocket.yaml does not count: " + listen.no_default_group +
           ". Correct that file and start eKuiper again";
  }
  return found + ". Either " + advice.do_about_it +
         "; or set httpServerPort in the stream's configuration group (or in default of websocket.yaml) to a free port";
}

}  // namespace ekws::config
