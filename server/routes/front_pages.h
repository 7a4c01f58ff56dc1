#pragma once
// The pages that list the routes: `/`, for people and for programs, and /openapi.json. Made of the table.
// Called once by main, when all other rows are there.

#include "server/routes/catalogue.h"
#include "server/routes/route.h"

namespace routes {

/// All rows of `parts`, with these pages at their end.
Table with_front_pages(std::vector<Table> parts, const Catalogue& catalogue);

}  // namespace routes
