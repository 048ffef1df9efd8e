#include "state/unavailable.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "evm/analysis.hpp"
#include "state/memory_state.hpp"
#include "state/state.hpp"

namespace scope::state {
namespace {

Hash word(uint64_t value) {
    return to_be(uint256{value});
}
Address address(uint64_t value) {
    return to_address(uint256{value});
}
const Address RICH = address(1), EMPTY_WITH_STORAGE = address(2), NONE = address(3);

/// A view of which one read fails.
class FailingView final : public StateView {
  public:
    explicit FailingView(const StateView& view) : view_(view) {}

    [[nodiscard]] std::optional<Account> account(const Address& address) const override {
        count();
        return view_.account(address);
    }
    [[nodiscard]] evm::CodePtr code(const Address& address) const override {
        count();
        return view_.code(address);
    }
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override {
        count();
        return view_.storage(address, key);
    }
    [[nodiscard]] bool has_storage(const Address& address) const override {
        count();
        return view_.has_storage(address);
    }

    size_t fails_at = 0;  // 1 is the first; 0: never
    mutable size_t reads = 0;

  private:
    void count() const {
        if (++reads == fails_at) throw Unavailable{"the disk fails"};
    }
    const StateView& view_;
};

/// Something done to a state, with what it returns.
using Step = std::function<Hash(State&)>;

/// Steps that read in each way there is, on accounts with everything, with storage alone, and none.
std::vector<Step> steps() {
    std::vector<Step> steps;
    steps.emplace_back([](State& state) { return word(state.nonce(RICH)); });
    steps.emplace_back([](State& state) {
        state.begin_transaction();
        return Hash{};
    });
    for (const Address& a : {RICH, EMPTY_WITH_STORAGE, NONE, address(4)}) {
        steps.emplace_back([a](State& state) { return to_be(state.balance(a)); });
        steps.emplace_back([a](State& state) { return state.code(a)->hash; });
        steps.emplace_back([a](State& state) { return word(state.has_storage(a) ? 1 : 0); });
        for (uint64_t key = 1; key < 4; ++key) {
            steps.emplace_back([a, key](State& state) {
                return word(state.access_storage(a, word(key)) == evm::AccessStatus::warm);
            });
            steps.emplace_back([a, key](State& state) { return state.storage(a, word(key)); });
        }
    }
    for (const Address& a : {address(5), address(6), RICH}) {
        steps.emplace_back([a](State& state) {
            const auto change = state.set_storage(a, word(1), word(8));
            return word(change.original == change.current ? 1 : 0);
        });
        steps.emplace_back([a](State& state) { return state.storage(a, word(1)); });
    }
    steps.emplace_back([](State& state) {
        state.add_balance(address(7), uint256{5u});
        return Hash{};
    });
    steps.emplace_back([](State& state) {
        state.mark_destructed(address(8));
        return Hash{};
    });
    steps.emplace_back([](State& state) {
        state.set_code(address(9), evm::make_code(Bytes{0x5f}));
        return Hash{};
    });
    steps.emplace_back([](State& state) {
        state.end_transaction(EmptyAccounts::remove);
        return Hash{};
    });
    steps.emplace_back([](State& state) { return state.storage(address(8), word(1)); });
    return steps;
}

MemoryState state_before() {
    GenesisAlloc alloc;
    for (uint64_t i = 1; i < 10; ++i) {
        if (address(i) == NONE) continue;
        auto& account = alloc[address(i)];
        account.storage = {{word(1), word(11)}, {word(2), word(22)}};
        if (address(i) == EMPTY_WITH_STORAGE) continue;
        account.nonce = i;
        account.balance = uint256{100 * i};
        if (i % 2 == 1) account.code = {0x60, static_cast<uint8_t>(i)};
    }
    return MemoryState{alloc};
}

struct Outcome {
    std::vector<Hash> returned;
    Hash root;
    size_t reads = 0;
    size_t failures = 0;
    size_t accounts_read = 0;
};

/// @param layers  States, one on the other, that are read through.
Outcome run(const MemoryState& before, size_t fails_at, size_t layers) {
    FailingView view{before};
    view.fails_at = fails_at;
    std::vector<std::unique_ptr<State>> states;
    for (size_t i = 0; i < layers; ++i)
        states.push_back(std::make_unique<State>(i == 0 ? static_cast<const StateView&>(view)
                                                        : states.back()->as_view()));
    State& state = *states.back();
    Outcome outcome;
    for (const Step& step : steps()) {
        while (true) {
            const auto checkpoint = state.checkpoint();
            try {
                outcome.returned.push_back(step(state));
                break;
            } catch (const Unavailable&) {
                EXPECT_EQ(state.checkpoint(), checkpoint) << "a failed read was recorded";
                ++outcome.failures;
            }
        }
    }
    outcome.root = before.after(state.diff())->state_root();
    outcome.reads = view.reads;
    state.for_each_read([&](const Address&, const auto&) { ++outcome.accounts_read; });
    return outcome;
}

TEST(unavailable, leaves_no_mark_at_any_read) {
    const MemoryState before = state_before();
    for (size_t layers = 1; layers <= 2; ++layers) {
        const Outcome whole = run(before, 0, layers);
        ASSERT_GT(whole.reads, 20u);
        for (size_t fails_at = 1; fails_at <= whole.reads; ++fails_at) {
            SCOPED_TRACE(fails_at);
            const Outcome retried = run(before, fails_at, layers);
            EXPECT_EQ(retried.failures, 1u);
            EXPECT_EQ(retried.reads, whole.reads + 1);
            EXPECT_EQ(retried.returned, whole.returned);
            EXPECT_EQ(retried.root, whole.root);
            EXPECT_EQ(retried.accounts_read, whole.accounts_read);
        }
    }
}

TEST(unavailable, touches_nothing_that_it_could_not_write) {
    const MemoryState before = state_before();
    FailingView view{before};
    State state{view};
    state.begin_transaction();
    view.fails_at = 2;  // the slot; the account is there by then
    EXPECT_THROW(state.set_storage(EMPTY_WITH_STORAGE, word(1), word(5)), Unavailable);
    EXPECT_FALSE(state.touched_in_transaction(EMPTY_WITH_STORAGE));
    state.end_transaction(EmptyAccounts::remove);
    EXPECT_TRUE(state.diff().empty());
}

}  // namespace
}  // namespace scope::state
