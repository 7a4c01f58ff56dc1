#include "server/routes/content_type.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "server/routes/field_text.h"

namespace routes {
bool is_in_range(std::string_view type, std::string_view range) {
  type = trimmed(type.substr(0, type.find(';')));
  if (type.find('/') == std::string_view::npos) return false;
  if (range == "*/*") return true;
  if (range.ends_with("/*")) return equals(type.substr(0, type.find('/')), range.substr(0, range.size() - 2));
  return equals(type, range);
}

std::optional<Reply> wrong_content(const Call& call, const std::vector<std::string>& ranges) {
  const auto& request = call.exchange.request;
  const auto wrong = [&](std::string detail, const char* field, std::string right) {
    auto reply = problem(call, 415, "unsupported_media_type", detail);
    reply.fields.emplace_back(field, std::move(right));
    return reply;
  };
  const auto type = request.field("Content-Type");
  const bool fits = ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
                      return is_in_range(type, range);
                    });
  const auto right = fmt::format("{}", fmt::join(ranges, ", "));
  if (!fits)
    return wrong(type.empty() ? fmt::format("the content must be {}, and Content-Type is missing", right)
                              : fmt::format("the content must be {}, but is '{}'", right, type),
                 "Accept", right);
  const auto coding = request.field("Content-Encoding");
  if (!coding.empty() && !equals(coding, "identity"))
    return wrong(fmt::format("the content must come as it is, but is coded as '{}'", coding),
                 "Accept-Encoding", "identity");
  return std::nullopt;
}

}  // namespace routes
