#include "config/render.h"
#include "config/table.h"

namespace ekws::config {
namespace {

const char* type_name(Type type) {
  switch (type) {
    case Type::text:
      return "text";
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "integer";
    case Type::size:
      return "size";
    case Type::duration:
      return "duration";
    case Type::map:
      return "object";
    case Type::choice:
      return "choice";
  }
  return "";
}

const char* side_name(Side side) {
  switch (side) {
    case Side::client:
      return "client";
    case Side::server:
      return "server";
    case Side::both:
      return "both";
  }
  return "";
}

bool is_number(Type type) { return type == Type::integer || type == Type::size || type == Type::duration; }

std::string default_cell(const Property& row) {
  if (row.inherited)
    return "kuiper.yaml" + (row.type == Type::integer ? ", else " + format_number(row, row.number) : "");
  return is_number(row.type) || row.type == Type::boolean ? format_number(row, row.number) : "";
}

std::string allowed_cell(const Property& row) {
  if (is_number(row.type)) {
    return (row.zero_is_off ? "0 (off), " : "") + format_number(row, row.min) + " to " + format_number(row, row.max);
  }
  std::string cell;
  for (const char* each : row.choices) {
    if (each != nullptr) cell += (cell.empty() ? "" : ", ") + std::string(each);
  }
  return cell;
}

std::string rows(bool unsupported) {
  std::string text =
      "| property | in a form | mode | type | default | allowed | what it does |\n|---|---|---|---|---|---|---|\n";
  for (const auto& row : table()) {
    if (row.unsupported != unsupported) continue;
    text += std::string("| `") + row.name + "` | " + row.label.en + " | " + side_name(row.side) + " | " +
            type_name(row.type) + " | " + default_cell(row) + " | " + allowed_cell(row) + " | " + row.hint.en + " |\n";
  }
  return text;
}

}  // namespace

std::string render_markdown() {
  std::string text = rows(false);
  for (const auto& row : table()) {
    if (!row.unsupported) continue;
    return text + "\nKnown, but not supported; a value is refused, empty is fine:\n\n" + rows(true);
  }
  return text;
}

}  // namespace ekws::config
