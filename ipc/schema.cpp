#include "ipc/schema.h"

#include <stdexcept>
#include <utility>

#include "ipc/schema_explanation.h"
#include "ipc/schema_preparation.h"
#include "ipc/schema_terms.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored \
    "-Wrestrict"  // a false alarm of gcc 12 in std::string::replace (its bug 105651)
#endif
// valijson includes <iostream> and does not use it. Up to gcc 12 that alone has every start of a cruncher set
// up all of libstdc++'s locales and streams, so the header is made to look included; other standard libraries
// do not notice.
#define _GLIBCXX_IOSTREAM 1
#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace ipc {
namespace {

class MultipleOf : public valijson::constraints::PolyConstraint {
 public:
  explicit MultipleOf(double divisor) : divisor_(divisor) {}

  bool validate(const valijson::adapters::Adapter& value, const std::vector<std::string>&,
                valijson::ValidationResults*) const override {
    return !value.isNumber() || is_multiple(value.asDouble(), divisor_);
  }

 private:
  Constraint* cloneInto(void* place) const override { return new (place) MultipleOf(*this); }
  std::size_t sizeOf() const override { return sizeof(MultipleOf); }

  double divisor_;
};

class MultipleOfBuilder : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& divisor) const override {
    if (!divisor.isNumber()) throw std::invalid_argument("\"multipleOf\" must be a number");
    return new MultipleOf(divisor.asDouble());
  }
};

}  // namespace

struct Schema::Compiled {
  Json source;
  valijson::Schema schema;
};

Schema::Schema(Json schema) : compiled_(std::make_unique<Compiled>()) {
  try {
    compiled_->source = std::move(schema);
    prepare_schema(compiled_->source);
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.addConstraintBuilder(kMultipleOf, new MultipleOfBuilder);  // which it will own
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(compiled_->source), compiled_->schema);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw std::invalid_argument(std::string("not a usable JSON Schema: ") + error.what());
  }
}

Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

std::vector<Violation> Schema::validate(const Json& value) const {
  bool fits = false;
  valijson::Validator validator;  // one per call, since it caches
  if (has_misread_number(value)) {
    Json respelled = value;
    respell_numbers(respelled);
    fits = validator.validate(compiled_->schema, valijson::adapters::NlohmannJsonAdapter(respelled), nullptr);
  } else {
    fits = validator.validate(compiled_->schema, valijson::adapters::NlohmannJsonAdapter(value), nullptr);
  }
  return fits ? std::vector<Violation>{} : explain(compiled_->source, value);
}

Json to_json(const std::vector<Violation>& violations) {
  Json list = Json::array();
  for (const auto& [pointer, message] : violations)
    list.push_back({{"pointer", pointer}, {"message", message}});
  return list;
}

}  // namespace ipc
