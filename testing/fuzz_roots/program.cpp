#include "fuzz_roots/program.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "execution/scope_rollup.hpp"
#include "fuzz_roots/code.hpp"
#include "fuzz_roots/world.hpp"
#include "protocol/callable.hpp"

namespace scope::fuzz_roots {

namespace {

constexpr uint64_t ETHER = 1'000'000'000'000'000'000;

crypto::SecretKey key_of(uint64_t seed, uint64_t index, std::string_view who) {
    return fuzz_roots::key_of(fmt::format("{}.{}.{}", seed, index, who));
}

/// Marker, zeros, program (8 bytes), number + 1.
Address contract_address(uint64_t index, size_t number) {
    Address address{{0xf2}};
    for (size_t i = 0; i < 8; ++i) address[18 - i] = static_cast<uint8_t>(index >> (8 * i));
    address[19] = static_cast<uint8_t>(number + 1);
    return address;
}

/// Mostly L1 and two rollups; the programs of a group have as many.
size_t chains_of(uint64_t seed, uint64_t index) {
    Random random{seed * 0x9e3779b97f4a7c15 + index / GROUP};
    const auto choice = random.below(8);
    return choice < 6 ? 3 : choice == 6 ? 4 : 6;
}

class Generator {
  public:
    Generator(const BaseChains& base, uint64_t seed, uint64_t index)
        : random_(seed * 0x2545f4914f6cdd1d + index), base_(base), seed_(seed), index_(index) {}

    Program make() {
        Program program{.seed = seed_,
                        .index = index_,
                        .chains = chains_of(seed_, index_),
                        .contracts = {},
                        .roots = {},
                        .in_blobs = index_ % 64 == 7,
                        .user = key_of(seed_, index_, "user"),
                        .second = key_of(seed_, index_, "second"),
                        .owner = key_of(seed_, index_, "owner")};
        make_places(program);
        is_ring_ = random_.below(20) == 0;
        const Scenery scenery{.base = base_,
                              .chains = program.chains,
                              .contracts = program.contracts,
                              .user = crypto::address_of(program.user),
                              .second = crypto::address_of(program.second),
                              .owned_account = base_.account_of(crypto::address_of(program.owner)),
                              .is_ring = is_ring_};
        for (auto& contract : program.contracts)
            contract.code = make_code(random_, scenery, contract);
        if (random_.below(40) == 0) {
            fill_l1(program, scenery);
            return program;
        }
        const auto roots = 1 + random_.below(random_.chance(50) ? 1 : 3);
        for (uint64_t i = 0; i < roots; ++i) program.roots.push_back(make_root(program, scenery));
        return program;
    }

  private:
    void make_places(Program& program) {
        for (size_t chain = 0; chain < program.chains; ++chain) {
            const auto count = chain < 3 ? 1 + random_.below(3) : 1;
            for (uint64_t i = 0; i < count; ++i) {
                Contract contract;
                contract.chain = chain;
                contract.address = contract_address(index_, program.contracts.size());
                contract.balance = random_.chance(30) ? uint256{} : uint256{random_.below(50)};
                contract.is_entry = chain != 0 && random_.chance(20);
                program.contracts.push_back(std::move(contract));
            }
        }
    }

    RootPlan make_root(const Program& program, const Scenery& scenery) {
        if (random_.chance(45)) return make_operation(program, scenery);
        return make_transaction(program, scenery);
    }

    /// As much as one transaction on L1 has room for, and more.
    void fill_l1(Program& program, const Scenery& scenery) {
        for (uint64_t i = 5 + random_.below(8); i > 0; --i) {
            auto root = random_.chance(70) ? RootPlan{make_operation(program, scenery)}
                                           : make_root(program, scenery);
            if (auto* const plan = std::get_if<OperationPlan>(&root); plan && random_.chance(85)) {
                auto& operation = plan->operation;
                operation.target = World::BURNER;
                operation.gas = random_.below(2) == 0 ? random_.below(300'000)
                                                      : 2'000'000 + random_.below(1'800'000);
                if (random_.chance(50))
                    operation.data = Bytes(random_.below(24'000), static_cast<uint8_t>(i % 2));
            }
            program.roots.push_back(std::move(root));
        }
    }

    uint64_t gas() {
        if (is_ring_ && random_.chance(80)) return 1 << 24;
        switch (random_.below(16)) {
            case 0:
                return random_.below(60'000);
            case 1:
            case 2:
            case 3:
                return 100'000 + random_.below(400'000);
            case 4:
                return 8'000'000 + random_.below(5'000'000);
            case 5:
                return random_.chance(50) ? 1 << 24 : 14'000'000;
            default:
                return 500'000 + random_.below(3'500'000);
        }
    }
    Bytes calldata() {
        if (is_ring_)
            return {0, random_.pick(std::array<uint8_t, 6>{10, 30, 62, 64, 65, 255}),
                    random_.pick(std::array<uint8_t, 4>{0, 0, 100, 200})};
        if (random_.chance(5)) return {};
        if (random_.chance(3)) return Bytes(20'000 + random_.below(10'000), 1);
        constexpr std::array<uint8_t, 14> TIMES{0, 1, 2, 2, 2, 3, 3, 3, 4, 4, 6, 10, 70, 255};
        const uint64_t function = random_.chance(75) ? 0 : random_.below(FUNCTIONS);
        Bytes data{static_cast<uint8_t>(function), random_.pick(TIMES)};
        append(data, random_.bytes(random_.below(40)));
        return data;
    }
    uint256 value() {
        if (random_.chance(70)) return {};
        return random_.chance(90) ? uint256{random_.below(1000)} : uint256{ETHER};
    }

    TransactionPlan make_transaction(const Program& program, const Scenery& scenery) {
        TransactionPlan plan;
        plan.chain = 1 + random_.below(random_.chance(80) ? 2 : program.chains - 1);
        constexpr std::array TYPES{TxType::dynamic_fee, TxType::dynamic_fee, TxType::dynamic_fee,
                                   TxType::legacy,      TxType::access_list, TxType::set_code};
        plan.type = random_.pick(TYPES);
        plan.gas = gas();
        plan.value = value();
        const Contract& contract = scenery.contract_on(random_, plan.chain);
        bool is_marked = !contract.is_entry || random_.chance(50);
        if (random_.chance(3)) is_marked = !is_marked;
        const auto where = random_.below(100);
        if (where < 7 && plan.type != TxType::set_code) {
            plan.data = make_init_code(random_, scenery, contract);
        } else if (where < 14) {
            plan.to = base_.callable(plan.chain);
            plan.data = ask_directly(scenery, plan.chain, plan.value);
        } else if (where < 18) {
            plan.to = scenery.address_on(random_, plan.chain);
            plan.data = calldata();
        } else {
            plan.to = contract.address;
            plan.data = calldata();
        }
        if (is_marked) append(plan.data, execution::ROOT_MARKER);
        if (plan.type != TxType::legacy && random_.chance(40))
            for (uint64_t i = random_.below(3); i > 0; --i)
                plan.access_list.push_back(
                    {scenery.address_on(random_, plan.chain), {to_be(uint256{random_.below(4)})}});
        if (plan.type == TxType::set_code)
            plan.delegate_to = random_.chance(70) ? scenery.contract_on(random_, plan.chain).address
                                                  : scenery.address_on(random_, plan.chain);
        return plan;
    }
    /// The user asks another chain without a contract between.
    Bytes ask_directly(const Scenery& scenery, size_t chain, const uint256& value) {
        if (random_.chance(30)) return callable_calldata(random_, scenery, chain);
        const Contract& to = scenery.remote_contract(random_, chain);
        const Bytes data = calldata();
        Bytes made =
            request_head(AskWay::scoped, uint256{chain_id_of(to.chain)}, scenery.user, to.address,
                         value, uint256{200'000 + random_.below(4'000'000)}, data.size());
        append(made, data);
        made.resize(RequestHead::SIZE + (data.size() + 31) / 32 * 32);
        return made;
    }

    OperationPlan make_operation(const Program& program, const Scenery& scenery) {
        using Account = OperationPlan::Account;
        OperationPlan plan;
        const Contract& contract = scenery.contract_on(random_, 0);
        auto& operation = plan.operation;
        const auto who = random_.below(10);
        plan.kind = who < 5 ? Account::delegated : who < 8 ? Account::owned : Account::contract;
        operation.account = plan.kind == Account::delegated ? scenery.user
                            : plan.kind == Account::owned   ? scenery.owned_account
                                                            : contract.address;
        operation.target = scenery.contract_on(random_, 0).address;
        operation.value = value();
        operation.data = calldata();
        const auto where = random_.below(100);
        if (where < 8) {
            operation.target = base_.contracts.l1_callable;
            operation.data = callable_calldata(random_, scenery, 0);
        } else if (where < 13) {
            operation.target = scenery.address_on(random_, 0);
        } else if (where < 17) {
            operation.target = operation.account;
            operation.data = settlement_calldata(random_, scenery);
        }
        operation.gas = gas();
        // One transaction on L1 has to have room for it.
        if (random_.chance(90) && operation.gas > uint256{6'000'000}) operation.gas = 3'000'000;
        operation.verification_gas =
            random_.chance(90) ? 60'000 + random_.below(100'000) : random_.below(20'000);
        operation.fee = random_.chance(70) ? uint256{} : uint256{random_.below(1'000'000)};
        if (random_.chance(2)) operation.fee = uint256{1} << 200;
        operation.deadline = devnet::GENESIS_TIME_S + (1 << 30);
        if (random_.chance(3)) operation.deadline = devnet::GENESIS_TIME_S;
        if (random_.chance(10)) operation.submitter = crypto::address_of(submitter_key());
        if (random_.chance(2)) operation.submitter = program.contracts.front().address;
        operation.runs_alone = random_.chance(6);
        if (random_.chance(12)) plan.outcome = OperationPlan::Outcome::own;
        if (random_.chance(2)) plan.outcome = OperationPlan::Outcome::other;
        if (random_.chance(8)) plan.index_gap = random_.below(1000);
        plan.names_owner = random_.chance(95);
        plan.bad_signature = random_.chance(2);
        return plan;
    }

    Random random_;
    const BaseChains& base_;
    uint64_t seed_;
    uint64_t index_;
    bool is_ring_ = false;
};

/// Returns bytes in hex; of many alike only the first.
std::string brief(const Bytes& bytes) {
    constexpr size_t MOST = 600;
    if (bytes.size() <= MOST) return to_hex(bytes);
    return fmt::format("{}... ({} bytes)", to_hex(BytesView{bytes}.first(MOST)), bytes.size());
}

std::string describe(const Program& program, const TransactionPlan& plan) {
    return fmt::format("transaction type {} on chain {} by {} to {}: gas {}, value {}, data {}{}",
                       static_cast<int>(plan.type), chain_id_of(plan.chain),
                       to_hex(crypto::address_of(program.user)),
                       plan.to ? to_hex(*plan.to) : "(create)", plan.gas, to_decimal(plan.value),
                       brief(plan.data),
                       plan.delegate_to ? ", delegates to " + to_hex(*plan.delegate_to) : "");
}

std::string describe(const Program&, const OperationPlan& plan) {
    constexpr std::array ACCOUNTS{"delegated", "owned", "contract"};
    constexpr std::array OUTCOMES{"any", "its own", "another"};
    const auto& operation = plan.operation;
    return fmt::format(
        "operation of {} ({}) to {}: gas {} and {}, value {}, fee {}, outcome {}, index gap "
        "{}{}{}, "
        "data {}",
        to_hex(operation.account), ACCOUNTS[static_cast<size_t>(plan.kind)],
        to_hex(operation.target), to_decimal(operation.gas), to_decimal(operation.verification_gas),
        to_decimal(operation.value), to_decimal(operation.fee),
        OUTCOMES[static_cast<size_t>(plan.outcome)], plan.index_gap,
        operation.runs_alone ? ", alone" : "", plan.bad_signature ? ", signature bad" : "",
        brief(operation.data));
}

}  // namespace

Program make_program(const BaseChains& base, uint64_t seed, uint64_t index) {
    return Generator{base, seed, index}.make();
}

std::string to_string(const Program& program) {
    std::string text =
        fmt::format("program {} of seed {}: L1 and {} rollups{}\n", program.index, program.seed,
                    program.chains - 1, program.in_blobs ? ", in blobs" : "");
    for (const auto& contract : program.contracts)
        text += fmt::format("contract {} on chain {}, {} wei{}: {}\n", to_hex(contract.address),
                            chain_id_of(contract.chain), to_decimal(contract.balance),
                            contract.is_entry ? ", an entry" : "", to_hex(contract.code));
    for (const auto& root : program.roots)
        text += std::visit([&](const auto& plan) { return describe(program, plan); }, root) + "\n";
    return text;
}

}  // namespace scope::fuzz_roots
