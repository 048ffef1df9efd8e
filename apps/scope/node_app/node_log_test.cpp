#include "node_app/node_log.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <sstream>

namespace scope::node_app {
namespace {

struct Fixture {
    explicit Fixture(config::LogConfig config)
        : log(config, std::make_shared<spdlog::sinks::ostream_sink_mt>(out)) {}
    std::ostringstream out;
    NodeLog log;
};

TEST(node_log, json_has_an_object_a_line_with_the_event_s_fields) {
    Fixture fixture{{.level = config::LogLevel::info, .format = config::LogFormat::json}};
    fixture.log.warn("reorganisation", "L1 was \"reorganised\"\n",
                     {{"depth", uint64_t{3}}, {"scope", "0x12"}});
    const auto line = fixture.out.str();
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
    simdjson::dom::parser parser;
    const auto json = parser.parse(line);
    EXPECT_EQ(json["level"].get_string().value(), "warn");
    EXPECT_EQ(json["event"].get_string().value(), "reorganisation");
    EXPECT_EQ(json["message"].get_string().value(), "L1 was \"reorganised\"\\n");
    EXPECT_EQ(json["depth"].get_uint64().value(), 3u);
    EXPECT_EQ(json["scope"].get_string().value(), "0x12");
    EXPECT_EQ(json["time"].get_string().value().size(), 24u);
}

TEST(node_log, levels_below_the_wanted_are_left_out) {
    Fixture fixture{{.level = config::LogLevel::warn, .format = config::LogFormat::text}};
    fixture.log.info("scope", "not told");
    fixture.log.error("failure", "told");
    const auto text = fixture.out.str();
    EXPECT_EQ(text.find("not told"), std::string::npos);
    EXPECT_NE(text.find(" error told\n"), std::string::npos);
}

}  // namespace
}  // namespace scope::node_app
