#include "server/jobs/digest.h"

#include <sodium.h>
#include <unistd.h>

#include <vector>

#include "server/jobs/folder.h"
#include "server/loop/size_limits.h"

namespace jobs {
namespace {

void add(crypto_generichash_state& state, std::string_view bytes) {
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

// Its length first, so that no two lists of texts look the same.
void add_text(crypto_generichash_state& state, std::string_view text) {
  add(state, std::to_string(text.size()) + ":");
  add(state, text);
}

void add_content(crypto_generichash_state& state, const Content& content) {
  if (!content.file) return add(state, content.bytes);
  std::vector<char> piece(loop::kBytesPerCall);
  for (std::uint64_t at = 0; at < content.size;) {
    const auto count =
        ::pread(content.file.get(), piece.data(), piece.size(), static_cast<off_t>(content.offset + at));
    if (count <= 0) throw StoreError("a content that is to be stored cannot be read");
    add(state, {piece.data(), static_cast<std::size_t>(count)});
    at += static_cast<std::uint64_t>(count);
  }
}

}  // namespace

std::string digest_of(const Submission& submission) {
  std::string digest(crypto_generichash_BYTES, '\0');
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, digest.size());
  for (const auto* text : {&submission.task, &submission.query, &submission.content_type, &submission.accept})
    add_text(state, *text);
  add_content(state, submission.content);
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(digest.data()), digest.size());
  return digest;
}

}  // namespace jobs
