// The keywords that make one schema of several.

#include <algorithm>

#include "ipc/schema_rule.h"

namespace ipc {
namespace {

using Nodes = std::vector<const SchemaNode*>;

// The schemas of a keyword that holds a list; empty where it is missing.
Nodes nodes_at(const Json& schema, const char* keyword, SchemaCompiler& compiler) {
  Nodes nodes;
  if (const Json* places = find_keyword(schema, keyword, Json::value_t::array)) {
    if (places->empty()) refuse_keyword(keyword, "an array with at least one schema");
    for (const Json& place : *places) nodes.push_back(&compiler.same_value(place));
  }
  return nodes;
}

const SchemaNode* node_at(const Json& schema, const char* keyword, SchemaCompiler& compiler) {
  const auto place = schema.find(keyword);
  return place == schema.end() ? nullptr : &compiler.same_value(*place);
}

class AllOfRule final : public SchemaRule {
 public:
  explicit AllOfRule(Nodes nodes) : nodes_(std::move(nodes)) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    Fit all = Fit::yes;
    for (auto node = nodes_.begin(); node != nodes_.end() && !walk.is_settled(all); ++node)
      all = std::min(all, walk.apply(**node, value));
    return all;
  }

 private:
  Nodes nodes_;
};

class AnyOfRule final : public SchemaRule {
 public:
  explicit AnyOfRule(Nodes nodes) : nodes_(std::move(nodes)) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    Fit any = Fit::no;
    for (auto node = nodes_.begin(); node != nodes_.end() && any != Fit::yes && !walk.is_over(); ++node)
      any = std::max(any, walk.try_out(**node, value));
    return any == Fit::no ? misfit(walk, "anyOf") : any;
  }

 private:
  Nodes nodes_;
};

class OneOfRule final : public SchemaRule {
 public:
  explicit OneOfRule(Nodes nodes) : nodes_(std::move(nodes)) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    int fitting = 0, undecided = 0;
    for (auto node = nodes_.begin(); node != nodes_.end() && fitting < 2 && !walk.is_over(); ++node) {
      const Fit fit = walk.try_out(**node, value);
      if (fit == Fit::yes) ++fitting;
      if (fit == Fit::undecided) ++undecided;
    }
    if (fitting > 1 || fitting + undecided == 0) return misfit(walk, "oneOf");
    return undecided > 0 ? Fit::undecided : Fit::yes;
  }

 private:
  Nodes nodes_;
};

class NotRule final : public SchemaRule {
 public:
  explicit NotRule(const SchemaNode& node) : node_(node) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    switch (walk.try_out(node_, value)) {
      case Fit::yes:
        return misfit(walk, "not");
      case Fit::no:
        return Fit::yes;
      case Fit::undecided:
        break;
    }
    return Fit::undecided;
  }

 private:
  const SchemaNode& node_;
};

// `if`, with what follows from it either way; null where nothing does.
class ConditionRule final : public SchemaRule {
 public:
  ConditionRule(const SchemaNode& condition, const SchemaNode* yes, const SchemaNode* no)
      : condition_(condition), yes_(yes), no_(no) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    switch (walk.try_out(condition_, value)) {
      case Fit::yes:
        return yes_ == nullptr ? Fit::yes : walk.apply(*yes_, value);
      case Fit::no:
        return no_ == nullptr ? Fit::yes : walk.apply(*no_, value);
      case Fit::undecided:
        break;
    }
    return Fit::undecided;
  }

 private:
  const SchemaNode& condition_;
  const SchemaNode* yes_;
  const SchemaNode* no_;
};

}  // namespace

SchemaRulePtr make_all_of(const Json& schema, SchemaCompiler& compiler) {
  auto nodes = nodes_at(schema, "allOf", compiler);
  return nodes.empty() ? nullptr : std::make_unique<AllOfRule>(std::move(nodes));
}

SchemaRulePtr make_any_of(const Json& schema, SchemaCompiler& compiler) {
  auto nodes = nodes_at(schema, "anyOf", compiler);
  return nodes.empty() ? nullptr : std::make_unique<AnyOfRule>(std::move(nodes));
}

SchemaRulePtr make_one_of(const Json& schema, SchemaCompiler& compiler) {
  auto nodes = nodes_at(schema, "oneOf", compiler);
  return nodes.empty() ? nullptr : std::make_unique<OneOfRule>(std::move(nodes));
}

SchemaRulePtr make_not(const Json& schema, SchemaCompiler& compiler) {
  const SchemaNode* node = node_at(schema, "not", compiler);
  return node == nullptr ? nullptr : std::make_unique<NotRule>(*node);
}

SchemaRulePtr make_condition(const Json& schema, SchemaCompiler& compiler) {
  const SchemaNode* yes = node_at(schema, "then", compiler);
  const SchemaNode* no = node_at(schema, "else", compiler);
  const SchemaNode* condition = node_at(schema, "if", compiler);
  return condition == nullptr ? nullptr : std::make_unique<ConditionRule>(*condition, yes, no);
}

}  // namespace ipc
