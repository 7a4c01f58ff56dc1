#include "server/process/reading.h"

#include <utility>

namespace process {

Reading Reading::of(std::string line, const std::string& rpc_id) {
  auto reply = ipc::parse_reply(line);
  if (auto* malformed = std::get_if<ipc::Malformed>(&reply)) return {std::move(*malformed)};
  if (auto* progress = std::get_if<ipc::Progress>(&reply)) return {*progress};
  auto& answer = std::get<ipc::Answer>(reply);
  auto* const error = std::get_if<ipc::Error>(&answer.body);
  const bool ours = answer.id.is_string() && answer.id.get_ref<const std::string&>() == rpc_id;
  // Null is the id of a request that could not be read (JSON-RPC 2.0, section 5).
  // Not quoted: what it says may be another client's.
  if (!ours && !(error && answer.id.is_null()))
    return {ipc::Malformed{"it answered with an id that is not the request's"}};
  const auto usage = answer.usage;
  if (error) return {TaskError{error->code, std::move(error->message), std::move(error->data)}, usage};
  return {Result::within(std::move(line), std::get<std::string_view>(answer.body)), usage};
}

}  // namespace process
