// The parts of Boost that are no templates, compiled here for all (BOOST_ASIO_SEPARATE_COMPILATION and its
// like in meson.build).

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
