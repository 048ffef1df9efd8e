#include "oracle/generator.hpp"

#include <algorithm>
#include <random>

#include "oracle/demand.hpp"
#include "protocol/request.hpp"

namespace scope::oracle {

namespace {

using Kind = Operation::Kind;

constexpr size_t MAX_FRAMES = 40;  // of a root, and of an entry
/// Entries are chosen apart, so that they change nothing else of a seed's program.
constexpr uint64_t ENTRIES_SEED = 0x656e'7472'6965'7300;
constexpr size_t MAX_ENTRIES = 4;
constexpr uint64_t MAX_ANSWER = protocol::MAX_DATA_BYTES;

class Generator {
  public:
    explicit Generator(uint64_t seed) : random_(seed) { program_.id = seed; }

    Program program() {
        add_contracts();
        const size_t scenes = 1 + below(2);
        for (size_t i = 0; i < scenes; ++i) add_scene();
        add_random_functions();
        add_roots();
        make_fit();
        random_.seed(program_.id ^ ENTRIES_SEED);
        if (chance(3)) add_entries();
        return std::move(program_);
    }

  private:
    /// A function of a contract, to call.
    struct Place {
        size_t contract = 0;
        uint64_t function = 0;
    };

    uint64_t below(uint64_t n) { return random_() % n; }
    bool chance(uint64_t one_in) { return below(one_in) == 0; }
    template <typename T, size_t N>
    const T& pick(const T (&from)[N]) {
        return from[below(N)];
    }

    // ---- parts

    void add_contracts() {
        program_.chains = pick({size_t{2}, size_t{3}, size_t{3}, size_t{4}, size_t{4}, size_t{4}});
        const size_t contracts = program_.chains + below(3);
        for (size_t i = 0; i < contracts; ++i) {
            Contract contract;
            contract.chain = i < program_.chains ? i : below(program_.chains);
            contract.balance = chance(2) ? 5 : 0;
            program_.contracts.push_back(std::move(contract));
        }
        if (chance(2)) {
            const size_t creator = below(contracts);
            Contract child;
            child.chain = program_.contracts[creator].chain;
            child.creator = creator;
            program_.contracts.push_back(std::move(child));
        }
    }

    Place add(size_t contract, Function function) {
        auto& functions = program_.contracts[contract].functions;
        functions.push_back(std::move(function));
        return {contract, functions.size() - 1};
    }

    size_t any_contract() { return below(program_.contracts.size()); }
    /// One of another chain.
    size_t elsewhere(size_t contract) {
        while (true) {
            const size_t other = any_contract();
            if (program_.contracts[other].chain != program_.contracts[contract].chain) return other;
        }
    }
    /// On none of these chains, if there is one.
    size_t elsewhere(size_t a, size_t b) {
        for (int tries = 0; tries < 20; ++tries) {
            const size_t other = elsewhere(a);
            if (program_.contracts[other].chain != program_.contracts[b].chain) return other;
        }
        return elsewhere(a);
    }
    /// A place to call: a function of another chain, most often.
    Place any_place() {
        while (true) {
            const size_t contract = any_contract();
            const size_t functions = program_.contracts[contract].functions.size();
            if (functions != 0) return {contract, below(functions)};
        }
    }

    Expression expression() {
        using E = Expression::Kind;
        const E kind = pick({E::constant, E::accumulator, E::accumulator, E::accumulator,
                             E::argument, E::slot, E::slot, E::balance, E::call_value, E::depth});
        return {kind, kind == E::slot ? below(SLOTS) : below(10)};
    }
    static Expression constant(uint64_t value) { return {Expression::Kind::constant, value}; }
    static Expression accumulator() { return {Expression::Kind::accumulator, 0}; }
    static Expression slot(uint64_t number) { return {Expression::Kind::slot, number}; }

    uint64_t size() { return pick({32u, 32u, 32u, 0u, 1u, 31u, 33u, 64u, 100u}); }

    Operation set(uint64_t slot, Expression e) {
        return {.kind = Kind::set, .expression = e, .slot = slot, .at = {}};
    }
    Operation set() { return set(below(SLOTS), expression()); }
    Operation load(Expression e) { return {.kind = Kind::load, .expression = e, .at = {}}; }
    Operation emit() {
        return {.kind = Kind::emit, .expression = expression(), .size = size(), .at = {}};
    }
    Operation revert() {
        return {.kind = Kind::revert, .expression = accumulator(), .size = size(), .at = {}};
    }
    Operation finish(Expression e) {
        return {.kind = Kind::finish, .expression = e, .size = size(), .at = {}};
    }
    /// Answers or reverts with about as much as an answer may have, or far more.
    Operation bomb() {
        return {.kind = chance(2) ? Kind::finish : Kind::revert,
                .expression = expression(),
                .size = pick({MAX_ANSWER - 1, MAX_ANSWER, MAX_ANSWER, MAX_ANSWER + 1,
                              MAX_ANSWER + 1, LONGEST_ANSWER}),
                .at = {}};
    }
    Operation burn() {
        return {.kind = Kind::burn, .burn = static_cast<Burn>(below(BURNS)), .at = {}};
    }
    /// Has a contract destroy itself, in favour of one of its chain.
    Operation self_destruct(size_t contract) {
        Operation operation{.kind = Kind::self_destruct, .at = {}};
        do operation.target = any_contract();
        while (program_.contracts[operation.target].chain != program_.contracts[contract].chain);
        return operation;
    }
    Operation look_twice(Place view) {
        Operation operation = statically(call(view, constant(below(10))));
        operation.kind = Kind::look_twice;
        operation.bubbles = false;
        operation.slot = below(SLOTS);
        return operation;
    }
    static Operation at(uint64_t depth, Operation operation) {
        operation.at = depth;
        return operation;
    }

    Operation call(Place place, Expression argument) {
        Operation operation{.kind = Kind::call, .expression = argument, .at = {}};
        operation.target = place.contract;
        operation.function = place.function;
        operation.way = pick({Way::scoped, Way::try_scoped, Way::alias});
        operation.bubbles = chance(3);
        return operation;
    }
    Operation call(Place place) { return call(place, expression()); }
    Operation deep(Operation operation) {
        if (operation.way == Way::alias) operation.way = Way::scoped;
        return operation;
    }
    static Operation caught(Operation operation) {
        operation.bubbles = false;
        return operation;
    }
    static Operation statically(Operation operation) {
        operation.is_static = true;
        return operation;
    }
    Operation random_call(Place place) {
        Operation operation = call(place);
        operation.is_static = chance(6);
        operation.value = chance(2) ? 0 : 1 + 2 * below(2);
        if (chance(4)) operation.gas = chance(4) ? NO_GAS : LEAF_GAS * (1 + below(2));
        return operation;
    }

    Operation simple() {
        switch (below(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
                return set();
            case 4:
            case 5:
                return load(expression());
            case 6:
            case 7:
                return emit();
            case 8:
            case 9:
                return {
                    .kind = Kind::revert_if, .expression = expression(), .size = size(), .at = {}};
            case 10:
                return load({Expression::Kind::transient, below(SLOTS)});
            default:
                // What one root leaves there on L1, the next must not see: a scope of its own.
                return {.kind = Kind::set_transient,
                        .expression = expression(),
                        .slot = below(SLOTS),
                        .at = {}};
        }
    }

    Operation create(size_t child) {
        Operation operation{.kind = Kind::create, .expression = expression(), .at = {}};
        operation.target = child;
        operation.function = below(4);
        operation.constructs = chance(2);
        operation.value = chance(3) ? 1 : 0;
        operation.bubbles = chance(4);
        return operation;
    }

    /// Makes a function that reads, answers and maybe fails, without calls.
    Function leaf(size_t contract) {
        Function function;
        const size_t operations = 1 + below(3);
        for (size_t i = 0; i < operations; ++i) function.push_back(simple());
        if (chance(5))
            function.push_back(burn());
        else if (chance(12))
            function.push_back(chance(2) ? bomb() : self_destruct(contract));
        else if (chance(4))
            function.push_back(revert());
        else if (chance(2))
            function.push_back(finish(expression()));
        return function;
    }

    Function inner() {
        Function function;
        const size_t operations = 1 + below(5);
        for (size_t i = 0; i < operations; ++i) {
            function.push_back(chance(2) ? random_call(any_place()) : simple());
            if (chance(6)) function.back().at = below(DEPTH);
        }
        if (chance(4)) function.push_back(revert());
        return function;
    }

    void add_random_functions() {
        for (size_t c = 0; c < program_.contracts.size(); ++c) {
            if (chance(2) || program_.contracts[c].functions.empty()) add(c, leaf(c));
            if (chance(2)) add(c, inner());
        }
        add(any_contract(), inner());
    }

    // ---- scenes: functions that belong together; tops_ is where they begin

    void add_scene() {
        switch (below(12)) {
            case 0:
            case 1:
                return descend();
            case 2:
                return two_answers();
            case 3:
                return static_around_write();
            case 4:
                return quoter();
            case 5:
                return static_in_callback();
            case 6:
                return nested_rollback();
            case 7:
            case 8:
                return hostile_callee();
            case 9:
                return views_on_gas();
            default:
                return created();
        }
    }

    /// Every contract calls the next one, once per level: as deep as it goes, and something at one
    /// level or another.
    void descend() {
        std::vector<size_t> ring;
        const size_t size = 2 + below(3);
        ring.push_back(any_contract());
        for (size_t i = 1; i < size; ++i) ring.push_back(elsewhere(ring.back()));
        if (program_.contracts[ring.back()].chain == program_.contracts[ring.front()].chain)
            ring.pop_back();
        if (ring.size() == 1) ring.push_back(elsewhere(ring.front()));

        std::vector<Place> places;
        for (const size_t contract : ring)
            places.push_back({contract, program_.contracts[contract].functions.size()});
        for (size_t i = 0; i < ring.size(); ++i) {  // a contract may be there twice
            for (size_t j = 0; j < i; ++j)
                if (ring[j] == ring[i]) ++places[i].function;
        }
        const uint64_t failing = below(DEPTH);
        for (size_t i = 0; i < ring.size(); ++i) {
            Function function;
            if (chance(2)) function.push_back(chance(2) ? set() : emit());
            Operation next = deep(call(places[(i + 1) % ring.size()]));
            next.value = chance(3) ? 1 : 0;
            if (!chance(4)) {
                function.push_back(next);
            } else {  // another way at one level
                const uint64_t level = below(DEPTH);
                for (uint64_t depth = 1; depth <= DEPTH; ++depth)
                    function.push_back(at(depth, depth == level ? statically(next) : next));
            }
            if (chance(2)) function.push_back(set());
            if (chance(2)) function.push_back(at(failing, revert()));
            if (chance(4)) function.push_back(emit());
            add(ring[i], std::move(function));
        }
        tops_.push_back(places[0]);
    }

    /// A calls B, which reads A by a callback; that is rolled back, A writes, and asks the same.
    void two_answers() {
        const size_t a = any_contract();
        const size_t b = elsewhere(a);
        const Place read = add(a, {finish(slot(0))});
        Operation callback = call(read, constant(0));
        callback.is_static = chance(3);
        const Place asked = add(b, {callback, finish(accumulator())});
        if (chance(3))
            program_.contracts[b].functions.back().insert(
                program_.contracts[b].functions.back().begin(), set());
        Function ask{call(asked, constant(below(3)))};
        if (chance(3)) ask.push_back(set());
        Function attempt = ask;
        attempt.push_back(revert());
        const Place attempts = add(a, std::move(attempt));
        if (chance(2)) ask.push_back(revert());
        const Place asks = add(a, std::move(ask));
        Function top;
        top.push_back(caught(call(attempts)));
        top.push_back(set(0, chance(2) ? accumulator() : constant(1 + below(5))));
        if (chance(2)) {
            top.push_back(caught(call(attempts)));
            top.push_back(set(0, constant(1 + below(5))));
        }
        top.push_back(call(asks));
        if (chance(2)) top.push_back(set());
        tops_.push_back(add(a, std::move(top)));
    }

    /// A reads a contract B that reads A back or has state of its own, before and after a write.
    void static_around_write() {
        const size_t a = any_contract();
        const size_t b = elsewhere(a);
        const Place read = add(a, {finish(slot(1))});
        Function view{load(slot(0))};
        if (!chance(3)) view.push_back(statically(call(read, constant(1))));
        if (chance(3)) view.push_back(call(read, constant(2)));  // static, since the context is
        if (chance(8)) view.push_back(chance(2) ? set() : emit());
        const Place viewed = add(b, std::move(view));
        const Place writes = add(b, {set(0, constant(1 + below(5)))});
        const auto look = [&] {
            Operation operation = statically(call(viewed, constant(7)));
            operation.bubbles = chance(8);
            return operation;
        };
        const Operation first = look();
        Function top{first};
        if (!chance(3)) top.push_back(set(1, constant(1 + below(5))));
        if (chance(2)) top.push_back(call(writes));
        top.push_back(chance(3) ? look() : first);
        if (chance(3)) {
            top.push_back(set(1, accumulator()));
            top.push_back(first);
        }
        if (chance(3)) top.push_back(revert());
        tops_.push_back(add(a, std::move(top)));
    }

    /// A frame that does something, and reverts with what came out; then maybe in earnest.
    void quoter() {
        const size_t a = any_contract();
        const size_t q = chance(3) ? a : elsewhere(a);
        const size_t r = elsewhere(q);
        const Place swap = add(r, {set(), emit(), finish(slot(0))});
        Function quote{set(), call(swap), load(slot(1))};
        if (chance(2)) quote.insert(quote.begin() + 1, call(swap));
        quote.push_back(revert());
        const Place quoted = add(q, std::move(quote));
        Function top{caught(call(quoted))};
        if (chance(2)) top.push_back(caught(call(quoted)));
        if (chance(2)) top.push_back(set());
        if (!chance(3)) top.push_back(random_call(swap));
        if (program_.contracts[r].chain == program_.contracts[a].chain && chance(2))
            top.push_back(set());
        tops_.push_back(add(a, std::move(top)));
    }

    /// A calls B, which calls A back; there a frame looks at B or C, and is rolled back.
    void static_in_callback() {
        const size_t a = any_contract();
        const size_t b = elsewhere(a);
        const size_t c = chance(2) ? b : elsewhere(a, b);
        Function view{load(slot(0))};
        if (chance(2)) {
            const Place seen = add(a, {finish(slot(0))});
            view.push_back(statically(call(seen)));
        }
        const Place viewed = add(c, std::move(view));
        Function rolled_back;
        if (chance(2)) rolled_back.push_back(set());
        if (chance(3)) rolled_back.push_back(deep(call(add(b, {set(), emit()}))));
        rolled_back.push_back(deep(statically(call(viewed))));
        if (chance(2)) rolled_back.push_back(set(0, accumulator()));
        rolled_back.push_back(revert());
        const Place attempted = add(a, std::move(rolled_back));
        Function back{caught(call(attempted))};
        if (chance(2)) back.push_back(deep(statically(call(viewed))));
        if (chance(2)) back.push_back(set());
        const Place called_back = add(a, std::move(back));
        Function middle{deep(call(called_back))};
        if (chance(2)) middle.insert(middle.begin(), set(0, expression()));
        if (chance(4)) middle.push_back(revert());
        const Place entered = add(b, std::move(middle));
        tops_.push_back(add(a, {set(), deep(random_call(entered)), load(slot(0))}));
    }

    /// On each of several chains a frame calls the next chain and reverts.
    void nested_rollback() {
        size_t contract = any_contract();
        size_t before = contract;
        const Place end = add(elsewhere(contract), {set(), emit(), finish(accumulator())});
        Place next = end;
        const size_t levels = 3 + below(2);
        for (size_t i = 0; i < levels; ++i) {
            Function rolled_back{deep(call(next))};
            if (chance(2)) rolled_back.push_back(chance(2) ? deep(call(next)) : set());
            if (!chance(6)) rolled_back.push_back(revert());
            const Place attempted = add(contract, std::move(rolled_back));
            Function function{caught(call(attempted))};
            if (chance(2)) function.push_back(set());
            if (chance(3)) function.push_back(deep(call(chance(2) ? end : next)));
            next = add(contract, std::move(function));
            const size_t last = std::exchange(before, contract);
            contract = elsewhere(contract, last);
        }
        tops_.push_back(next);
    }

    /// A contract is created and called in one root: here, by another chain, in a frame that is
    /// rolled back.
    void created() {
        const auto child = std::ranges::find_if(program_.contracts, [](const Contract& contract) {
            return contract.creator.has_value();
        });
        if (child == program_.contracts.end()) return quoter();
        const auto number = static_cast<size_t>(child - program_.contracts.begin());
        const size_t creator = *child->creator;
        const size_t other = elsewhere(creator);
        const Place answer = add(number, {set(0, expression()), emit(), finish(slot(0))});
        std::optional<Place> ends;  // it is there until the transaction ends
        if (chance(2)) ends = add(number, {set(), self_destruct(number)});
        add(number, chance(2) ? Function{set(), call(add(other, {set(), finish(slot(1))}))}
                              : Function{set(1, {Expression::Kind::argument, 0})});
        const Place remote = add(other, {call(answer), set()});
        Operation make = create(number);
        if (chance(3)) {  // its constructor calls another chain
            make.constructs = true;
            make.function =
                add(number, {call(add(other, {set(), finish(slot(0))})), set()}).function;
        }
        Function making{make};
        if (chance(2)) making.push_back(call(answer));
        if (ends) making.push_back(chance(2) ? call(*ends) : call(add(other, {call(*ends)})));
        making.push_back(deep(call(remote)));
        Function made = making;
        making.push_back(revert());
        const Place attempted = add(creator, std::move(making));
        Function top;
        if (chance(2)) top.push_back(caught(call(attempted)));
        if (chance(3)) top.push_back(call(remote));  // before it is there
        top.insert(top.end(), made.begin(), made.end());
        if (chance(4)) top.push_back(create(number));
        tops_.push_back(add(creator, std::move(top)));
    }

    /// A calls B, which acts and then answers with too much, eats its gas, or destroys itself;
    /// another one may call it in between, and pass on what it gets.
    void hostile_callee() {
        const size_t a = any_contract();
        const size_t b = elsewhere(a);
        Function act{set(), emit()};
        if (chance(2)) act.push_back(call(add(elsewhere(b), {set(), finish(slot(0))})));
        Function bombing = act;
        bombing.push_back(bomb());
        Function ending = act;
        ending.push_back(self_destruct(b));
        Place hostile = add(b, std::move(chance(3) ? ending : bombing));
        if (chance(2)) {
            Operation relayed = random_call(hostile);
            relayed.bubbles = true;
            hostile = add(any_contract(), {set(), relayed, set()});
        }
        const Place eater = add(b, {set(), burn()});
        Function top{random_call(hostile), set()};
        if (chance(2)) top.push_back(caught(random_call(eater)));
        if (chance(2)) top.push_back(caught(call(hostile)));
        if (chance(4)) top.push_back(revert());
        const Place all = add(a, std::move(top));
        tops_.push_back(chance(3) ? add(a, {caught(call(all)), set(), call(all)}) : all);
    }

    /// A looks twice at what tells its gas: itself, in a frame that is rolled back, in a callback.
    void views_on_gas() {
        const size_t a = any_contract();
        const size_t b = elsewhere(a);
        Function view;
        if (chance(2)) view.push_back(load(slot(0)));
        view.push_back(finish({Expression::Kind::gas, 0}));
        const Place viewed = add(b, std::move(view));
        Function look{look_twice(viewed)};
        if (chance(2)) look.push_back(set(0, accumulator()));
        const Place looks = add(a, look);
        Function attempt = look;
        attempt.push_back(revert());
        const Place attempts = add(a, std::move(attempt));
        Function top;
        if (chance(2)) top.push_back(caught(call(attempts)));
        top.push_back(look_twice(viewed));
        if (chance(2)) top.push_back(set());
        if (chance(2)) top.push_back(deep(call(add(b, {deep(call(looks)), set()}))));
        if (chance(3)) top.push_back(call(viewed));
        top.push_back(look_twice(viewed));
        tops_.push_back(add(a, std::move(top)));
    }

    // ---- roots

    void add_roots() {
        const size_t roots = 1 + below(3);
        for (size_t i = 0; i < roots; ++i) {
            const Place place =
                i < tops_.size() || chance(2) ? tops_[i % tops_.size()] : any_place();
            program_.roots.push_back(
                {place.contract, place.function, below(10), chance(3) ? 2u : 0u, chance(8)});
        }
    }

    // ---- entries of forced queues

    void add_entries() {
        program_.entries_are_due = chance(16);  // that takes many blocks of L1
        const size_t entries = 1 + below(MAX_ENTRIES);
        for (size_t i = 0; i < entries; ++i) program_.entries.push_back(entry());
        std::ranges::sort(program_.entries, {}, &Entry::before);
        while (!fits_now()) program_.entries.pop_back();
    }

    Entry entry() {
        using K = Entry::Kind;
        Entry made;
        made.before = chance(2) ? 0 : below(program_.roots.size() + 1);
        made.chain = 1 + below(program_.chains - 1);
        made.kind = pick({K::deposit, K::deposit, K::deposit, K::deposit, K::deposit, K::deposit,
                          K::transaction, K::transaction, K::transaction, K::transaction,
                          K::garbage, K::too_much_gas, K::wrong_nonce, K::wrong_chain, K::root});
        made.to = chance(6) ? Entry::To::receiver : Entry::To::contract;
        if (made.kind == K::deposit && chance(12)) made.to = Entry::To::predeploy;
        do made.target = any_contract();
        while (program_.contracts[made.target].chain != made.chain);
        made.calls = !chance(6);
        made.function = below(64);
        made.argument = below(10);
        made.value = chance(3) ? 0 : 1 + below(7);
        if (chance(8)) made.gas = NO_GAS;
        return made;
    }

    // ---- cutting to size

    static size_t count(const Frame& frame) {
        size_t frames = 1;
        for (const auto& next : frame.frames) frames += count(next);
        return frames;
    }

    /// Returns whether it can be no root: that has all the gas there is, and its answer is compared.
    [[nodiscard]] bool is_no_root(const RootCall& root) const {
        const auto& functions = program_.contracts[root.target].functions;
        const auto& function = functions[root.function % functions.size()];
        return burns(function) || answers_with_gas(function);
    }

    void make_fit() {
        std::erase_if(program_.roots, [&](const RootCall& root) { return is_no_root(root); });
        if (program_.roots.empty())
            program_.roots.push_back({tops_[0].contract, tops_[0].function, 1, 0, false});
        while (!fits_now()) take_out_a_call();
    }

    [[nodiscard]] bool fits_now() const {
        const auto ran = trace_on_one_chain(program_);
        return fits(program_, ran) &&
               std::ranges::all_of(ran.roots,
                                   [](const Frame& root) { return count(root) <= MAX_FRAMES; }) &&
               std::ranges::all_of(ran.entries, [](const RanEntry& entry) {
                   return !entry.frame || count(*entry.frame) <= MAX_FRAMES;
               });
    }

    void take_out_a_call() {
        std::vector<std::pair<Function*, size_t>> calls;
        for (auto& contract : program_.contracts)
            for (auto& function : contract.functions)
                for (size_t i = 0; i < function.size(); ++i)
                    if (is_call(function[i]) || function[i].kind == Kind::create)
                        calls.emplace_back(&function, i);
        const auto& [function, place] = calls[below(calls.size())];
        function->erase(function->begin() + static_cast<ptrdiff_t>(place));
    }

    std::mt19937_64 random_;
    Program program_;
    std::vector<Place> tops_;
};

}  // namespace

Program random_program(uint64_t seed) {
    return Generator{seed}.program();
}

}  // namespace scope::oracle
