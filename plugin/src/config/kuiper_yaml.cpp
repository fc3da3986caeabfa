#include "config/kuiper_yaml.h"

#include "config/yaml.h"

namespace ekws::config {

SourceSection read_source_section(const std::string& file, std::vector<std::string>& warnings) {
  SourceSection section;
  with_yaml(file, warnings, [&](Yaml& yaml) {
    yaml_node_t* basic = yaml.find(yaml.root(), "basic");
    section.rest_port = Yaml::scalar(yaml.find(basic, "restPort"));
    section.rpc_port = Yaml::scalar(yaml.find(basic, "port"));
    yaml_node_t* source = yaml.find(yaml.root(), "source");
    if (source == nullptr || source->type != YAML_MAPPING_NODE) {
      return warnings.push_back(file + " has no section \"source\"");
    }
    section.ip = Yaml::scalar(yaml.find(source, "httpServerIp"));
    section.port = Yaml::scalar(yaml.find(source, "httpServerPort"));
    yaml_node_t* tls = yaml.find(source, "httpServerTls");
    section.tls.certificate = Yaml::scalar(yaml.find(tls, "certfile")).value_or("");
    section.tls.key = Yaml::scalar(yaml.find(tls, "keyfile")).value_or("");
  });
  return section;
}

TlsSection read_tls_section(const std::string& file, std::vector<std::string>& warnings) {
  TlsSection section;
  with_yaml(file, warnings, [&](Yaml& yaml) {
    yaml_node_t* tls = yaml.find(yaml.find(yaml.root(), "security"), "tls");
    yaml.each(tls, [&](const std::string& name, const yaml_node_t* value) {
      if (value != nullptr)
        section.emplace_back(name, Yaml::scalar(value).value_or(value->type == YAML_SCALAR_NODE ? "" : "{…}"));
    });
  });
  return section;
}

}  // namespace ekws::config
