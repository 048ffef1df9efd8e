#include "interchange/fork_names.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace scope::interchange {

using evm::Revision;

namespace {
constexpr std::array FORKS{
    Fork{"Frontier", Revision::frontier},
    Fork{"Homestead", Revision::homestead},
    Fork{"EIP150", Revision::tangerine_whistle},
    Fork{"EIP158", Revision::spurious_dragon},
    Fork{"Byzantium", Revision::byzantium},
    Fork{"Constantinople", Revision::constantinople},
    Fork{"ConstantinopleFix", Revision::petersburg},
    Fork{"Istanbul", Revision::istanbul},
    Fork{"Berlin", Revision::berlin},
    Fork{"London", Revision::london},
    Fork{"Paris", Revision::paris},
    Fork{"Merge", Revision::paris},
    Fork{"Shanghai", Revision::shanghai},
    Fork{"Cancun", Revision::cancun},
    Fork{"Prague", Revision::prague},
    Fork{"Osaka", Revision::osaka},
};
}

std::optional<Fork> fork_by_name(std::string_view name) {
    for (const Fork& fork : FORKS)
        if (fork.name == name) return fork;
    return std::nullopt;
}

std::string_view fork_name(Revision revision) {
    const auto* const found = std::ranges::find(FORKS, revision, &Fork::revision);
    CHECK(found != FORKS.end());
    return found->name;
}

std::string fork_names() {
    std::string names;
    for (const Fork& fork : FORKS) {
        if (!names.empty()) names += ", ";
        names += fork.name;
    }
    return names;
}

}  // namespace scope::interchange
