#include "base/nearest.hpp"

#include <gtest/gtest.h>

namespace scope {
namespace {

TEST(nearest, distance_counts_characters) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("port", "port"), 0u);
    EXPECT_EQ(edit_distance("prot", "port"), 2u);
    EXPECT_EQ(edit_distance("", "port"), 4u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("sitting", "kitten"), 3u);
}

TEST(nearest, names_the_first_of_the_nearest) {
    const std::string names[] = {"--port", "--host", "--color"};
    EXPECT_EQ(nearest("--prot", names), "--port");
    EXPECT_EQ(nearest("--colour", names), "--color");
    EXPECT_EQ(nearest("--xost", names), "--host");
    EXPECT_EQ(nearest("zzz", names), "");
    EXPECT_EQ(nearest("", names), "");
}

}  // namespace
}  // namespace scope
