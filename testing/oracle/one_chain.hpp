#pragma once

#include "evm/message.hpp"
#include "oracle/outcome.hpp"
#include "oracle/script_code.hpp"

namespace scope::oracle {

/// A frame of a contract, or of its constructor, with those below.
struct Frame {
    enum class Kind : uint8_t { call, create };
    Kind kind = Kind::call;
    size_t chain = 0;
    Address contract;
    ScriptInput input;
    bool is_created = false;  ///< a contract that was not there at the start
    bool in_static = false;   ///< by the rules of the EVM, whatever the input says
    bool answers_with_gas = false;
    std::optional<Burn> burn;        ///< by which it uses up its gas
    bool destructs = false;          ///< itself
    bool destructs_created = false;  ///< itself, which was created in this root
    uint64_t value = 0;
    evm::Status status = evm::Status::success;
    uint64_t answer_size = 0;  ///< bytes that its caller has of it
    /// It answered another chain with more than can be, after which status: then it has failed.
    std::optional<evm::Status> too_long_after;
    int64_t own_gas = 0;  ///< without frames below
    std::vector<Frame> frames;

    [[nodiscard]] bool succeeded() const { return status == evm::Status::success; }
    /// Returns whether it halted exceptionally, and so consumed all its gas.
    [[nodiscard]] bool halted() const {
        return !succeeded() && status != evm::Status::revert &&
               status != evm::Status::insufficient_balance;
    }
};

/// An entry of a forced queue as it ran. One that does nothing has no frame.
struct RanEntry {
    std::optional<Frame> frame;
    bool asks = false;  ///< it called another chain, which fails, for no root is open
};

struct OneChain {
    Outcome outcome;
    std::vector<Frame> roots;
    std::vector<RanEntry> entries;
};

/// Runs a program on one chain, with plain calls, and returns what it should do. Gas never runs
/// out, but where the program names it. What is a rule between chains holds between the program's:
/// an answer above protocol::MAX_DATA_BYTES is the callee's failure, and undone; and so is that of
/// entries: each is a transaction before the root of its place, in which no other chain answers, and
/// the value of a deposit that fails is left to the depositor.
Outcome run_on_one_chain(const Program& program);
/// Runs it as run_on_one_chain does, and returns all its frames too.
OneChain trace_on_one_chain(const Program& program);

}  // namespace scope::oracle
