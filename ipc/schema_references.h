#pragma once
// What the `$ref`s of one document mean: places within it, by JSON Pointer or by `$id`. Knows no other
// keyword and loads no other document. Used by schema.cpp alone.

#include <map>
#include <string>
#include <string_view>

#include "ipc/json.h"

namespace ipc {

class SchemaReferences {
 public:
  explicit SchemaReferences(const Json& root) { places_[""] = &root; }

  /// Notes that `place` has that `$id`, where `base` is in force. Returns the base that is in force within
  /// it.
  std::string name(const Json& place, const std::string& id, const std::string& base);

  struct Target {
    const Json& place;
    std::string base;  ///< in force there
  };

  /// Where `reference` leads from a place where `base` is in force. Throws std::invalid_argument where that
  /// is nowhere in the document.
  Target find(const std::string& reference, const std::string& base) const;

 private:
  std::map<std::string, const Json*> places_;  // by their absolute URIs, or as far as they are known
};

}  // namespace ipc
