#include "state/memory_state.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "state/persistent_map.hpp"
#include "state/state.hpp"
#include "trie/proof.hpp"

namespace scope::state {
namespace {

Hash word(uint64_t value) {
    return to_be(uint256{value});
}
Address address(uint64_t value) {
    return to_address(uint256{value});
}

TEST(persistent_map, copies_are_independent) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    std::vector<std::pair<PersistentMap<Hash, uint64_t>, std::map<Hash, uint64_t>>> copies(1);
    for (int step = 0; step < 20'000; ++step) {
        if (step % 4000 == 0) copies.push_back(copies[random() % copies.size()]);
        auto& [map, expected] = copies[random() % copies.size()];
        const Hash key = word(random() % 2000);
        if (random() % 3 == 0) {
            map.erase(key);
            expected.erase(key);
        } else {
            map.put(key, random());
            expected[key] = *map.find(key);
        }
    }
    for (const auto& [map, expected] : copies) {
        EXPECT_EQ(map.size(), expected.size());
        std::map<Hash, uint64_t> content;
        map.for_each([&](const Hash& key, uint64_t value) { content[key] = value; });
        EXPECT_EQ(content, expected);
    }
}

TEST(memory_state, root_does_not_depend_on_the_way) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    MemoryState stepwise;
    for (int block = 0; block < 20; ++block) {
        State state{stepwise};
        for (int i = 0; i < 50; ++i) {
            const Address a = address(1 + random() % 40);
            state.begin_transaction();
            switch (random() % 5) {
                case 0:
                    state.set_balance(a, random() % 3);
                    break;
                case 1:
                    state.set_nonce(a, random() % 3);
                    break;
                case 2:
                    state.set_code(a, evm::make_code({static_cast<uint8_t>(random())}));
                    break;
                case 3:
                    state.mark_destructed(a);
                    break;
                default:
                    break;
            }
            state.set_nonce(a, state.nonce(a) + 1);
            state.set_storage(a, word(random() % 10), word(random() % 3));
            state.end_transaction(EmptyAccounts::remove);
        }
        const MemoryState before = stepwise;
        const Hash root_before = before.state_root();
        stepwise.apply(state.diff());
        EXPECT_EQ(before.state_root(), root_before);
        EXPECT_EQ(before.after(state.diff())->state_root(), stepwise.state_root());
    }
    const MemoryState anew{stepwise.dump()};
    EXPECT_EQ(anew.state_root(), stepwise.state_root());
    EXPECT_EQ(anew.dump(), stepwise.dump());
}

TEST(memory_state, proves_what_is_there_and_what_is_not) {
    GenesisAlloc alloc;
    for (uint64_t i = 1; i <= 40; ++i) {
        alloc[address(i)].nonce = i;
        if (i % 2 == 0)
            for (uint64_t slot = 0; slot < i; ++slot)
                alloc[address(i)].storage[word(slot)] = word(i);
    }
    const MemoryState state{alloc};
    const std::vector<Hash> keys{word(0), word(7), word(1000)};
    for (uint64_t i = 1; i <= 50; ++i) {
        const AccountProof proof = state.prove(address(i), keys);
        const auto account =
            trie::verify_proof(state.state_root(), crypto::keccak256(address(i)), proof.account);
        ASSERT_TRUE(account.has_value());
        EXPECT_EQ(account->has_value(), i <= 40);
        ASSERT_EQ(proof.slots.size(), keys.size());
        for (size_t k = 0; k < keys.size(); ++k) {
            const auto value = trie::verify_proof(state.storage_root(address(i)),
                                                  crypto::keccak256(keys[k]), proof.slots[k]);
            ASSERT_TRUE(value.has_value());
            EXPECT_EQ(value->has_value(), !state.storage(address(i), keys[k]).is_zero());
        }
    }
}

TEST(memory_state, empty_root) {
    using namespace scope::literals;
    EXPECT_EQ(MemoryState{}.state_root(),
              "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"_hash);
}

}  // namespace
}  // namespace scope::state
