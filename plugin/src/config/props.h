// The properties of one subscription, by the names of the table.
#pragma once

#include <rapidjson/document.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/table.h"

namespace ekws::config {

/// Refers into the document it is made from. Empty values count as not given.
class Props {
 public:
  /// Every value whose property has a number, boolean or choice is checked here, whichever role it is for. What is
  /// unknown or given twice goes to `warnings`.
  Props(const rapidjson::Value& object, std::vector<std::string>& warnings);

  /// The value, under the name of the table or `datasource`; nullptr if it was not given.
  const rapidjson::Value* find(std::string_view name) const;
  bool given(std::string_view name) const { return find(name) != nullptr; }

  /// The value, else the default. `name` has to be in the table, with a fitting type.
  std::string text(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  bool flag(std::string_view name) const;
  Millis duration(std::string_view name) const { return Millis(number(name)); }

 private:
  void take(std::string_view given_name, const rapidjson::Value& value, std::vector<std::string>& warnings);
  void check() const;

  struct Entry {
    std::string_view given_name;
    const rapidjson::Value* value;
  };
  std::map<std::string, Entry, std::less<>> entries_;  ///< by the name of the table
};

}  // namespace ekws::config
