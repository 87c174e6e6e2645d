// SPDX-License-Identifier: Apache-2.0
/// The lease table (slots, indexes and wheel) beside a 4-ary heap and libevent's timers.
///
/// What each side does. Ours: finds the lease by its 128-bit id in constant time, checks life and
/// generation, keeps epoch, ref index, phase and teardown queue, and times it. The peers only time
/// an integer: they know neither ids nor ends. The comparison is therefore unfair to us on purpose.
#include <event2/event.h>
#include <event2/event_struct.h>

#include <memory>

#include "core/lease/node_limits.hpp"
#include "tests/bench/heap4.hpp"
#include "tests/bench/table_side.hpp"

namespace grafos::bench {
namespace {

constexpr uint32_t batch_most = 1024;
constexpr uint64_t ttl_long_from = 200'000; // nothing expires while operations are timed
constexpr uint64_t ttl_long_to = 300'000;

/// libevent's timers, without a file descriptor.
class EventSide {
public:
    explicit EventSide(uint32_t count) : base_{make_base()}, events_(count) {
        for (event& timer : events_) {
            evtimer_assign(&timer, base_, on_due, this);
        }
    }
    EventSide(const EventSide&) = delete;
    EventSide& operator=(const EventSide&) = delete;
    ~EventSide() {
        for (event& timer : events_) {
            evtimer_del(&timer);
        }
        event_base_free(base_);
    }
    void add(uint32_t item, uint64_t ms) {
        const timeval after{static_cast<time_t>(ms / 1000),
                            static_cast<suseconds_t>(ms % 1000 * 1000)};
        evtimer_add(&events_[item], &after);
    }
    void remove(uint32_t item) { evtimer_del(&events_[item]); }
    void turn() { event_base_loop(base_, EVLOOP_NONBLOCK); }
    [[nodiscard]] uint64_t fired() const { return fired_; }

private:
    static event_base* make_base() {
        event_config* const config = event_config_new();
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        event_base* const base = event_base_new_with_config(config);
        event_config_free(config);
        return base;
    }
    static void on_due(evutil_socket_t, short, void* self) {
        ++static_cast<EventSide*>(self)->fired_;
    }

    event_base* base_;
    std::vector<event> events_;
    uint64_t fired_ = 0;
};

struct Times {
    double grant = 0;
    double renew = 0;
    double release = 0;
};

/// How far ahead requests are known: the node parks them in its outbox before their point of the
/// turn and tells the table then; a grant's ref is known before its record is sealed.
constexpr uint32_t lookahead = 8;

/// Ours, filled once and used over all rounds. Renewals and releases hit different random leases,
/// so that neither finds the other's cache lines.
class OursAt {
public:
    OursAt(uint32_t count, Random& random) : side_{count}, holders_(count), random_{random} {
        for (Holder& holder : holders_) {
            holder = {side_.grant(TableSide::draw(random_, ttl_long_from, ttl_long_to)), {}};
        }
    }
    Times round(uint32_t operations, bool has_hints) {
        Stopwatch grants, renewals, releases;
        const auto count = static_cast<uint32_t>(holders_.size());
        const uint32_t batch = std::min(batch_most, count / 4);
        std::vector<Holder> chosen(batch);
        std::vector<uint32_t> places(batch);
        std::vector<GrantInput> inputs(batch);
        for (uint32_t done = 0; done < operations; done += batch) {
            choose(places, chosen);
            renewals.start();
            for (uint32_t index = 0; index < batch; ++index) {
                if (has_hints && index + lookahead < batch) {
                    side_.table().prefetch(chosen[index + lookahead].id);
                }
                side_.renew(chosen[index]);
            }
            renewals.stop(batch);
            put_back(places, chosen);
            choose(places, chosen);
            releases.start();
            for (uint32_t index = 0; index < batch; ++index) {
                if (has_hints && index + lookahead < batch) {
                    side_.table().prefetch(chosen[index + lookahead].id);
                }
                side_.release(chosen[index].id);
            }
            releases.stop(batch);
            for (GrantInput& input : inputs) {
                input = TableSide::draw(random_, ttl_long_from, ttl_long_to);
            }
            grants.start();
            for (uint32_t index = 0; index < batch; ++index) {
                if (has_hints && index + 1 < batch) {
                    side_.table().prefetch(inputs[index + 1].ref);
                }
                chosen[index] = {side_.grant(inputs[index]), {}};
            }
            grants.stop(batch);
            put_back(places, chosen);
            side_.now.ms += 1;
            static_cast<void>(side_.turn(lease::large_node.expiries_per_turn_max));
        }
        return {grants.ns_each(), renewals.ns_each(), releases.ns_each()};
    }

private:
    /// Distinct random holders: a stretch from a random place of a list that is shuffled as it
    /// goes.
    void choose(std::vector<uint32_t>& places, std::vector<Holder>& chosen) {
        const auto count = static_cast<uint32_t>(holders_.size());
        const uint64_t from = random_.below(count);
        for (uint32_t index = 0; index < places.size(); ++index) {
            places[index] = static_cast<uint32_t>((from + index) % count);
            std::swap(holders_[places[index]], holders_[random_.below(count)]);
        }
        for (uint32_t index = 0; index < places.size(); ++index) {
            chosen[index] = holders_[places[index]];
        }
    }
    void put_back(const std::vector<uint32_t>& places, const std::vector<Holder>& chosen) {
        for (uint32_t index = 0; index < places.size(); ++index) {
            holders_[places[index]] = chosen[index];
        }
    }

    TableSide side_;
    std::vector<Holder> holders_;
    Random& random_;
};

/// A peer that times integers: the same operations in the same random order.
template <typename Peer>
class PeerAt {
public:
    PeerAt(uint32_t count, Random& random)
        : peer_{count}, order_{shuffled(count, random)}, random_{random} {
        for (const uint32_t item : order_) {
            peer_.insert(item, 1000 + ttl());
        }
    }
    Times round(uint32_t operations) {
        Stopwatch grants, renewals, releases;
        const auto count = static_cast<uint32_t>(order_.size());
        const uint32_t batch = std::min(batch_most, count / 4);
        std::vector<uint64_t> dues(batch);
        for (uint32_t done = 0; done < operations; done += batch) {
            now_ += 1;
            const auto renewed = static_cast<uint32_t>(random_.below(count - batch + 1));
            const auto from = static_cast<uint32_t>(random_.below(count - batch + 1));
            for (uint64_t& due : dues) {
                due = now_ + ttl();
            }
            renewals.start();
            for (uint32_t index = 0; index < batch; ++index) {
                peer_.move(order_[renewed + index], dues[index]);
            }
            renewals.stop(batch);
            releases.start();
            for (uint32_t index = 0; index < batch; ++index) {
                peer_.remove(order_[from + index]);
            }
            releases.stop(batch);
            grants.start();
            for (uint32_t index = 0; index < batch; ++index) {
                peer_.insert(order_[from + index], dues[index]);
            }
            grants.stop(batch);
        }
        return {grants.ns_each(), renewals.ns_each(), releases.ns_each()};
    }

private:
    uint64_t ttl() { return ttl_long_from + random_.below(ttl_long_to - ttl_long_from); }

    Peer peer_;
    std::vector<uint32_t> order_;
    Random& random_;
    uint64_t now_ = 1000;
};

/// libevent in the heap's words; its clock is its own.
class EventAsHeap {
public:
    explicit EventAsHeap(uint32_t count) : side_{count} {}
    void insert(uint32_t item, uint64_t due) { side_.add(item, due); }
    void move(uint32_t item, uint64_t due) { side_.add(item, due); }
    void remove(uint32_t item) { side_.remove(item); }

private:
    EventSide side_;
};

Goal operation_goal(uint32_t count) {
    if (count == 10'000) {
        return {GoalKind::value_at_most, 20};
    }
    return count == 1'000'000 ? Goal{GoalKind::value_at_most, 100} : Goal{};
}

struct OperationTimes {
    std::vector<Times> hinted, plain, heap, libevent;
};

Sample sample_of(const std::vector<Times>& rounds, double Times::* which) {
    Sample sample;
    for (const Times& times : rounds) {
        sample.add(times.*which);
    }
    return sample;
}

void add_operation(Report& report, const char* what, uint32_t count, const OperationTimes& times,
                   double Times::* which) {
    const std::string name{what};
    const Sample heap = sample_of(times.heap, which);
    report.add({"lease", name, count, "ns", sample_of(times.hinted, which), "4-ary heap", heap,
                operation_goal(count)});
    report.add({"lease",
                name + ", without hints",
                count,
                "ns",
                sample_of(times.plain, which),
                "libevent",
                sample_of(times.libevent, which),
                {}});
}

void run_operations(const Options& options, Report& report, uint32_t count) {
    Random random{count};
    OursAt ours{count, random};
    PeerAt<Heap4> heap{count, random};
    PeerAt<EventAsHeap> libevent{count, random};
    const uint32_t operations = options.is_quick ? 16'384 : 131'072;
    static_cast<void>(ours.round(operations, true)); // warm
    static_cast<void>(heap.round(operations));
    static_cast<void>(libevent.round(operations / 8));
    OperationTimes times;
    for (uint32_t round = 0; round < options.rounds; ++round) {
        times.hinted.push_back(ours.round(operations, true));
        times.heap.push_back(heap.round(operations));
        times.plain.push_back(ours.round(operations, false));
        times.libevent.push_back(libevent.round(operations / 4));
    }
    add_operation(report, "grant", count, times, &Times::grant);
    add_operation(report, "renew", count, times, &Times::renew);
    add_operation(report, "release", count, times, &Times::release);
}

/// A tick at which nothing is due.
void run_idle(const Options& options, Report& report, uint32_t count) {
    Random random{7};
    constexpr uint32_t ticks = 20'000;
    TableSide ours{count};
    Heap4 heap{count};
    for (uint32_t item = 0; item < count; ++item) {
        const GrantInput input = TableSide::draw(random, 299'000, 300'000);
        static_cast<void>(ours.grant(input));
        heap.insert(item, 1000 + input.ttl.ms);
    }
    Row row{"lease", "idle tick", count, "ns", {}, "4-ary heap", {}, {GoalKind::ratio_at_most, 5}};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        Stopwatch our_watch, heap_watch;
        const uint64_t from = ours.now.ms;
        our_watch.start();
        for (uint32_t tick = 1; tick <= ticks; ++tick) {
            ours.now.ms = from + tick;
            uint32_t budget = 128;
            if (ours.table().next_due(ours.now, budget).has_value()) {
                std::abort();
            }
            asm volatile("" ::: "memory");
        }
        our_watch.stop(ticks);
        heap_watch.start();
        for (uint32_t tick = 1; tick <= ticks; ++tick) {
            if (heap.take_due(from + tick) != Heap4::none) {
                std::abort();
            }
            asm volatile("" ::: "memory");
        }
        heap_watch.stop(ticks);
        row.ours.add(our_watch.ns_each());
        row.theirs.add(heap_watch.ns_each());
    }
    report.add(row);
}

/// The turns of one kind of run, turn by turn. Every run of a kind does the same work in the same
/// turn, so each turn's least time over the runs is what the work costs, without what else the
/// machine did.
class Turns {
public:
    void add(uint64_t spent_ns, bool is_idle) {
        const uint64_t cost = clock_cost_ns();
        const auto ns = static_cast<double>(spent_ns > cost ? spent_ns - cost : 0);
        if (next_ == least_.size()) {
            least_.push_back(ns);
            is_idle_.push_back(is_idle);
        }
        least_[next_] = std::min(least_[next_], ns);
        ++next_;
        total_ns_ += ns;
        most_ns_ = std::max(most_ns_, ns);
    }
    /// Ends a run.
    void end(Sample& total_ms, Sample& worst_us) {
        total_ms.add(total_ns_ / 1e6);
        worst_us.add(most_ns_ / 1e3);
        next_ = 0;
        total_ns_ = most_ns_ = 0;
    }
    [[nodiscard]] double worst_us(bool idle_only) const {
        double worst = 0;
        for (size_t turn = 0; turn < least_.size(); ++turn) {
            worst = !idle_only || is_idle_[turn] ? std::max(worst, least_[turn]) : worst;
        }
        return worst / 1000;
    }

private:
    std::vector<double> least_;
    std::vector<bool> is_idle_;
    size_t next_ = 0;
    double total_ns_ = 0;
    double most_ns_ = 0;
};

/// TTLs of 1 to 60 s, all renewed once in random order, then a turn a millisecond until all are
/// over.
void our_turns(uint32_t count, Turns& turns) {
    Random random{1};
    TableSide side{count};
    std::vector<Holder> holders(count);
    for (Holder& holder : holders) {
        holder = {side.grant(TableSide::draw(random, 1000, 60'000)), {}};
    }
    side.now.ms += 500;
    for (const uint32_t item : shuffled(count, random)) {
        side.renew(holders[item]);
    }
    while (side.table().live_count() > 0) {
        side.now.ms += 1;
        const uint64_t from = cpu_ns();
        const uint32_t ended = side.turn(lease::large_node.expiries_per_turn_max);
        turns.add(cpu_ns() - from, ended == 0);
    }
}

void heap_turns(uint32_t count, Turns& turns) {
    Random random{1};
    Heap4 heap{count};
    std::vector<uint64_t> ttls(count);
    for (uint32_t item = 0; item < count; ++item) {
        ttls[item] = TableSide::draw(random, 1000, 60'000).ttl.ms;
        heap.insert(item, ttls[item]);
    }
    for (const uint32_t item : shuffled(count, random)) {
        heap.move(item, 500 + ttls[item]);
    }
    uint32_t left = count;
    for (uint64_t now = 501; left > 0; ++now) {
        const uint64_t from = cpu_ns();
        uint32_t ended = 0;
        while (heap.take_due(now) != Heap4::none) {
            ++ended;
        }
        turns.add(cpu_ns() - from, ended == 0);
        left -= ended;
    }
}

Row turn_row(const char* what, uint32_t count, const Turns& ours, const Turns& heap, bool idle_only,
             Goal goal) {
    Row row{"lease", what, count, "us", {}, "4-ary heap", {}, goal};
    row.ours.add(ours.worst_us(idle_only));
    row.theirs.add(heap.worst_us(idle_only));
    return row;
}

void run_turns(const Options& options, Report& report, uint32_t count) {
    Turns ours, heap;
    Row raw{"lease", "the same, worst of any run", count, "us", {}, "4-ary heap", {}, {}};
    Row each{"lease", "refile, expire and free, a lease", count, "ns", {}, "4-ary heap", {}, {}};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        our_turns(count, ours);
        ours.end(each.ours, raw.ours);
        heap_turns(count, heap);
        heap.end(each.theirs, raw.theirs);
    }
    for (Sample* const sample : {&each.ours, &each.theirs}) {
        for (double& value : sample->values) {
            value = value * 1e6 / count;
        }
    }
    report.add(turn_row("worst single turn, budget 128", count, ours, heap, false,
                        {GoalKind::value_at_most, 50}));
    report.add(raw);
    report.add(turn_row("worst turn that ends nothing", count, ours, heap, true, {}));
    report.add(each);
}

/// All leases over in the same millisecond, slots in random order; turns until none is left.
void our_mass(uint32_t count, Turns& turns) {
    Random random{1};
    TableSide side{count};
    std::vector<LeaseId> ids(count);
    for (LeaseId& id : ids) {
        id = side.grant(TableSide::draw(random, 1000, 1000));
    }
    for (const uint32_t item : shuffled(count, random)) {
        side.release(ids[item]);
    }
    for (LeaseId& id : ids) {
        id = side.grant(TableSide::draw(random, 1000, 1000));
    }
    side.now.ms += 1000;
    while (side.table().live_count() > 0) {
        const uint64_t from = cpu_ns();
        static_cast<void>(side.turn(lease::large_node.expiries_per_turn_max));
        turns.add(cpu_ns() - from, false);
    }
}

double heap_mass_ms(uint32_t count) {
    Random random{1};
    Heap4 heap{count};
    for (const uint32_t item : shuffled(count, random)) {
        heap.insert(item, 1000);
    }
    const uint64_t from = cpu_ns();
    while (heap.take_due(1000) != Heap4::none) {}
    return static_cast<double>(cpu_ns() - from) / 1e6;
}

double event_mass_ms(uint32_t count) {
    Random random{1};
    EventSide side{count};
    for (const uint32_t item : shuffled(count, random)) {
        side.add(item, 0);
    }
    const uint64_t from = cpu_ns();
    while (side.fired() < count) {
        side.turn();
    }
    return static_cast<double>(cpu_ns() - from) / 1e6;
}

void run_mass(const Options& options, Report& report, uint32_t count) {
    const Goal goal = count == 100'000 ? Goal{GoalKind::value_at_most, 30} : Goal{};
    Row heap{"lease", "mass expiry, ended and freed", count, "ms", {}, "4-ary heap", {}, goal};
    Row libevent{"lease", "mass expiry, ended and freed", count, "ms", {}, "libevent", {}, {}};
    Row worst{"lease", "worst turn of it, budget 128", count, "us", {}, "",
              {},      {GoalKind::value_at_most, 50}};
    Turns turns;
    Sample raw;
    for (uint32_t round = 0; round < options.rounds; ++round) {
        our_mass(count, turns);
        turns.end(heap.ours, raw);
        heap.theirs.add(heap_mass_ms(count));
        libevent.theirs.add(event_mass_ms(count));
    }
    libevent.ours = heap.ours;
    worst.ours.add(turns.worst_us(false));
    report.add(heap);
    report.add(libevent);
    report.add(worst);
}

} // namespace

void run_lease(const Options& options, Report& report) {
    const uint32_t most = options.is_quick ? 100'000 : 1'000'000;
    for (uint32_t count = 1000; count <= most; count *= 10) {
        run_operations(options, report, count);
    }
    run_idle(options, report, most);
    run_turns(options, report, most);
    run_mass(options, report, 100'000);
    if (!options.is_quick) {
        run_mass(options, report, 1'000'000);
    }
}

} // namespace grafos::bench
