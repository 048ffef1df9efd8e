#include <map>
#include <set>

#include "crypto/keccak.hpp"
#include "execution/host.hpp"
#include "rpc/trace_recorder.hpp"
#include "types/account.hpp"

// geth's prestateTracer: the accounts and slots that a transaction looks at, as they were before;
// with diffMode those that it changes, as they were and as they are.

namespace scope::rpc {

namespace {

using json::Appender;

/// An account as far as the trace shows it.
struct Seen {
    Account account;  // empty if it did not exist
    Bytes code;
    std::map<Hash, Hash> storage;

    [[nodiscard]] bool is_empty() const { return account.is_empty() && storage.empty(); }
};

constexpr size_t ACCOUNT_BYTES = 300;  // of JSON, beside code and storage
constexpr size_t SLOT_BYTES = 140;

class PrestateTracer final : public TraceRecorder {
  public:
    explicit PrestateTracer(const TraceOptions& options) : options_(options) {}

    void begin(const Transaction& tx, const Address& sender,
               const execution::Environment& environment, const state::State& state,
               size_t logs_before) override;
    void end(const state::State& state) override;
    void on_instruction(const evm::TraceStep& step) override;
    void write(Appender& out, const execution::Outcome& outcome) override;

  private:
    void look_at(const Address& address);
    void look_at_target(const Address& address);
    void look_at_slot(const Address& address, const Hash& key);
    void note_created(const Address& address);
    [[nodiscard]] Seen read(const state::State& state, const Address& address) const;
    void append_account(Appender& out, const Seen& seen) const;
    void append_before(Appender& out) const;
    void append_difference(Appender& out);
    [[nodiscard]] bool is_changed(const Address& address) const;
    void append_after(Appender& out, const Seen& before, const Seen& after) const;

    TraceOptions options_;
    const state::State* state_ = nullptr;
    const evm::Rules* rules_ = nullptr;
    std::map<Address, Seen> before_;
    std::map<Address, Seen> after_;
    std::set<Address> created_;
    std::set<Address> deleted_;
};

Seen PrestateTracer::read(const state::State& state, const Address& address) const {
    Seen seen{.account = state.account(address).value_or(Account{}), .code = {}, .storage = {}};
    seen.code = state.code(address)->bytes;
    return seen;
}

void PrestateTracer::look_at(const Address& address) {
    if (state_ == nullptr || before_.contains(address)) return;
    Seen seen = read(*state_, address);
    if (spend(ACCOUNT_BYTES + 2 * seen.code.size())) before_.emplace(address, std::move(seen));
}

/// An account that is called, and the one whose code it runs.
void PrestateTracer::look_at_target(const Address& address) {
    look_at(address);
    if (state_ == nullptr || !rules_->has_delegations) return;
    if (const auto target = execution::delegation_of(state_->code(address)->bytes))
        look_at(*target);
}

void PrestateTracer::look_at_slot(const Address& address, const Hash& key) {
    look_at(address);
    const auto seen = before_.find(address);
    if (seen == before_.end() || seen->second.storage.contains(key) || !spend(SLOT_BYTES)) return;
    seen->second.storage.emplace(key, state_->storage(address, key));
}

void PrestateTracer::note_created(const Address& address) {
    look_at(address);
    created_.insert(address);
}

void PrestateTracer::begin(const Transaction& tx, const Address& sender,
                           const execution::Environment& environment, const state::State& state,
                           size_t /*logs_before*/) {
    state_ = &state;
    rules_ = &environment.rules();
    look_at(sender);
    if (tx.to)
        look_at_target(*tx.to);
    else
        note_created(execution::create_address(sender, state.nonce(sender)));
    look_at(environment.block.coinbase);
    for (const auto& authorization : tx.authorization_list)
        if (const auto authority = recover_authority(authorization)) look_at(*authority);
}

void PrestateTracer::on_instruction(const evm::TraceStep& step) {
    if (state_ == nullptr) return;
    if (const auto key = slot_named_by(step); key && options_.account_storage)
        return look_at_slot(owner(), *key);
    if (const auto account = account_named_by(step)) {
        look_at_target(*account);
        const bool destructs = step.opcode == evm::OP_SELFDESTRUCT;
        if (destructs && (!rules_->destructs_created_only || created_.contains(owner())))
            deleted_.insert(owner());
    } else if (step.opcode == evm::OP_CREATE) {
        note_created(execution::create_address(owner(), state_->nonce(owner())));
    } else if (step.opcode == evm::OP_CREATE2 && step.stack.size() >= 4) {
        const Bytes init_code = memory_bytes(step, *stack_word(step, 1), *stack_word(step, 2));
        note_created(execution::create2_address(owner(), to_be(*stack_word(step, 3)),
                                                crypto::keccak256(init_code)));
    }
}

void PrestateTracer::end(const state::State& state) {
    state_ = nullptr;
    if (!options_.diff_mode) return;
    for (const auto& [address, before] : before_) {
        Seen after = read(state, address);
        for (const auto& [key, value] : before.storage)
            after.storage.emplace(key, state.storage(address, key));
        after_.emplace(address, std::move(after));
    }
}

void PrestateTracer::append_account(Appender& out, const Seen& seen) const {
    out.begin_object();
    out.key("balance").quantity(seen.account.balance);
    if (seen.account.nonce != 0) out.key("nonce").number(seen.account.nonce);
    if (!seen.code.empty()) {
        if (options_.code) out.key("code").hex(seen.code);
        out.key("codeHash").hex(seen.account.code_hash);
    }
    if (!seen.storage.empty()) {
        out.key("storage").begin_object();
        for (const auto& [key, value] : seen.storage) out.hex_key(key).hex(value);
        out.end_object();
    }
    out.end_object();
}

void PrestateTracer::append_before(Appender& out) const {
    out.begin_object();
    for (const auto& [address, seen] : before_) {
        if (seen.account.is_empty() && !options_.include_empty) continue;
        append_account(out.hex_key(address), seen);
    }
    out.end_object();
}

bool PrestateTracer::is_changed(const Address& address) const {
    if (deleted_.contains(address)) return true;
    const Seen& before = before_.at(address);
    const Seen& after = after_.at(address);
    return before.account != after.account || before.storage != after.storage;
}

/// Appends what is different; an account that is gone is left out.
void PrestateTracer::append_after(Appender& out, const Seen& before, const Seen& after) const {
    out.begin_object();
    if (after.account.balance != before.account.balance)
        out.key("balance").quantity(after.account.balance);
    if (after.account.nonce != before.account.nonce && after.account.nonce != 0)
        out.key("nonce").number(after.account.nonce);
    if (after.account.code_hash != before.account.code_hash) {
        if (options_.code) out.key("code").hex(after.code);
        out.key("codeHash").hex(after.account.code_hash);
    }
    bool has_storage = false;
    for (const auto& [key, value] : after.storage) {
        if (value == before.storage.at(key) || value.is_zero()) continue;
        if (!has_storage) out.key("storage").begin_object();
        has_storage = true;
        out.hex_key(key).hex(value);
    }
    if (has_storage) out.end_object();
    out.end_object();
}

void PrestateTracer::append_difference(Appender& out) {
    out.begin_object();
    out.key("post").begin_object();
    for (const auto& [address, after] : after_)
        if (is_changed(address) && !deleted_.contains(address))
            append_after(out.hex_key(address), before_.at(address), after);
    out.end_object();
    out.key("pre").begin_object();
    for (auto& [address, before] : before_) {
        if (!is_changed(address) || before.account.is_empty()) continue;
        if (!deleted_.contains(address))
            std::erase_if(before.storage, [&](const auto& slot) {
                return slot.second.is_zero() ||
                       after_.at(address).storage.at(slot.first) == slot.second;
            });
        append_account(out.hex_key(address), before);
    }
    out.end_object();
    out.end_object();
}

void PrestateTracer::write(Appender& out, const execution::Outcome& /*outcome*/) {
    require_room();
    if (options_.diff_mode)
        append_difference(out);
    else
        append_before(out);
}

}  // namespace

std::unique_ptr<TraceRecorder> make_prestate_tracer(const TraceOptions& options) {
    return std::make_unique<PrestateTracer>(options);
}

}  // namespace scope::rpc
