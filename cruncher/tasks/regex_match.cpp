// A stranger's regular expression over a stranger's text, by PCRE2. Backtracking is not limited: a
// catastrophic pattern runs into the job's deadline, which is what a process of its own is for. Memory is
// limited.

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "cruncher/task.h"

namespace cruncher::tasks {
namespace {

constexpr std::string_view kParams = R"json({
  "type": "object", "additionalProperties": false, "required": ["pattern", "text"],
  "properties": {
    "pattern": {"type": "string", "maxLength": 65536, "description": "a PCRE2 pattern"},
    "text": {"type": "string", "description": "what to search"},
    "flags": {"type": "string", "maxLength": 16, "default": "",
              "description": "any of i (caseless), m (multiline), s (dot matches all), x (extended), U (ungreedy)"},
    "max_matches": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 1000,
                    "description": "stop after so many matches"}
  }
})json";

constexpr std::string_view kResult = R"json({
  "definitions": {
    "span": {
      "type": "object", "required": ["text", "start", "end"],
      "properties": {
        "text": {"type": "string"},
        "start": {"type": "integer", "description": "offset of the first byte in the text's UTF-8"},
        "end": {"type": "integer", "description": "offset behind the last byte"}
      }
    },
    "group": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/span"}]}
  },
  "type": "object", "required": ["matches", "more"],
  "properties": {
    "matches": {
      "type": "array",
      "items": {
        "allOf": [{"$ref": "#/definitions/span"}],
        "required": ["groups", "named"],
        "properties": {
          "groups": {"type": "array", "items": {"$ref": "#/definitions/group"},
                     "description": "group 1 first; null for one that took no part"},
          "named": {"type": "object", "additionalProperties": {"$ref": "#/definitions/group"}}
        }
      }
    },
    "more": {"type": "boolean", "description": "whether there are matches beyond max_matches"}
  }
})json";

constexpr std::uint32_t kHeapKib = 128 * 1024;

struct Free {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

template <typename Handle>
std::unique_ptr<Handle, Free> owned(Handle* handle) {
  if (handle == nullptr) throw std::bad_alloc();
  return std::unique_ptr<Handle, Free>(handle);
}

std::string message_of(int code) {
  PCRE2_UCHAR text[256];
  if (pcre2_get_error_message(code, text, sizeof text) < 0) return "error " + std::to_string(code);
  return reinterpret_cast<const char*>(text);
}

std::variant<std::uint32_t, ipc::Error> options_of(const std::string& flags) {
  // The text is known to be UTF-8; \C could split a character.
  std::uint32_t options = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
  for (const char flag : flags) {
    switch (flag) {
      case 'i':
        options |= PCRE2_CASELESS;
        break;
      case 'm':
        options |= PCRE2_MULTILINE;
        break;
      case 's':
        options |= PCRE2_DOTALL;
        break;
      case 'x':
        options |= PCRE2_EXTENDED;
        break;
      case 'U':
        options |= PCRE2_UNGREEDY;
        break;
      default:
        return param_error("/flags", "must be made of the letters i, m, s, x and U only");
    }
  }
  return options;
}

class Pattern {
 public:
  explicit Pattern(pcre2_code* code)
      : code_(owned(code)),
        data_(owned(pcre2_match_data_create_from_pattern(code, nullptr))),
        context_(owned(pcre2_match_context_create(nullptr))) {
    pcre2_set_match_limit(context_.get(), UINT32_MAX);
    pcre2_set_depth_limit(context_.get(), UINT32_MAX);
    pcre2_set_heap_limit(context_.get(), kHeapKib);
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups_);
    std::uint32_t names = 0, entry_size = 0;
    PCRE2_SPTR table = nullptr;
    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &names);
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
    // An entry is the group's number in two bytes, then the name (pcre2api(3), "Information about a
    // pattern").
    for (; names > 0; --names, table += entry_size) {
      names_.emplace_back(reinterpret_cast<const char*>(table + 2), table[0] << 8 | table[1]);
    }
  }

  /// PCRE2's return code: positive for a match.
  int match(const std::string& text, std::size_t from, std::uint32_t options) {
    return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                       options | PCRE2_NO_UTF_CHECK, data_.get(), context_.get());
  }

  std::size_t start() const { return pcre2_get_ovector_pointer(data_.get())[0]; }
  std::size_t end() const { return pcre2_get_ovector_pointer(data_.get())[1]; }

  ipc::Json last_match(const std::string& text) const {
    ipc::Json match = span(text, 0);
    ipc::Json& groups = match["groups"] = ipc::Json::array();
    for (std::uint32_t i = 1; i <= groups_; ++i) groups.push_back(span(text, i));
    ipc::Json& named = match["named"] = ipc::Json::object();
    for (const auto& [name, number] : names_) {
      // With (?J) several groups may share a name: the one that took part counts.
      if (auto& place = named[name]; place.is_null()) place = span(text, static_cast<std::uint32_t>(number));
    }
    return match;
  }

 private:
  ipc::Json span(const std::string& text, std::uint32_t group) const {
    const auto* const offsets = pcre2_get_ovector_pointer(data_.get()) + 2 * group;
    if (offsets[0] == PCRE2_UNSET) return nullptr;
    return {{"text", text.substr(offsets[0], offsets[1] - offsets[0])},
            {"start", offsets[0]},
            {"end", offsets[1]}};
  }

  std::unique_ptr<pcre2_code, Free> code_;
  std::unique_ptr<pcre2_match_data, Free> data_;
  std::unique_ptr<pcre2_match_context, Free> context_;
  std::uint32_t groups_ = 0;
  std::vector<std::pair<std::string, int>> names_;
};

std::size_t next_character(const std::string& text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && (text[at] & 0xC0) == 0x80);
  return at;
}

TaskResult search(Pattern& pattern, const std::string& text, std::size_t max_matches) {
  ipc::Json matches = ipc::Json::array();
  std::size_t from = 0;
  std::uint32_t options = 0;
  while (true) {
    const int code = pattern.match(text, from, options);
    if (code == PCRE2_ERROR_NOMATCH && options == 0) break;
    if (code == PCRE2_ERROR_NOMATCH) {
      // After an empty match there was no other one at the same place: on with the next character.
      if (from == text.size()) break;
      from = next_character(text, from);
      options = 0;
      continue;
    }
    if (code == PCRE2_ERROR_NOMEMORY) throw std::bad_alloc();
    if (code < 0) return failure("PCRE2 gave up: " + message_of(code));
    if (matches.size() == max_matches) return ipc::Json{{"matches", std::move(matches)}, {"more", true}};
    matches.push_back(pattern.last_match(text));
    options = pattern.start() == pattern.end() ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
    from = pattern.end();
  }
  return ipc::Json{{"matches", std::move(matches)}, {"more", false}};
}

TaskResult run(const ipc::Json& params, Progress&) {
  const auto& source = params.at("pattern").get_ref<const std::string&>();
  auto options = options_of(params.at("flags"));
  if (auto* error = std::get_if<ipc::Error>(&options)) return std::move(*error);
  int code = 0;
  std::size_t offset = 0;
  auto* const compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(),
                                       std::get<std::uint32_t>(options), &code, &offset, nullptr);
  if (compiled == nullptr && code == PCRE2_ERROR_HEAP_FAILED) throw std::bad_alloc();
  if (compiled == nullptr) {
    return param_error("/pattern",
                       "is no PCRE2 pattern: " + message_of(code) + " at byte " + std::to_string(offset));
  }
  Pattern pattern(compiled);
  return search(pattern, params.at("text").get_ref<const std::string&>(), params.at("max_matches"));
}

}  // namespace

extern constinit const Task regex_match{"regex_match", "Finds all matches of a PCRE2 pattern in a text",
                                        kParams, kResult, run};

}  // namespace cruncher::tasks
