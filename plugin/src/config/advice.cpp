#include "config/advice.h"

namespace ekws::config {

std::string port_taken_advice(const Listen& listen, bool by_host) {
  const std::string port = std::to_string(listen.port);
  const char* from = listen.origin == ListenOrigin::group ? "httpServerPort of the configuration group"
                     : listen.origin == ListenOrigin::kuiper_yaml
                         ? "httpServerPort in the source section of kuiper.yaml"
                         : "the default";
  return (by_host ? " by this eKuiper's own data server (or another listener in its process)" : " by another process") +
         std::string(". Port " + port + " is " + from + ". Either ") +
         (by_host ? "move the data server: start eKuiper with KUIPER__SOURCE__HTTPSERVERPORT set to another port"
                  : "end that process, or have it listen on another port") +
         "; or set httpServerPort in the stream's configuration group (or in default of websocket.yaml) to a free port";
}

}  // namespace ekws::config
