#include "interchange/network.hpp"

#include <gtest/gtest.h>

namespace scope::interchange {
namespace {

using evm::Revision;

TEST(network, begins_a_fork_where_its_name_says) {
    struct Case {
        const char* name;
        uint64_t number;
        uint64_t timestamp_s;
        Revision revision;
    };
    for (const auto& [name, number, timestamp_s, revision] :
         {Case{"Frontier", 1'000'000, 1'000'000, Revision::frontier},
          Case{"FrontierToHomesteadAt5", 4, 99'999, Revision::frontier},
          Case{"FrontierToHomesteadAt5", 5, 0, Revision::homestead},
          Case{"HomesteadToEIP150At5", 5, 0, Revision::tangerine_whistle},
          Case{"EIP158ToByzantiumAt5", 4, 0, Revision::spurious_dragon},
          Case{"EIP158ToByzantiumAt5", 5, 0, Revision::byzantium},
          Case{"ByzantiumToConstantinopleFixAt5", 5, 0, Revision::petersburg},
          Case{"ConstantinopleFixToIstanbulAt5", 5, 0, Revision::istanbul},
          Case{"BerlinToLondonAt5", 4, 0, Revision::berlin},
          Case{"BerlinToLondonAt5", 5, 0, Revision::london},
          Case{"ParisToShanghaiAtTime15k", 5, 14'999, Revision::paris},
          Case{"ParisToShanghaiAtTime15k", 0, 15'000, Revision::shanghai},
          Case{"OsakaToBPO1AtTime15k", 0, 15'000, Revision::osaka}}) {
        const auto spec = network_spec(name, ChainId{1});
        ASSERT_TRUE(spec) << name;
        EXPECT_TRUE(is_network(name)) << name;
        EXPECT_EQ(spec->revision_at(number, timestamp_s), revision) << name << " " << number;
    }
}

TEST(network, says_why_there_is_none) {
    for (const auto& [name, reason] :
         {std::pair{"ArrowGlacierToParisAtDiffC0000", "difficulty"},
          std::pair{"ArrowGlacierToMergeAtDiffC0000", "difficulty"},
          std::pair{"HomesteadToDaoAt5", "DAO"}, std::pair{"BPO4", "blob parameters"},
          std::pair{"Atlantis", "not known"}, std::pair{"BerlinToLondonAt", "not known"},
          std::pair{"BerlinToLondonAtx", "not known"},
          std::pair{"BerlinToAtlantisAt5", "not known"},
          std::pair{"BerlinToLondonAt18446744073709551616", "not known"}}) {
        EXPECT_FALSE(network_spec(name, ChainId{1})) << name;
        EXPECT_NE(why_unknown(name).find(reason), std::string::npos) << why_unknown(name);
    }
    EXPECT_LT(why_unknown(std::string(100'000, 'x')).size(), 200u);
}

}  // namespace
}  // namespace scope::interchange
