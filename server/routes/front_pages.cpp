#include "server/routes/front_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "server/routes/openapi.h"
#include "server/version.h"

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

// Names and summaries are this program's own: nothing in them is to be escaped. Only what GET answers as it
// stands is a link.
std::string list_for_people(const Table& table) {
  std::string rows;
  for (const auto& route : table) {
    const auto usage = usage_of(route);
    const bool is_link = route.method == "GET" && usage == route.path && usage.find('{') == std::string::npos;
    const auto shown = is_link ? fmt::format("<a href=\".{0}\">{0}</a>", usage) : usage;
    rows += fmt::format("<tr><td>{}<td>{}<td>{}\n", route.method, shown, route.summary);
  }
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>cruncherd</title>\n"
      "<h1>Hello World!</h1>\n<p>cruncherd {}: light routes on one event loop, every heavy request in a "
      "process of its own.\n<table>\n{}</table>\n",
      server::kVersion, rows);
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
  const Fields of_html{{"Vary", "Accept"}, {"Content-Security-Policy", "default-src 'none'"}};
  const Page programs{list_for_programs(table), "application/json", varies};
  const Page people{list_for_people(table), "text/html; charset=utf-8", of_html};
  table[table.size() - 2].handler = Pages{programs, people};
  table.back().handler = Pages{{openapi(table, catalogue).dump(2) + "\n"}};
  return table;
}

}  // namespace routes
