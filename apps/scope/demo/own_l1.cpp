#include <fmt/format.h>

#include "demo/demo_l1.hpp"
#include "devnet/genesis.hpp"

namespace scope::demo {

namespace {

constexpr ChainId OWN_CHAIN_ID{1};
constexpr uint64_t GWEI = 1'000'000'000;  // wei

std::shared_ptr<l1::LocalL1> make_l1() {
    state::GenesisAlloc alloc;
    for (const auto* const name : {"deployer", "provider", "alice", "submitter"})
        alloc[devnet::make_person(name).address].balance =
            uint256{1000u} * uint256{uint64_t{1'000'000'000'000'000'000}};
    auto spec = devnet::l1_spec(OWN_CHAIN_ID);
    spec.forced = std::make_shared<execution::Forced>();
    return std::make_shared<l1::LocalL1>(
        std::move(spec), devnet::l1_genesis(std::move(alloc)),
        l1::LocalL1Options{.slot_s = devnet::SLOT_S,
                           .coinbase = devnet::make_person("proposer").address});
}

class OwnL1 final : public DemoL1 {
  public:
    OwnL1() : l1_(make_l1()), first_head_(l1_->head().value()) {}

    [[nodiscard]] devnet::L1Roles roles() override { return devnet::L1Roles::of(l1_); }
    [[nodiscard]] const l1::L1View& view() const override { return *l1_; }
    [[nodiscard]] const L1Words* words() const noexcept override { return nullptr; }
    [[nodiscard]] std::string why_no_blobs() const override { return {}; }
    [[nodiscard]] const l1::L1Head& first_head() const noexcept override { return first_head_; }

    [[nodiscard]] Person person(const std::string& name) const override {
        return devnet::make_person(name);
    }
    [[nodiscard]] Fees fees(const BlockHeader& /*head*/) const override {
        return {.max_fee = uint256{20 * GWEI}, .priority_fee = uint256{GWEI}};
    }
    void fund(std::span<const Need> /*needs*/) override {}  // they have it from the start
    void take_back() override {}

    Result<void, IncludeError> include(std::span<const Transaction> transactions) override {
        const auto built = l1_->mine(transactions);
        if (!built)
            return std::unexpected{
                IncludeError{"building an L1 block: " + chain::to_string(built.error())}};
        if (!built->refused.empty()) {
            const auto& refused = built->refused.front();
            return std::unexpected{IncludeError{fmt::format(
                "transaction {} of an L1 block: {}", refused.index, to_string(refused.error))}};
        }
        for (size_t i = 0; i < built->outcomes.size(); ++i) {
            const auto& outcome = built->outcomes[i];
            if (!outcome.succeeded())
                return std::unexpected{IncludeError{fmt::format("transaction {} of an L1 block: {}",
                                                                i, evm::to_string(outcome.status)),
                                                    outcome.output}};
        }
        return {};
    }
    void stand_on(const rollup::Follower& /*follower*/) override {}
    [[nodiscard]] size_t max_tries() const noexcept override { return 1; }

  private:
    std::shared_ptr<l1::LocalL1> l1_;
    l1::L1Head first_head_;
};

}  // namespace

std::unique_ptr<DemoL1> make_own_l1() {
    return std::make_unique<OwnL1>();
}

}  // namespace scope::demo
