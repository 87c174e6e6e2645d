// SPDX-License-Identifier: Apache-2.0
// The holder stops first (invariant 3): one lease, two holders that share and renew it, each with a
// clock of its own, and a node that reads its clock once a turn.
//
// Time is a tick that everybody feels. Nobody can see absolute time, so all that is kept are the
// Durations left, which makes time unbounded and the states finite. Within one life of a lease a
// holder's clock may fall behind the node's by DRIFT ticks; one that runs ahead is only more careful.
// Premises of the invariant: no restart, no revoke, no stopped clock; so none is here.

#include "bounds.inc"
#include "wire.inc"

#define ASK 1 // ALLOC if Y is 0, else RENEW of generation Y - 1

#define DRIFT 1
#define NODE_TURN 1
#define OWN_TURN 1
#ifdef NO_MARGIN
#define MARGIN 0
#elif defined(ONE_TURN_MARGIN)
#define MARGIN (DRIFT + NODE_TURN)
#else
#define MARGIN (DRIFT + NODE_TURN + OWN_TURN)
#endif
#define TTL 5

// --- the node
byte left;       // of the lease, at the beginning of this turn
byte lag;        // what has passed since then
byte generation; // 1 + the lease's
bool is_over;
byte slot[2];    // last request executed; the window is one
int slot_answer[2];

// --- the holders, as their clocks have it
byte age[2];   // since the first transmission of what is asked
byte usable[2]; // until its own deadline
byte checked[2]; // 0: no use under way; else 1 + what passed since its check
byte known[2]; // 1 + generation of its token; 0: nothing
byte slips[2];

inline less(value, by) { value = (value > (by) -> value - (by) : 0) }

inline execute(h, m) {
    if
    :: generation == 0 && Y(m) == 0 -> // §2
        generation = 1; left = TTL; is_ok = true;
        printf("~ node: grants, left %d\n", left)
    :: generation != 0 && Y(m) == 0 -> // §2: the same lease, for the same key
        is_ok = left > 0;
        printf("~ node: the lease there is, to h%d, left %d\n", h, left)
    :: Y(m) != 0 && Y(m) == generation && left > 0 && generation <= RENEWALS ->
        generation++; left = TTL; is_ok = true;
        printf("~ node: renews for h%d, left %d\n", h, left)
    :: Y(m) != 0 && Y(m) + 1 == generation && left > 0 -> // §3: extends nothing
        is_ok = true;
        printf("~ node: RENEW of h%d with g-1, left %d\n", h, left)
    :: else -> printf("~ node: refuses h%d\n", h)
    fi;
    slot[h] = REQUEST(m);
    slot_answer[h] = MESSAGE(ASK, 0, REQUEST(m), 0, generation, left, is_ok)
}

inline answer(h) { answer_with(h, slot_answer[h]) }

inline hears(h) {
    atomic {
        !is_over && (to_node[h].first != 0 || to_node[h].second != 0);
        pick(to_node[h], m);
        if
        :: REQUEST(m) > slot[h] -> execute(h, m); answer(h)
        :: REQUEST(m) == slot[h] -> // §2: the same bytes
            printf("~ node: repeats its answer to h%d\n", h);
            answer(h)
        :: else
        fi;
        m = 0; is_ok = false
    }
}

active proctype node() {
    int m, swap;
    bool is_ok;
    do
    :: hears(0)
    :: hears(1)
    :: atomic { // §1: `now` is the turn's
        lag > 0 && !is_over ->
        less(left, lag); lag = 0;
        is_over = generation != 0 && left == 0;
        if
        :: generation == 0
        :: is_over -> printf("~ node: next turn, the lease has run out\n")
        :: generation != 0 && !is_over -> printf("~ node: next turn, left %d\n", left)
        fi
    }
    od
}

inline ages(h) {
    if
    :: age[h] = (age[h] < TTL && asked[h] != 0 -> age[h] + 1 : age[h]);
        less(usable[h], 1)
    :: slips[h] < DRIFT && asked[h] + known[h] > 0 ->
        printf("~     (h%d does not feel it)\n", h);
        slips[h]++
    fi;
    checked[h] = (checked[h] > 0 -> checked[h] + 1 : 0)
}

// A turn of the node takes NODE_TURN at most, and one of a holder OWN_TURN.
active proctype time() {
    do
    :: atomic {
        (lag < NODE_TURN || is_over) && checked[0] <= OWN_TURN && checked[1] <= OWN_TURN;
        printf("~ tick\n");
        lag = (is_over -> 0 : lag + 1);
        ages(0);
        ages(1)
    }
    od
}

active [2] proctype holder() {
    byte h = _pid - 2;
    byte requests;
    int m, swap, deadline;
    do
    :: atomic {
        asked[h] == 0 && requests < (h == 0 -> REQUESTS : REQUESTS_OTHER) && (known[h] == 0 || usable[h] > 0);
        requests++;
        if
        :: known[h] == 0 ->
            printf("~ h%d: ALLOC, request %d\n", h, requests);
            asked[h] = MESSAGE(ASK, 0, requests, 0, 0, 0, 0)
        :: known[h] > 0 ->
            printf("~ h%d: RENEW with g, request %d\n", h, requests);
            asked[h] = MESSAGE(ASK, 0, requests, 0, known[h], 0, 0)
        :: known[h] > 1 ->
            printf("~ h%d: RENEW with an older token, request %d\n", h, requests);
            asked[h] = MESSAGE(ASK, 0, requests, 0, known[h] - 1, 0, 0)
        fi;
        put(to_node[h], asked[h])
    }
    :: atomic {
        asked[h] != 0 ->
        printf("~ h%d: sends request %d again\n", h, REQUEST(asked[h]));
#ifdef DEADLINE_FROM_LAST_SEND
        age[h] = 0;
#endif
        put(to_node[h], asked[h])
    }
    :: atomic {
        asked[h] != 0 ->
        printf("~ h%d: gives request %d up\n", h, REQUEST(asked[h]));
        stops_asking(); age[h] = 0
    }
    :: atomic {
        to_holder[h] != 0 ->
        m = to_holder[h];
        if
        :: IS_OK(m) -> // §1: first transmission + Duration - margin; the largest counts
#ifdef DEADLINE_FROM_REPLY
            deadline = Z(m) - MARGIN;
#else
            deadline = Z(m) - age[h] - MARGIN;
#endif
            known[h] = (Y(m) > known[h] -> Y(m) : known[h]);
            usable[h] = (deadline > usable[h] -> deadline : usable[h]);
            printf("~ h%d: may use it for %d, asked %d ago\n", h, usable[h], age[h])
        :: else -> printf("~ h%d: is refused\n", h)
        fi;
        stops_asking(); age[h] = 0;
        m = 0; deadline = 0
    }
    :: atomic {
        usable[h] > 0 && checked[h] == 0 ->
        printf("~ h%d: checks its deadline: %d left\n", h, usable[h]);
        checked[h] = 1
    }
    :: atomic {
        checked[h] > 0 ->
        printf("~ h%d: uses the lease\n", h);
        must(3, !is_over && left > lag); // holder first
        checked[h] = 0
    }
    od
}
