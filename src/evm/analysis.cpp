#include "evm/analysis.hpp"

#include <absl/container/flat_hash_map.h>

#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "crypto/keccak.hpp"
#include "evm/opcodes.hpp"

namespace scope::evm {

namespace {

/// Code by hash, the least recently used last.
class CodeCache {
  public:
    explicit CodeCache(size_t max_bytes) : max_bytes_(max_bytes) {}

    CodePtr find(const Hash& hash) {
        const std::scoped_lock lock{mutex_};
        const auto found = by_hash_.find(hash);
        if (found == by_hash_.end()) return nullptr;
        by_use_.splice(by_use_.begin(), by_use_, found->second);
        return *found->second;
    }

    void insert(CodePtr code) {
        const std::scoped_lock lock{mutex_};
        const auto [slot, is_new] = by_hash_.try_emplace(code->hash);
        if (!is_new) return;
        bytes_ += cost(*code);
        by_use_.push_front(std::move(code));
        slot->second = by_use_.begin();
        while (bytes_ > max_bytes_ && by_use_.size() > 1) {
            bytes_ -= cost(*by_use_.back());
            by_hash_.erase(by_use_.back()->hash);
            by_use_.pop_back();
        }
    }

  private:
    using List = std::list<CodePtr>;

    /// The code, its padded copy and the bitmap; and the records around them.
    static size_t cost(const Code& code) { return code.bytes.size() * 17 / 8 + 512; }

    const size_t max_bytes_;
    std::mutex mutex_;
    size_t bytes_ = 0;
    List by_use_;
    absl::flat_hash_map<Hash, List::iterator> by_hash_;
};

CodeCache& code_cache() {
    static CodeCache cache{size_t{64} << 20};
    return cache;
}

}  // namespace

Analysis analyze(BytesView code) {
    Analysis a;
    a.code_size = code.size();
    a.padded.reserve(code.size() + CODE_PADDING);
    a.padded.assign(code.begin(), code.end());
    a.padded.resize(code.size() + CODE_PADDING);
    a.jump_destinations.resize(code.size() / 64 + 1);
    // One comparison tells PUSH1 to PUSH32 from the rest: as signed numbers, all above are below.
    static_assert(OP_PUSH1 == 0x60 && OP_PUSH32 == 0x7f);
    const uint8_t* const ops = code.data();
    uint64_t* const bitmap = a.jump_destinations.data();
    for (size_t i = 0; i < code.size(); ++i) {
        const uint8_t op = ops[i];
        if (static_cast<int8_t>(op) >= OP_PUSH1)
            i += op - OP_PUSH0;
        else if (op == OP_JUMPDEST)
            bitmap[i / 64] |= uint64_t{1} << (i % 64);
    }
    return a;
}

CodePtr make_code(Bytes bytes) {
    const Hash hash = crypto::keccak256(bytes);
    return make_code(std::move(bytes), hash);
}

CodePtr make_code(Bytes bytes, const Hash& hash) {
    auto analysis = std::make_shared<const Analysis>(analyze(bytes));
    return std::make_shared<const Code>(Code{std::move(bytes), hash, std::move(analysis)});
}

CodePtr make_init_code(BytesView bytes) {
    return make_code(to_bytes(bytes), Hash{});
}

const CodePtr& empty_code() {
    static const CodePtr code = make_code({}, crypto::EMPTY_KECCAK);
    return code;
}

CodePtr cached_code(const Hash& hash, const std::function<Bytes()>& load) {
    if (hash == crypto::EMPTY_KECCAK) return empty_code();
    if (auto code = code_cache().find(hash)) return code;
    auto code = make_code(load(), hash);
    code_cache().insert(code);
    return code;
}

}  // namespace scope::evm
