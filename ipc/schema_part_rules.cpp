// The keywords about the items of an array and the members of an object.

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "ipc/schema_rule.h"

namespace ipc {
namespace {

using Nodes = std::vector<const SchemaNode*>;

bool has_any(const Json& schema, std::initializer_list<const char*> keywords) {
  return std::any_of(keywords.begin(), keywords.end(), [&](const char* one) { return schema.contains(one); });
}

// The compiled schema at `keyword`, or null.
const SchemaNode* part_at(const Json& schema, const char* keyword, SchemaCompiler& compiler) {
  const auto place = schema.find(keyword);
  return place == schema.end() ? nullptr : &compiler.part(*place);
}

class ArrayRule final : public SchemaRule {
 public:
  ArrayRule(const Json& schema, SchemaCompiler& compiler)
      : least_(count_of(schema, "minItems", 0)),
        most_(count_of(schema, "maxItems", SIZE_MAX)),
        contains_(part_at(schema, "contains", compiler)) {
    if (const Json* unique = find_keyword(schema, "uniqueItems", Json::value_t::boolean))
      must_be_unique_ = unique->get<bool>();
    const auto items = schema.find("items");
    if (items == schema.end()) return;  // additionalItems mean nothing then
    if (!items->is_array()) {
      rest_ = &compiler.part(*items);
    } else {
      for (const Json& item : *items) first_.push_back(&compiler.part(item));
      rest_ = part_at(schema, "additionalItems", compiler);
    }
  }

  Fit check(const Json& value, SchemaWalk& walk) const override {
    if (!value.is_array()) return Fit::yes;
    Fit all = check_count(value.size(), least_, most_, "item", walk);
    if (must_be_unique_ && value.size() > 1) all = std::min(all, Fit::undecided);
    const std::size_t checked = rest_ != nullptr ? value.size() : std::min(value.size(), first_.size());
    for (std::size_t i = 0; i < checked && !walk.is_settled(all); ++i) {
      all = std::min(all, walk.apply_to_item(i < first_.size() ? *first_[i] : *rest_, i, value[i]));
    }
    return walk.is_settled(all) ? all : std::min(all, check_contains(value, walk));
  }

 private:
  Fit check_contains(const Json& value, SchemaWalk& walk) const {
    if (contains_ == nullptr) return Fit::yes;
    Fit any = Fit::no;
    for (auto item = value.begin(); item != value.end() && any != Fit::yes && !walk.is_over(); ++item)
      any = std::max(any, walk.try_out(*contains_, *item));
    return any == Fit::no ? misfit(walk, "contains") : any;
  }

  std::size_t least_;
  std::size_t most_;
  const SchemaNode* contains_;
  bool must_be_unique_ = false;
  Nodes first_;
  const SchemaNode* rest_ = nullptr;
};

class ObjectRule final : public SchemaRule {
 public:
  ObjectRule(const Json& schema, SchemaCompiler& compiler)
      : least_(count_of(schema, "minProperties", 0)),
        most_(count_of(schema, "maxProperties", SIZE_MAX)),
        others_(part_at(schema, "additionalProperties", compiler)) {
    takes_no_others_ = others_ != nullptr && schema["additionalProperties"] == false;
    if (const Json* required = find_keyword(schema, "required", Json::value_t::array)) {
      for (const Json& name : *required) {
        if (!name.is_string()) refuse_keyword("required", "an array of names");
        required_.push_back(&name.get_ref<const std::string&>());
      }
    }
    if (const Json* properties = find_keyword(schema, "properties", Json::value_t::object)) {
      for (const auto& [name, place] : properties->get_ref<const Json::object_t&>())
        properties_.emplace(name, &compiler.part(place));
    }
    if (const Json* patterns = find_keyword(schema, "patternProperties", Json::value_t::object)) {
      has_patterns_ = !patterns->empty();
      for (const Json& place : *patterns) compiler.part(place);  // a $ref may lead there
    }
  }

  Fit check(const Json& value, SchemaWalk& walk) const override {
    if (!value.is_object()) return Fit::yes;
    const auto& members = value.get_ref<const Json::object_t&>();
    Fit all = check_count(members.size(), least_, most_, "member", walk);
    for (auto name = required_.begin(); name != required_.end() && !walk.is_settled(all); ++name) {
      if (!walk.spend_on(**name)) return std::min(all, Fit::undecided);
      if (!members.contains(**name)) all = walk.refuse_member(**name, "is required");
    }
    if (properties_.empty() && others_ == nullptr && !has_patterns_) return all;
    for (auto member = members.begin(); member != members.end() && !walk.is_settled(all); ++member)
      all = std::min(all, check_member(member->first, member->second, walk));
    return all;
  }

 private:
  Fit check_member(const std::string& name, const Json& member, SchemaWalk& walk) const {
    if (!walk.spend_on(name)) return Fit::undecided;
    Fit fit = has_patterns_ ? Fit::undecided : Fit::yes;
    if (const auto property = properties_.find(name); property != properties_.end())
      return std::min(fit, walk.apply_to_member(*property->second, name, member));
    if (others_ == nullptr || has_patterns_) return fit;
    if (takes_no_others_) return walk.refuse_member(name, "is not a known parameter");
    return walk.apply_to_member(*others_, name, member);
  }

  std::size_t least_;
  std::size_t most_;
  const SchemaNode* others_;
  bool takes_no_others_ = false;
  bool has_patterns_ = false;
  std::vector<const std::string*> required_;
  std::unordered_map<std::string_view, const SchemaNode*> properties_;
};

class NamesRule final : public SchemaRule {
 public:
  explicit NamesRule(const SchemaNode& names) : names_(names) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    if (!value.is_object()) return Fit::yes;
    Fit all = Fit::yes;
    for (const auto& [name, unused] : value.get_ref<const Json::object_t&>()) {
      if (!walk.spend_on(name)) return std::min(all, Fit::undecided);
      all = std::min(all, walk.try_out(names_, Json(name)));
      if (all == Fit::no) return misfit(walk, "propertyNames");
    }
    return all;
  }

 private:
  const SchemaNode& names_;
};

// What an object that has some member must fit as well: a schema, or further members.
struct Dependency {
  const std::string& name;
  const SchemaNode* schema;
  std::vector<const std::string*> others;
};

class DependenciesRule final : public SchemaRule {
 public:
  explicit DependenciesRule(std::vector<Dependency> all) : all_(std::move(all)) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    if (!value.is_object()) return Fit::yes;
    Fit all = Fit::yes;
    for (const auto& [name, schema, others] : all_) {
      if (!walk.spend_on(name)) return std::min(all, Fit::undecided);
      if (!value.contains(name)) continue;
      if (schema != nullptr) all = std::min(all, walk.apply(*schema, value));
      for (const auto* other : others) {
        if (!walk.spend_on(*other)) return std::min(all, Fit::undecided);
        if (!value.contains(*other)) all = walk.refuse_member(*other, "is required");
      }
      if (walk.is_settled(all)) break;
    }
    return all;
  }

 private:
  std::vector<Dependency> all_;
};

}  // namespace

SchemaRulePtr make_array(const Json& schema, SchemaCompiler& compiler) {
  if (!has_any(schema, {"items", "contains", "minItems", "maxItems", "uniqueItems"})) return nullptr;
  return std::make_unique<ArrayRule>(schema, compiler);
}

SchemaRulePtr make_object(const Json& schema, SchemaCompiler& compiler) {
  if (!has_any(schema, {"properties", "patternProperties", "additionalProperties", "required",
                        "minProperties", "maxProperties"}))
    return nullptr;
  return std::make_unique<ObjectRule>(schema, compiler);
}

SchemaRulePtr make_names(const Json& schema, SchemaCompiler& compiler) {
  const SchemaNode* names = part_at(schema, "propertyNames", compiler);
  return names == nullptr ? nullptr : std::make_unique<NamesRule>(*names);
}

SchemaRulePtr make_dependencies(const Json& schema, SchemaCompiler& compiler) {
  const Json* all = find_keyword(schema, "dependencies", Json::value_t::object);
  if (all == nullptr) return nullptr;
  std::vector<Dependency> dependencies;
  for (const auto& [name, place] : all->get_ref<const Json::object_t&>()) {
    Dependency dependency{name, nullptr, {}};
    if (place.is_array()) {
      for (const Json& other : place) {
        if (!other.is_string()) refuse_keyword("dependencies", "schemas or arrays of names");
        dependency.others.push_back(&other.get_ref<const std::string&>());
      }
    } else {
      dependency.schema = &compiler.same_value(place);
    }
    dependencies.push_back(std::move(dependency));
  }
  return std::make_unique<DependenciesRule>(std::move(dependencies));
}

}  // namespace ipc
