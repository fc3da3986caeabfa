#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "config/render.h"
#include "config/table.h"

namespace ekws::config {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void write_bilingual(Writer& writer, const char* key, const Bilingual& text) {
  writer.Key(key);
  writer.StartObject();
  writer.Key("en_US");
  writer.String(text.en);
  writer.Key("zh_CN");
  writer.String(text.zh);
  writer.EndObject();
}

const char* control_name(Control control) {
  switch (control) {
    case Control::text:
      return "text";
    case Control::textarea:
      return "textarea";
    case Control::select:
      return "select";
    case Control::radio:
      return "radio";
    case Control::list:
      return "list";
  }
  return "";
}

/// The host knows no sizes and durations: those are strings to it, such as "30s".
const char* type_name(Type type) {
  switch (type) {
    case Type::boolean:
      return "bool";
    case Type::integer:
      return "int";
    case Type::map:
      return "object";
    default:
      return "string";
  }
}

void write_default(Writer& writer, const Property& row) {
  // A form would write the default into the group, and the group comes before kuiper.yaml.
  if (row.inherited && row.type != Type::map) return;
  writer.Key("default");
  switch (row.type) {
    case Type::boolean:
      writer.Bool(row.number != 0);
      break;
    case Type::integer:
      writer.Int64(row.number);
      break;
    case Type::map:
      writer.StartObject();
      writer.EndObject();
      break;
    case Type::size:
    case Type::duration:
      writer.String(format_number(row, row.number).c_str());
      break;
    case Type::text:
    case Type::choice:
      writer.String("");
      break;
  }
}

void write_row(Writer& writer, const Property& row) {
  writer.StartObject();
  writer.Key("name");
  writer.String(row.name);
  write_default(writer, row);
  writer.Key("optional");
  writer.Bool(true);
  writer.Key("control");
  writer.String(control_name(row.control));
  writer.Key("type");
  writer.String(type_name(row.type));
  if (row.connection) {
    writer.Key("connection_related");
    writer.Bool(true);
  }
  if (row.control == Control::select) {
    writer.Key("values");
    writer.StartArray();
    for (const char* each : row.choices) {
      if (each != nullptr) writer.String(each);
    }
    writer.EndArray();
  }
  write_bilingual(writer, "hint", row.hint);
  write_bilingual(writer, "label", row.label);
  writer.EndObject();
}

void write_about(Writer& writer) {
  writer.Key("about");
  writer.StartObject();
  writer.Key("trial");
  writer.Bool(false);
  writer.Key("author");
  writer.StartObject();
  for (const char* key : {"name", "email", "company", "website"}) {
    writer.Key(key);
    writer.String(std::string(key) == "name" ? "ekuiper-websocket" : "");
  }
  writer.EndObject();
  write_bilingual(writer, "description",
                  {"Receives messages over WebSocket, as a client or as a server.",
                   "通过 WebSocket 接收消息，可作为客户端或服务端。"});
  writer.EndObject();
}

void write_data_source(Writer& writer) {
  writer.Key("dataSource");
  writer.StartObject();
  writer.Key("default");
  writer.String("/api/data");
  write_bilingual(writer, "hint",
                  {"The path: a client asks the server for it, a server waits for connections at it. For example "
                   "/api/data.",
                   "路径：作为客户端时向服务端请求的路径，作为服务端时等待连接的路径，例如 /api/data。"});
  write_bilingual(writer, "label", {"Data Source (Path)", "数据源（路径）"});
  writer.EndObject();
}

void write_node(Writer& writer) {
  writer.Key("node");
  writer.StartObject();
  writer.Key("category");
  writer.String("source");
  writer.Key("icon");
  writer.String("iconPath");
  write_bilingual(writer, "label", {"Websocket", "Websocket"});
  writer.EndObject();
}

}  // namespace

std::string render_json() {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.SetIndent(' ', 2);
  writer.StartObject();
  write_about(writer);
  writer.Key("libs");
  writer.StartArray();
  writer.EndArray();
  write_data_source(writer);
  writer.Key("properties");
  writer.StartObject();
  writer.Key("default");
  writer.StartArray();
  for (const auto& row : table()) write_row(writer, row);
  writer.EndArray();
  writer.EndObject();
  write_node(writer);
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace ekws::config
