#include "ipc/schema.h"

#include <deque>
#include <map>
#include <new>
#include <stdexcept>
#include <utility>

#include "ipc/schema_references.h"
#include "ipc/schema_rule.h"

namespace ipc {
namespace {

// In the order in which violations are told.
constexpr MakeRule kMakers[] = {make_choice, make_number, make_string,       make_array,
                                make_object, make_names,  make_dependencies, make_all_of,
                                make_any_of, make_one_of, make_not,          make_condition};

class ReferenceRule final : public SchemaRule {
 public:
  explicit ReferenceRule(const SchemaNode& target) : target_(target) {}
  Fit check(const Json& value, SchemaWalk& walk) const override { return walk.apply(target_, value); }

 private:
  const SchemaNode& target_;
};

// Compiles a document: first all that its keywords lead to, by which every `$id` is known, then what its
// `$ref`s lead to.
class DocumentCompiler final : public SchemaCompiler {
 public:
  DocumentCompiler(const Json& root, std::deque<SchemaNode>& nodes) : references_(root), nodes_(nodes) {}

  void run(const Json& root) {
    part(root);
    while (!places_.empty() || !unresolved_.empty()) {
      if (!places_.empty()) {
        const Place next = std::move(places_.front());
        places_.pop_front();
        compile(next);
      } else {
        const Place next = std::move(unresolved_.front());
        unresolved_.pop_front();
        resolve(next);
      }
    }
    refuse_circles();
  }

  const SchemaNode& part(const Json& place) override {
    const auto [known, is_new] = known_.try_emplace(&place, nullptr);
    if (is_new) {
      known->second = &nodes_.emplace_back();
      places_.push_back({&place, known->second, base_});
    }
    return *known->second;
  }

  const SchemaNode& same_value(const Json& place) override {
    const auto& node = part(place);
    node_->same_value.push_back(&node);
    return node;
  }

 private:
  struct Place {
    const Json* json;
    SchemaNode* node;
    std::string base;  // URI, in force around it
  };

  void compile(const Place& place) {
    const Json& schema = *place.json;
    if (!schema.is_object() && !schema.is_boolean())
      throw std::invalid_argument("a schema must be an object, true or false, but one is " + shown(schema));
    place.node->takes_nothing = schema == false;
    if (!schema.is_object()) return;
    base_ = place.base;
    node_ = place.node;
    if (schema.contains("$ref")) {
      unresolved_.push_back(place);  // what stands beside it means nothing
    } else {
      if (const Json* id = find_keyword(schema, "$id", Json::value_t::string))
        base_ = references_.name(schema, *id, place.base);
      place.node->type = make_type(schema, *this);
      for (const MakeRule make : kMakers) {
        if (auto rule = make(schema, *this)) place.node->rules.push_back(std::move(rule));
      }
    }
    for (const char* keyword : {"definitions", "$defs"}) {  // for their `$id`s
      if (const Json* named = find_keyword(schema, keyword, Json::value_t::object)) {
        for (const Json& one : *named) part(one);
      }
    }
  }

  void resolve(const Place& place) {
    const Json* reference = find_keyword(*place.json, "$ref", Json::value_t::string);
    const auto target = references_.find(*reference, place.base);
    base_ = target.base;
    node_ = place.node;
    place.node->rules.push_back(std::make_unique<ReferenceRule>(same_value(target.place)));
  }

  // A value would never get through a circle of schemas that all look at all of it.
  void refuse_circles() const {
    std::map<const SchemaNode*, std::size_t> users;
    for (const auto& node : nodes_) {
      for (const auto* other : node.same_value) ++users[other];
    }
    std::vector<const SchemaNode*> unused;
    for (const auto& node : nodes_) {
      if (!users.contains(&node)) unused.push_back(&node);
    }
    std::size_t seen = 0;
    for (; !unused.empty(); ++seen) {
      const auto* const node = unused.back();
      unused.pop_back();
      for (const auto* other : node->same_value) {
        if (--users[other] == 0) unused.push_back(other);
      }
    }
    if (seen < nodes_.size()) throw std::invalid_argument("a $ref leads back to itself");
  }

  SchemaReferences references_;
  std::deque<SchemaNode>& nodes_;
  std::map<const Json*, SchemaNode*> known_;
  std::deque<Place> places_;      // met, and not yet compiled
  std::deque<Place> unresolved_;  // with a `$ref`
  std::string base_;              // in force where part() is called
  SchemaNode* node_ = nullptr;    // being compiled
};

}  // namespace

struct Schema::Compiled {
  Json source;
  std::deque<SchemaNode> nodes;  // the root first
};

Schema::Schema(Json schema) : compiled_(std::make_unique<Compiled>()) {
  compiled_->source = std::move(schema);
  try {
    DocumentCompiler(compiled_->source, compiled_->nodes).run(compiled_->source);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string("not a usable JSON Schema: ") + error.what());
  }
}

Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Verdict Schema::check(const Json& value, std::size_t steps) const {
  SchemaWalk walk(steps);
  const Fit fit = walk.apply(compiled_->nodes.front(), value);
  return {fit, std::move(walk.violations())};
}

Json to_json(const std::vector<Violation>& violations) {
  Json list = Json::array();
  for (const auto& [pointer, message] : violations)
    list.push_back({{"pointer", pointer}, {"message", message}});
  return list;
}

}  // namespace ipc
