// A region of the Mandelbrot set as a PNG with a palette: how long each point took to escape is its colour.

#include <png.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "cruncher/base64.h"
#include "cruncher/task.h"

namespace cruncher::tasks {
namespace {

constexpr std::string_view kParams = R"json({
  "type": "object", "additionalProperties": false,
  "properties": {
    "center_x": {"type": "number", "minimum": -4, "maximum": 4, "default": -0.75,
                 "description": "real part of the picture's centre"},
    "center_y": {"type": "number", "minimum": -4, "maximum": 4, "default": 0,
                 "description": "imaginary part of the picture's centre"},
    "scale": {"type": "number", "exclusiveMinimum": 0, "maximum": 8, "default": 3.5,
              "description": "what the picture's width spans in the plane"},
    "width": {"type": "integer", "minimum": 1, "maximum": 4096, "default": 640, "description": "pixels"},
    "height": {"type": "integer", "minimum": 1, "maximum": 4096, "default": 480, "description": "pixels"},
    "iterations": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 1000,
                   "description": "after so many steps a point counts as part of the set"}
  }
})json";

constexpr std::string_view kResult = R"json({
  "type": "object", "required": ["png", "width", "height"],
  "properties": {
    "png": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
    "width": {"type": "integer"}, "height": {"type": "integer"}
  }
})json";

struct Point {
  double x, y;
};

// Steps until z -> z^2 + c leaves the circle of radius 2, or `iterations`.
int escape_time(Point c, int iterations) {
  // The main cardioid and the disk left of it are most of the set's area, and inside for sure.
  const double left = c.x - 0.25;
  const double q = left * left + c.y * c.y;
  if (q * (q + left) <= 0.25 * c.y * c.y || (c.x + 1) * (c.x + 1) + c.y * c.y <= 0.0625) return iterations;
  double x = 0, y = 0;
  for (int step = 0; step < iterations; ++step) {
    const double xx = x * x, yy = y * y;
    if (xx + yy > 4) return step;
    y = 2 * x * y + c.y;
    x = xx - yy + c.x;
  }
  return iterations;
}

// Colour 0 is the set itself; the others run once around, so that the last is next to the first.
std::array<std::uint8_t, 256 * 3> palette() {
  std::array<std::uint8_t, 256 * 3> colours{};
  for (int i = 1; i < 256; ++i) {
    for (int channel = 0; channel < 3; ++channel) {
      const double phase = 2 * M_PI * (i - 1) / 255 + 0.6 * channel;
      colours[static_cast<std::size_t>(3 * i + channel)] =
          static_cast<std::uint8_t>(127.5 * (1 - std::cos(phase)));
    }
  }
  return colours;
}

std::string png(const std::vector<std::uint8_t>& pixels, std::uint32_t width, std::uint32_t height) {
  const auto colours = palette();
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = 256;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  const auto bytes = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  if (!png_image_write_to_memory(&image, bytes.get(), &size, 0, pixels.data(), 0, colours.data())) {
    throw std::bad_alloc();  // nothing else can go wrong for a picture of this kind
  }
  return to_base64({bytes.get(), size});
}

TaskResult run(const ipc::Json& params, Progress& progress) {
  const Point centre{params.at("center_x"), params.at("center_y")};
  const auto width = params.at("width").get<int>();
  const auto height = params.at("height").get<int>();
  const auto iterations = params.at("iterations").get<int>();
  const double step = params.at("scale").get<double>() / width;

  std::vector<std::uint8_t> pixels;
  pixels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int row = 0; row < height; ++row) {
    const double y = centre.y - (row - (height - 1) / 2.0) * step;
    for (int column = 0; column < width; ++column) {
      const double x = centre.x + (column - (width - 1) / 2.0) * step;
      const int time = escape_time({x, y}, iterations);
      pixels.push_back(time == iterations ? 0 : static_cast<std::uint8_t>(1 + time * 4 % 255));
    }
    progress.report(static_cast<double>(row) / height);
  }
  return ipc::Json{
      {"png", png(pixels, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height))},
      {"width", width},
      {"height", height}};
}

}  // namespace

extern constinit const Task mandelbrot{"mandelbrot", "Draws a region of the Mandelbrot set as a PNG", kParams,
                                       kResult, run};

}  // namespace cruncher::tasks
