#pragma once
// A cruncher's params or result of which one member holds bytes, as its schema says (contentEncoding base64
// and contentMediaType): how such bytes come and go as a content of their own. Pure. Used by task_routes.cpp.

#include <optional>
#include <string>
#include <string_view>

#include "ipc/json.h"

namespace routes {

struct BinaryMember {
  std::string name;
  std::string type;  ///< the media type
};

/// The one member of that kind; nothing where there is none, or there are several.
std::optional<BinaryMember> binary_member(const ipc::Json& schema);

/// With padding.
std::string base64_of(std::string_view bytes);

/// Params as JSON text: `others` and the member, with `content` in base64.
std::string params_with(const BinaryMember& member, std::string_view content, const ipc::Json& others);

/// The member's bytes of a reply's content, `{"result": {…}, …}`; nothing where it holds none.
std::optional<std::string> bytes_of(const BinaryMember& member, std::string_view reply);

}  // namespace routes
