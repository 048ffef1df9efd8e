#include "net/gzip.hpp"

#include <gtest/gtest.h>

namespace scope::net {
namespace {

TEST(AcceptsGzip, reads_the_field_of_rfc_9110) {
    for (const std::string_view yes :
         {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.5", "br , gzip ; q=1", "*", "identity;q=0,*"})
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    for (const std::string_view no :
         {"", "identity", "gzip;q=0", "gzip;q=0.0, br", "xgzip", "br", "*;q=0", "gzip;q=0,*"})
        EXPECT_FALSE(accepts_gzip(no)) << no;
}

}  // namespace
}  // namespace scope::net
