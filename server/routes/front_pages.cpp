#include "server/routes/front_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "server/routes/openapi.h"
#include "server/version.h"
#include "server/web/pages.h"

namespace routes {
namespace {

// The path with the parameters that it needs, as in `/blocking?CPUTimeMs=N`.
std::string usage_of(const Route& route) {
  std::string usage(route.path);
  if (!route.description.contains("parameters")) return usage;
  for (const auto& parameter : route.description.at("parameters"))
    if (parameter.value("in", "") == "query" && parameter.value("required", false))
      usage += (usage.find('?') == std::string::npos ? "?" : "&") + parameter.value("name", "") + "=N";
  return usage;
}

std::string list_for_programs(const Table& table) {
  ipc::Json routes;
  for (const auto& route : table) routes[fmt::format("{} {}", route.method, usage_of(route))] = route.summary;
  const ipc::Json list{
      {"name", "cruncherd"}, {"version", server::kVersion}, {"message", "Hello World!"}, {"routes", routes}};
  return list.dump(2) + "\n";
}

void fill_in(std::string& page, std::string_view place, std::string_view text) {
  page.replace(page.find(place), place.size(), text);
}

// Names and summaries are this program's own: nothing in them is to be escaped. Only what GET answers as it
// stands is a link.
Page list_for_people(const Table& table) {
  std::string rows;
  for (const auto& route : table) {
    const auto usage = usage_of(route);
    const bool is_link = route.method == "GET" && usage == route.path && usage.find('{') == std::string::npos;
    const auto shown = is_link ? fmt::format("<a href=\".{0}\">{0}</a>", usage) : usage;
    rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", route.method, shown, route.summary);
  }
  const auto embedded = web::welcome();
  std::string page(embedded.content);
  fill_in(page, "<!--version-->", server::kVersion);
  fill_in(page, "<!--routes-->", rows);
  return {std::move(page),
          "text/html; charset=utf-8",
          {{"Vary", "Accept"}, {"Content-Security-Policy", std::string(embedded.policy)}}};
}

}  // namespace

Table with_front_pages(std::vector<Table> parts, const Catalogue& catalogue) {
  Table table;
  for (auto& part : parts) std::move(part.begin(), part.end(), std::back_inserter(table));
  table.push_back({"GET", "/", "What this is, and its routes", Pages{},
                   operation("welcome", json_response("the routes"))});
  table.push_back({"GET", "/openapi.json", "All of this for programs", Pages{},
                   operation("openapi", json_response("OpenAPI 3.1"))});
  const Fields varies{{"Vary", "Accept"}};
  const Page programs{list_for_programs(table), "application/json", varies};
  table[table.size() - 2].handler = Pages{programs, list_for_people(table)};
  table.back().handler = Pages{{openapi(table, catalogue).dump(2) + "\n"}};
  return table;
}

}  // namespace routes
