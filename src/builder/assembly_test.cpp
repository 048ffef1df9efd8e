#include "builder/assembly.hpp"

#include <gtest/gtest.h>

#include "builder/scope_builder.hpp"
#include "builder/test_network.hpp"
#include "protocol/callable.hpp"
#include "test_rollup/assembler.hpp"

namespace scope::builder {
namespace {

namespace callable = protocol::callable;
using rollup::test::Author;
using test::CHAIN;
using test::TestNetwork;

/// Returns rollups whose predeploys tell as the limit of a remote what they find of blocks.
test::NetworkChanges with_views_of_blocks() {
    using namespace literals;
    static constexpr Address CODE{{0x77}};
    rollup::test::Assembler code;
    code.when_called(callable::get_limit({}), [&] {
        code.op({evm::OP_NUMBER}).push(32).op({evm::OP_SHL, evm::OP_TIMESTAMP, evm::OP_ADD});
        code.push(1).op({evm::OP_NUMBER, evm::OP_SUB, evm::OP_BLOCKHASH, evm::OP_ADD});
        code.to_memory(0).give_back(1);
    });
    code.raw(concat("365f5f375f5f365f73"_hex, CODE, "5af4503d5f5f3e3d5ff3"_hex));
    test::NetworkChanges changes;
    changes.rollup = [code = code.take()](rollup::RollupConfig& config) {
        config.genesis.alloc[CODE].code = rollup::test::predeploy_code();
        config.genesis.alloc[rollup::PREDEPLOY].code = code;
    };
    return changes;
}

TEST(assembly, reads_views_as_who_executes_the_batch) {
    TestNetwork network{with_views_of_blocks()};
    Author author;
    UnsettledBlocks unsettled;
    for (int i = 0; i < 2; ++i) {
        auto block = ScopeBuilder::open_block(*network.l1, *network.follower, network.contracts,
                                              network.options, unsettled, CHAIN);
        ASSERT_TRUE(block.has_value());
        ASSERT_TRUE(block->add_transaction(CHAIN, author.transfer(Address{{1}}, 1)).has_value());
        auto ended = block->end_block();
        ASSERT_TRUE(ended.has_value());
        unsettled[CHAIN].push_back(std::move(*ended));
    }
    for (const bool has_own_block : {false, true}) {
        OpenScope scope{read_snapshot(*network.l1).value(), *network.follower, network.contracts,
                        network.options, unsettled};
        auto& rollup = *scope.find(CHAIN);
        if (has_own_block) {
            const auto tx = author.transfer(Address{{1}}, 1);
            ASSERT_TRUE(rollup.run(tx, rollup::test::user()).has_value());
        }
        ASSERT_EQ(rollup.has_own_block(), has_own_block);
        const auto part = assemble(rollup, scope);
        ASSERT_TRUE(part.has_value()) << to_string(part.error());
        const auto executed =
            rollup::execute_batch(rollup.followed().chain, rollup.followed().config, part->batch,
                                  network.follower->options_for(rollup.followed()));
        ASSERT_TRUE(executed.has_value()) << to_string(executed.error());
        EXPECT_EQ(part->execution.last_block_hash, executed->last_block_hash);
        ASSERT_EQ(executed->remotes.size(), 1u);
        EXPECT_EQ(part->execution.remotes, executed->remotes) << has_own_block;
    }
}

}  // namespace
}  // namespace scope::builder
