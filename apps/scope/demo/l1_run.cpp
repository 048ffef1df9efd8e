#include "demo/l1_run.hpp"

#include <vector>

#include "abi/abi.hpp"
#include "evm/tracer.hpp"
#include "execution/transaction.hpp"
#include "protocol/callable.hpp"
#include "protocol/fault.hpp"

namespace scope::demo {

namespace {

/// Looks at how frames begin and end.
class Watcher final : public evm::Tracer {
  public:
    explicit Watcher(const Address& callable) : callable_(callable) {}

    void on_frame_start(const evm::Message& message, const evm::Code& /*code*/) override {
        static const auto GET_ROLLING_HASHES = abi::selector("getRollingHashes(uint256)");
        std::optional<ChainId> remote;
        if (message.recipient == callable_)
            if (const auto asked = abi::decode_call<uint256>(GET_ROLLING_HASHES, message.input))
                remote = ChainId::from(std::get<0>(*asked));
        frames_.push_back(remote);
    }

    void on_frame_end(const evm::CallResult& result) override {
        const auto remote = frames_.back();
        frames_.pop_back();
        if (remote && result.status == evm::Status::success)
            if (const auto hashes = protocol::callable::decode_rolling_hashes(result.output))
                streams[*remote] = *hashes;
        if (!first_fault && result.status == evm::Status::revert &&
            protocol::fault_of(result.output))
            first_fault = result.output;
    }

    std::map<ChainId, protocol::RollingHashes> streams;
    std::optional<Bytes> first_fault;

  private:
    Address callable_;
    std::vector<std::optional<ChainId>> frames_;  // of each: the remote it is asked for, if it is
};

}  // namespace

Result<L1Run, execution::TxError> run_on_l1(const World& world,
                                            const chain::BlockAttributes& attributes,
                                            const Transaction& transaction) {
    builder::NextL1Block block{world.l1_snapshot(attributes), attributes};
    execution::Host host{block.state(), block.environment()};
    Watcher watcher{world.network().contracts.l1_callable};
    host.set_tracer(&watcher);
    const auto sender = TRY(execution::sender_of(transaction, block.environment()));
    auto outcome = TRY(block.execute(transaction, sender, &host));
    return L1Run{std::move(outcome), std::move(watcher.streams), std::move(watcher.first_fault)};
}

}  // namespace scope::demo
