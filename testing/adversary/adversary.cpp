#include "adversary/adversary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "adversary/chain_run.hpp"
#include "crypto/keccak.hpp"
#include "types/signing.hpp"

namespace scope::adversary {

namespace callable = protocol::callable;

namespace {

constexpr size_t MAX_ROUNDS = 40;

/// The origin of a request: a chain, in a root, the root's own code or a record, which of its
/// requests.
struct Label {
    ChainId chain_id;
    size_t root = 0;    ///< place among the roots of all sections
    size_t record = 0;  ///< number of the record that runs, 0: the root's own code
    size_t request = 0;
    friend auto operator<=>(const Label&, const Label&) = default;
};

/// A record that knows what it stands for.
struct Entry {
    protocol::Record record;
    Bytes response;
    size_t number = 0;           ///< from 1, unique
    std::optional<Label> label;  ///< of the request it answers; none: nobody's
    std::optional<protocol::Response> forged;
};

struct Part {
    Section section;
    size_t root = 0;
    std::vector<Entry> entries;
};

/// The real requests and answers of chains, seen while they run.
struct Seen {
    std::map<Label, protocol::Request> requests;
    std::map<size_t, Bytes> responses;  ///< by record number
};

/// Follows one chain's run.
class Observer final : public evm::Tracer {
  public:
    Observer(Seen& seen, ChainId chain_id, const Address& callable, const Address& loader,
             const std::vector<const Part*>& parts)
        : seen_(seen), chain_id_(chain_id), callable_(callable), loader_(loader), parts_(parts) {}

    void on_frame_start(const evm::Message& message, const evm::Code& /*code*/) override {
        frames_.push_back(0);
        if (message.code_address != callable_) return;
        if (message.sender == loader_) return open(message.input);
        if (message.sender != callable_ || part_ == nullptr) return;
        if (auto request = callable::decode_answer_of(message.input)) {
            const size_t record = running_.empty() ? 0 : running_.back();
            const Label label{chain_id_, part_->root, record, counts_[{part_->root, record}]++};
            seen_.requests.try_emplace(label, std::move(*request));
            return;
        }
        for (const auto& entry : part_->entries) {
            const auto& request = entry.record.request;
            if (!equal(message.input, callable::handle_scoped_call(request, false)) &&
                !equal(message.input, callable::handle_scoped_call(request, true)))
                continue;
            frames_.back() = entry.number;
            running_.push_back(entry.number);
            return;
        }
    }

    void on_frame_end(const evm::CallResult& result) override {
        const size_t record = frames_.back();
        frames_.pop_back();
        if (record == 0) return;
        running_.pop_back();
        if (result.status == evm::Status::success)
            seen_.responses.try_emplace(record, result.output);
    }

  private:
    void open(BytesView calldata) {
        const auto call = callable::decode_system_call(calldata);
        if (!call) return;
        const protocol::RootContext* context = nullptr;
        if (const auto* load = std::get_if<callable::LoadRootCall>(&*call))
            context = &load->context;
        if (const auto* run = std::get_if<callable::RunRootCall>(&*call)) context = &run->context;
        if (context == nullptr) return;
        part_ = nullptr;
        for (const auto* part : parts_)
            if (part->section.context == *context) part_ = part;
    }

    Seen& seen_;
    ChainId chain_id_;
    Address callable_, loader_;
    const std::vector<const Part*>& parts_;
    const Part* part_ = nullptr;
    std::vector<size_t> frames_;   // of each: the record it runs, or 0
    std::vector<size_t> running_;  // records, innermost last
    std::map<std::pair<size_t, size_t>, size_t> counts_;
};

}  // namespace

struct Adversary::Plan {
    const oracle::SealedScope* sealed = nullptr;
    Draft draft;
    std::vector<Part> parts;
    std::set<Label> unfilled;
    size_t next_number = 1;

    [[nodiscard]] std::vector<Entry*> entries() {
        std::vector<Entry*> all;
        for (auto& part : parts)
            for (auto& entry : part.entries) all.push_back(&entry);
        return all;
    }
    Part& part_of(const Entry* entry) {
        for (auto& part : parts)
            for (auto& other : part.entries)
                if (&other == entry) return part;
        CHECK(false);
    }

    /// Records and fills as they follow from the entries.
    void write() {
        for (auto& part : parts) {
            auto& fills = part.section.section.fills;
            auto& records = part.section.section.records;
            records.clear();
            fills.clear();
            for (const auto& entry : part.entries) records.push_back(entry.record);
            for (const auto& other : parts) {
                if (other.root != part.root) continue;
                for (const auto& entry : other.entries) {
                    const auto& request = entry.record.request;
                    if (request.source_chain_id != uint256{part.section.chain_id} ||
                        (entry.label && unfilled.contains(*entry.label)))
                        continue;
                    const auto hash = protocol::request_hash(request);
                    if (std::ranges::find(fills, hash, &protocol::Fill::request_hash) ==
                        fills.end())
                        fills.push_back({uint256{other.section.chain_id}, hash, entry.response});
                }
            }
            put(draft, part.section);
        }
    }

    /// Runs every chain.
    [[nodiscard]] Seen observe() const {
        Seen seen;
        auto& devnet = sealed->devnet;
        const auto& contracts = devnet.node().network().contracts;
        const auto& bundle = sealed->bundle;
        {
            const auto parts_here = parts_on(oracle::chain_id_of(0));
            Observer observer{seen, oracle::chain_id_of(0), contracts.l1_callable,
                              contracts.settlement.settlement, parts_here};
            const auto& l1 = devnet.l1().chain();
            chain::BlockBuilder block{l1, l1.head()->hash, bundle.attributes};
            execution::Host host{block.state(), block.environment()};
            host.set_tracer(&observer);
            auto tx =
                builder::make_bundle_transaction(*builder::read_snapshot(devnet.l1()), contracts,
                                                 sealed->options, draft.scope, bundle.blobs);
            CHECK(sign(tx, *sealed->options.submitter));
            [[maybe_unused]] const auto outcome = block.try_transaction(tx, &host);
        }
        for (const auto& batch : draft.batches) {
            const auto parts_here = parts_on(batch.chain_id);
            const auto* const rollup = devnet.node().follower().rollup(batch.chain_id);
            if (rollup == nullptr) continue;
            Observer observer{seen, batch.chain_id, rollup->config.system().target,
                              rollup->config.system().sender, parts_here};
            [[maybe_unused]] const auto outcomes =
                run_batch(devnet.node().follower(), batch, &observer);
        }
        return seen;
    }
    [[nodiscard]] std::vector<const Part*> parts_on(ChainId chain_id) const {
        std::vector<const Part*> here;
        for (const auto& part : parts)
            if (part.section.chain_id == chain_id) here.push_back(&part);
        return here;
    }

    void repair() {
        for (size_t round = 0; round < MAX_ROUNDS; ++round) {
            const auto seen = observe();
            bool is_same = true;
            for (auto& part : parts) {
                for (auto& entry : part.entries) {
                    const auto before = entry.record;
                    if (entry.label)
                        if (const auto asked = seen.requests.find(*entry.label);
                            asked != seen.requests.end())
                            entry.record.request = asked->second;
                    if (entry.forged)
                        entry.response = encode(*entry.forged);
                    else if (const auto computed = seen.responses.find(entry.number);
                             computed != seen.responses.end())
                        entry.response = computed->second;
                    entry.record.raw_response_hash = crypto::keccak256(entry.response);
                    is_same = is_same && entry.record == before;
                }
            }
            write();
            if (is_same && round > 0) return;
        }
    }
};

Adversary::Adversary(const oracle::SealedScope& sealed)
    : honest_(std::make_unique<Plan>()), sealed_(sealed) {
    auto& plan = *honest_;
    plan.sealed = &sealed;
    plan.draft = draft_of(sealed.bundle);
    std::map<Hash, size_t> roots;
    std::map<Hash, Bytes> responses;  // by request hash
    for (auto& section : sections_of(plan.draft)) {
        const auto id =
            protocol::root_id(sealed.devnet.node().network().contracts.settlement, section.context);
        const size_t root = roots.try_emplace(id, roots.size()).first->second;
        Part part{std::move(section), root, {}};
        for (const auto& fill : part.section.section.fills)
            responses[fill.request_hash] = fill.response;
        for (const auto& record : part.section.section.records)
            part.entries.push_back({record, {}, plan.next_number++, {}, {}});
        plan.parts.push_back(std::move(part));
    }
    for (auto* entry : plan.entries()) {
        const auto found = responses.find(protocol::request_hash(entry->record.request));
        if (found != responses.end()) entry->response = found->second;
    }
    std::map<Hash, Label> labels;
    for (const auto& [label, request] : plan.observe().requests)
        labels.try_emplace(protocol::request_hash(request), label);
    for (auto* entry : plan.entries()) {
        const auto found = labels.find(protocol::request_hash(entry->record.request));
        if (found != labels.end()) entry->label = found->second;
    }
}

Adversary::~Adversary() = default;

namespace {

protocol::Response response_of(const Entry& entry) {
    return protocol::decode_response(entry.response).value_or(protocol::Response{});
}

void change_field(protocol::Request& request, Adversary::Field field,
                  const protocol::Request& other) {
    using Field = Adversary::Field;
    switch (field) {
        case Field::marks:
            request.marks = other.marks;
            return;
        case Field::nonce:
            request.nonce = other.nonce;
            return;
        case Field::from:
            request.from = other.from;
            return;
        case Field::source:
            request.source_chain_id = other.source_chain_id;
            return;
        case Field::root_id:
            request.root_id = other.root_id;
            return;
        case Field::depth:
            request.depth += uint256{1u};
            return;
        case Field::variant:
            request.variant += uint256{1u};
            return;
        case Field::value:
            request.value += uint256{1u};
            return;
        case Field::data:
            if (request.data.empty()) request.data.push_back(0);
            request.data.back() ^= 1;
            return;
        case Field::gas_limit:
            request.gas_limit += uint256{1u};
            return;
        case Field::kind:
            request.kind = request.kind == protocol::CallKind::call
                               ? protocol::CallKind::static_call
                               : protocol::CallKind::call;
            return;
    }
    CHECK(false);
}

void forge(Entry& entry, Adversary::Forgery forgery) {
    if (forgery == Adversary::Forgery::none) return;
    auto response = response_of(entry);
    if (forgery == Adversary::Forgery::data) {
        if (response.data.empty()) response.data.push_back(0);
        response.data.back() ^= 2;
    } else {
        response.success = !response.success;
    }
    entry.forged = std::move(response);
}

std::string name_of(const Adversary::Choice& choice) {
    using Kind = Adversary::Kind;
    static constexpr std::array KINDS{"drop", "keep", "forge", "field",
                                      "swap", "root", "copy",  "fault"};
    static_assert(KINDS.size() == Adversary::KIND_COUNT);
    static constexpr std::array FIELDS{"marks",   "nonce", "from", "source",    "root id", "depth",
                                       "variant", "value", "data", "gas limit", "kind"};
    static_assert(FIELDS.size() == Adversary::FIELD_COUNT);
    std::string name = KINDS.at(static_cast<size_t>(choice.kind));
    if (choice.kind == Kind::field || choice.kind == Kind::copy)
        name += fmt::format(" {}", FIELDS.at(static_cast<size_t>(choice.field)));
    return name;
}

}  // namespace

std::vector<Adversary::Choice> Adversary::choices() const {
    std::vector<Choice> all;
    auto plan = *honest_;
    const auto entries = plan.entries();
    for (size_t record = 0; record < entries.size(); ++record) {
        const auto& entry = *entries[record];
        for (const Kind kind : {Kind::drop, Kind::keep})
            all.push_back({kind, record, {}, {}, {}, {}});
        if (entry.label) all.push_back({Kind::fault, record, {}, {}, {}, {}});
        for (const Forgery forgery : {Forgery::data, Forgery::success})
            all.push_back({Kind::forge, record, {}, {}, forgery, {}});
        for (size_t other = record + 1; other < entries.size(); ++other)
            all.push_back({Kind::swap, record, other, {}, {}, {}});
        for (size_t to = 0; to < plan.parts.size(); ++to)
            if (&plan.parts[to] != &plan.part_of(&entry))
                all.push_back({Kind::root, record, to, {}, {}, {}});
        for (size_t field = 0; field < FIELD_COUNT; ++field) {
            std::vector<protocol::Request> seen;
            for (size_t other = 0; other < entries.size(); ++other) {
                Choice choice{Kind::field, record, other, static_cast<Field>(field), {}, {}};
                auto changed = entry.record.request;
                change_field(changed, choice.field, entries[other]->record.request);
                const bool is_same = changed == entry.record.request;
                if ((is_same && field > 0) || std::ranges::find(seen, changed) != seen.end())
                    continue;  // its own copy once
                seen.push_back(std::move(changed));
                for (const Forgery forgery : {Forgery::none, Forgery::data, Forgery::success}) {
                    choice.forgery = forgery;
                    choice.kind = Kind::field;
                    if (!is_same) all.push_back(choice);
                    choice.kind = Kind::copy;
                    for (const bool kept : {false, true}) {
                        choice.kept = kept;
                        all.push_back(choice);
                    }
                }
            }
        }
    }
    return all;
}

std::optional<Lie> Adversary::tell(std::span<const Choice> lies) const {
    auto plan = *honest_;
    Lie lie;
    for (const auto& choice : lies) {
        const size_t count = plan.entries().size();
        const bool names_a_record = choice.kind != Kind::root;
        if (choice.record >= count || (names_a_record && choice.other >= count))
            return std::nullopt;
        change(plan, choice);
        lie.kind += (lie.kind.empty() ? "" : " + ") + name_of(choice);
    }
    plan.repair();
    lie.draft = std::move(plan.draft);
    return lie;
}

std::optional<Lie> Adversary::lie(std::mt19937_64& random, size_t most) {
    Lie lie;
    auto plan = *honest_;
    const size_t count = 1 + random() % most;
    for (size_t i = 0; i < count && !plan.entries().empty(); ++i) {
        const auto choice = draw(plan, random);
        change(plan, choice);
        lie.kind += (i == 0 ? "" : " + ") + name_of(choice);
    }
    if (lie.kind.empty()) return std::nullopt;
    plan.repair();
    lie.draft = std::move(plan.draft);
    return lie;
}

Adversary::Choice Adversary::draw(const Plan& plan, std::mt19937_64& random) {
    size_t count = 0;
    for (const auto& part : plan.parts) count += part.entries.size();
    Choice choice{.kind = static_cast<Kind>(random() % KIND_COUNT),
                  .record = random() % count,
                  .field = static_cast<Field>(random() % FIELD_COUNT),
                  .forgery = random() % 10 < 7 ? Forgery::data : Forgery::success,
                  .kept = random() % 2 == 0};
    choice.other = random() % (choice.kind == Kind::root ? plan.parts.size() : count);
    if (choice.kind != Kind::forge && random() % 10 >= 4) choice.forgery = Forgery::none;
    return choice;
}

void Adversary::change(Plan& plan, const Choice& choice) {
    const auto entries = plan.entries();
    Entry& entry = *entries.at(choice.record);
    Part& part = plan.part_of(&entry);
    const auto take_out = [&] {
        const Entry taken = entry;
        std::erase_if(part.entries, [&](const Entry& e) { return e.number == taken.number; });
        return taken;
    };
    switch (choice.kind) {
        case Kind::drop:
            take_out();
            return;
        case Kind::keep:
            entry.record.kept = !entry.record.kept;
            return;
        case Kind::forge:
            forge(entry, choice.forgery);
            return;
        case Kind::swap: {
            Entry& other = *entries.at(choice.other);
            auto theirs = response_of(other);
            other.forged = response_of(entry);
            entry.forged = std::move(theirs);
            return;
        }
        case Kind::root:
            plan.parts.at(choice.other).entries.push_back(take_out());
            return;
        case Kind::fault:
            if (entry.label) plan.unfilled.insert(*entry.label);
            return;
        case Kind::field:
            entry.label.reset();
            change_field(entry.record.request, choice.field,
                         entries.at(choice.other)->record.request);
            forge(entry, choice.forgery);
            return;
        case Kind::copy: {
            Entry copy = entry;
            copy.number = plan.next_number++;
            copy.record.kept = choice.kept;
            copy.label.reset();
            change_field(copy.record.request, choice.field,
                         entries.at(choice.other)->record.request);
            forge(copy, choice.forgery);
            part.entries.push_back(std::move(copy));
            return;
        }
    }
    CHECK(false);
}

}  // namespace scope::adversary
