#include "evm/analysis.hpp"

#include <absl/container/flat_hash_map.h>

#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "crypto/keccak.hpp"
#include "evm/jump_destinations.hpp"

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

Analysis::Analysis(BytesView code) : code_size_{code.size()} {
    constexpr size_t BLOCK = JUMP_DESTINATIONS_BLOCK;
    const size_t bitmap_words = (code.size() + BLOCK - 1) / BLOCK;
    const size_t padded_size = (code.size() + CODE_PADDING + BLOCK - 1) / BLOCK * BLOCK;
    storage_ = std::make_unique_for_overwrite<uint64_t[]>(bitmap_words + padded_size / 8);
    auto* const padded = reinterpret_cast<uint8_t*>(storage_.get() + bitmap_words);
    std::ranges::copy(code, padded);
    std::memset(padded + code.size(), 0, padded_size - code.size());
    find_jump_destinations(padded, code.size(), storage_.get());
    code_ = padded;
}

CodePtr make_code(Bytes bytes) {
    const Hash hash = crypto::keccak256(bytes);
    return make_code(std::move(bytes), hash);
}

CodePtr make_code(Bytes bytes, const Hash& hash) {
    auto analysis = std::make_shared<const Analysis>(bytes);
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
