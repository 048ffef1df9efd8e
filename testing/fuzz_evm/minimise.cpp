#include "fuzz_evm/minimise.hpp"

#include <algorithm>
#include <utility>

#include "evm/opcodes.hpp"
#include "types/signing.hpp"

namespace scope::fuzz_evm {

namespace {

/// Returns the offsets where instructions begin, and the end.
std::vector<size_t> boundaries(BytesView code) {
    std::vector<size_t> result;
    for (size_t at = 0; at < code.size(); ++at) {
        result.push_back(at);
        if (code[at] >= evm::OP_PUSH1 && code[at] <= evm::OP_PUSH32)
            at += code[at] - evm::OP_PUSH1 + 1u;
    }
    result.push_back(code.size());
    return result;
}

class Minimiser {
  public:
    Minimiser(Program program, const std::function<bool(const Program&)>& still_fails, size_t tries)
        : best_(std::move(program)), still_fails_(still_fails), tries_(tries) {}

    Program run() {
        for (bool changed = true; changed && tries_ > 0;) {
            changed = false;
            changed |= drop_accounts();
            for (const auto& [address, account] : Program{best_}.accounts) {
                if (!best_.accounts.contains(address)) continue;
                changed |= shrink([=](Program& p) -> Bytes& { return p.accounts[address].code; });
                for (const auto& [slot, value] : account.storage)
                    changed |=
                        attempt([&](Program& p) { p.accounts[address].storage.erase(slot); });
            }
            changed |= shrink([](Program& p) -> Bytes& { return p.tx.data; });
            changed |= attempt([](Program& p) { p.tx.access_list.clear(); });
            for (size_t i = best_.tx.authorization_list.size(); i-- > 0;)
                if (best_.tx.authorization_list.size() > 1)
                    changed |= attempt([=](Program& p) {
                        auto& list = p.tx.authorization_list;
                        list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
                    });
            if (!best_.tx.value.is_zero()) changed |= attempt([](Program& p) { p.tx.value = {}; });
        }
        return std::move(best_);
    }

  private:
    template <typename Change>
    bool attempt(Change change) {
        if (tries_ == 0) return false;
        Program candidate = best_;
        change(candidate);
        sign(candidate.tx, candidate.key);
        if (candidate.accounts == best_.accounts && candidate.tx == best_.tx) return false;
        --tries_;
        if (!still_fails_(candidate)) return false;
        best_ = std::move(candidate);
        return true;
    }

    /// Such accounts must exist, see make_program.
    [[nodiscard]] bool authorizes(const Address& address) const {
        return std::ranges::any_of(best_.tx.authorization_list, [&](const Authorization& item) {
            return recover_authority(item) == address;
        });
    }
    bool drop_accounts() {
        bool changed = false;
        for (const auto& entry : Program{best_}.accounts)
            if (const Address address = entry.first;
                address != best_.sender && !authorizes(address))
                changed |= attempt([&](Program& p) { p.accounts.erase(address); });
        return changed;
    }

    /// Takes away runs of instructions, shorter and shorter ones; where that moves what is jumped
    /// to, JUMPDESTs in their place may still do.
    template <typename Part>
    bool shrink(Part part) {
        bool changed = false;
        for (size_t run = boundaries(part(best_)).size(); run > 0; run /= 2) {
            for (size_t i = 0;;) {
                const auto starts = boundaries(part(best_));
                if (i + 1 >= starts.size() || tries_ == 0) break;
                const auto from = static_cast<std::ptrdiff_t>(starts[i]);
                const auto to =
                    static_cast<std::ptrdiff_t>(starts[std::min(i + run, starts.size() - 1)]);
                const bool erased = attempt([&](Program& p) {
                    Bytes& code = part(p);
                    code.erase(code.begin() + from, code.begin() + to);
                });
                const bool replaced = !erased && attempt([&](Program& p) {
                    Bytes& code = part(p);
                    std::fill(code.begin() + from, code.begin() + to, uint8_t{evm::OP_JUMPDEST});
                });
                changed |= erased || replaced;
                if (!erased) i += run;
            }
        }
        return changed;
    }

    Program best_;
    const std::function<bool(const Program&)>& still_fails_;
    size_t tries_;
};

}  // namespace

Program minimise(Program program, const std::function<bool(const Program&)>& still_fails,
                 size_t tries) {
    return Minimiser{std::move(program), still_fails, tries}.run();
}

}  // namespace scope::fuzz_evm
