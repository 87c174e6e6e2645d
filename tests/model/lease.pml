// SPDX-License-Identifier: Apache-2.0
// A grantor, two holders and what the network does to them: authority, exclusion, at most once,
// acknowledged is anchored (invariants 1, 2, 4, 5).
//
// Nobody has a clock here: a lease may run out at any moment and a holder may do anything at any
// moment, also long after its lease ended. What holds here holds for every clock, so safety rests on
// epochs, generations, sessions and the log alone. Time is clock.pml's.

#include "bounds.inc"
#include "wire.inc"

#define ALLOC 1
#define RENEW 2
#define WRITE 3
#define FREE 4

// --- the node, volatile: all of this is gone after a crash
byte session[2];      // the live session of each principal; 0: none
byte slot[2];         // the last request number it executed; the window is one, so also the floor
byte slot_waits[2];   // 0 answered, 1 its record is in the open group, 2 in the group in flight
int slot_answer[2];
mtype = {clean, leased, tearing, dirty};
mtype unit = dirty;   // the one unit there is
byte lease_holder, lease_epoch, lease_generation, lease_key;
bool open_group;      // the log has records that are not written yet
bool flight_group;    // … written, not flushed
byte next_epoch = 1;  // above the durable mark; how that is kept is fence.pml's
byte crashes;

// --- what the oracle knows: built from executions and flushes, read by nothing but assertions
byte true_epoch;           // of the live lease, 0: none
byte true_holder, true_generation, highest_epoch;
short effects[2];          // bit (session, request): it took effect
byte true_key[GRANTS + 1]; // of each epoch: holder and key
bool acked_open, acked_flight; // successes sent whose records are not flushed

#define EFFECT(m) (1 << ((SESSION(m) - 1) * REQUESTS + REQUEST(m) - 1))
#define OWNER(h, k) (1 + 2 * (k) + (h))

inline takes_effect(h, m) {
    must(4, (effects[h] & EFFECT(m)) == 0); // at most once
    effects[h] = effects[h] | EFFECT(m)
}

inline record() { open_group = true; has_record = true }

inline end_lease() {
    unit = tearing;
    open_group = true;
    true_epoch = 0;
    lease_holder = 0; lease_generation = 0; lease_key = 0
}

// §3: g and g-1. §4: the token's epoch is the lease's.
inline check_access(m) {
    is_ok = (unit == leased);
#ifndef NO_EPOCH_CHECK
    is_ok = is_ok && X(m) == lease_epoch;
#endif
#ifndef NO_GENERATION_CHECK
    is_ok = is_ok && (Y(m) == lease_generation || Y(m) + 1 == lease_generation);
#endif
}

inline must_have_authority(h, m) {
    must(1, true_epoch != 0 && true_epoch == X(m) && true_holder == h); // authority
    must(1, Y(m) == true_generation || Y(m) + 1 == true_generation); // authority
}

inline grant(h, m) {
    if
    :: unit == leased && lease_holder == h && lease_key == X(m) -> // §2: the same live lease
        is_ok = true; epoch = lease_epoch; generation = lease_generation;
        waits_for_newest = true;
        printf("~ node: ALLOC of h%d again, the lease it has: epoch %d\n", h, epoch)
    :: unit == clean && next_epoch <= GRANTS ->
        printf("~ node: grants h%d epoch %d\n", h, next_epoch);
        takes_effect(h, m);
        must(2, true_epoch == 0); // exclusion
        must(2, next_epoch > highest_epoch); // epochs rise
        is_ok = true; unit = leased;
        lease_holder = h; lease_epoch = next_epoch; lease_generation = 0; lease_key = X(m);
        epoch = next_epoch; generation = 0;
        true_epoch = epoch; true_holder = h; true_generation = 0; highest_epoch = epoch;
        true_key[epoch] = OWNER(h, X(m));
        next_epoch++;
        record()
    :: else -> printf("~ node: refuses ALLOC of h%d\n", h)
    fi
}

inline renew(h, m) {
    check_access(m);
    if
    :: is_ok && Y(m) == lease_generation && lease_generation == RENEWALS ->
        is_ok = false // the model's bound
    :: is_ok && Y(m) == lease_generation && lease_generation < RENEWALS ->
        printf("~ node: renews h%d epoch %d from generation %d\n", h, X(m), Y(m));
        must_have_authority(h, m);
        takes_effect(h, m);
        lease_generation++; true_generation++;
        epoch = lease_epoch; generation = lease_generation;
        record()
    :: is_ok && Y(m) != lease_generation -> // §3: extends nothing, makes no record, answers g
        printf("~ node: RENEW of h%d with generation %d, answers %d\n", h, Y(m), lease_generation);
        must_have_authority(h, m);
        epoch = lease_epoch; generation = lease_generation;
        waits_for_newest = true
    :: else -> printf("~ node: refuses RENEW of h%d, epoch %d generation %d\n", h, X(m), Y(m))
    fi
}

inline write(h, m) {
    check_access(m);
    if
    :: is_ok ->
        printf("~ node: WRITE of h%d, epoch %d generation %d, is applied\n", h, X(m), Y(m));
        must_have_authority(h, m);
        takes_effect(h, m);
        epoch = X(m); generation = Y(m)
    :: else -> printf("~ node: refuses WRITE of h%d, epoch %d generation %d\n", h, X(m), Y(m))
    fi
}

// Proves that it knows the lease's id; the epoch stands for it.
inline free(h, m) {
    if
    :: unit == leased && lease_epoch == X(m) ->
        printf("~ node: FREE of h%d, epoch %d ends\n", h, X(m));
        must(1, true_holder == h); // authority
        takes_effect(h, m);
        is_ok = true; epoch = X(m);
        end_lease();
        record()
    :: else -> printf("~ node: refuses FREE of h%d, epoch %d\n", h, X(m))
    fi
}

inline execute(h, m) {
    is_ok = false; has_record = false; waits_for_newest = false; epoch = 0; generation = 0;
    if
    :: OP(m) == ALLOC -> grant(h, m)
    :: OP(m) == RENEW -> renew(h, m)
    :: OP(m) == WRITE -> write(h, m)
    :: OP(m) == FREE -> free(h, m)
    fi;
    slot[h] = REQUEST(m);
    slot_answer[h] = MESSAGE(OP(m), SESSION(m), REQUEST(m), epoch, generation, 0, is_ok);
#ifdef ANSWER_BEFORE_FLUSH
    slot_waits[h] = 0;
    acked_open = acked_open || has_record;
    printf("~ node: answers at once\n");
#else
    // §5: a success waits for its record, or for the newest one there is.
    slot_waits[h] = (has_record || (waits_for_newest && open_group) -> 1 :
                     (waits_for_newest && flight_group -> 2 : 0));
#endif
    waits = slot_waits[h]
}

inline forget() {
    m = 0; swap = 0; waits = 0; epoch = 0; generation = 0;
    is_ok = false; has_record = false; waits_for_newest = false
}

inline answer(h) { answer_with(h, slot_answer[h]) }

inline hears(h) {
    atomic {
        pick(to_node[h], m);
        if
#ifdef NO_SESSION_CHECK
        :: SESSION(m) != session[h] && session[h] != 0 ->
            execute(h, m);
            if
            :: waits == 0 -> answer(h)
            :: else
            fi
#endif
        :: SESSION(m) == session[h] && REQUEST(m) > slot[h] ->
            execute(h, m);
            if
            :: waits == 0 -> answer(h)
            :: else
            fi
#ifdef NO_FLOOR
        :: SESSION(m) == session[h] && REQUEST(m) < slot[h] ->
            execute(h, m);
            if
            :: waits == 0 -> answer(h)
            :: else
            fi
#endif
        :: SESSION(m) == session[h] && REQUEST(m) == slot[h] && slot_waits[h] == 0 ->
            printf("~ node: hears request %d of h%d again\n", REQUEST(m), h);
#ifdef NO_REPLY_CACHE
            execute(h, m);
#endif
            if
            :: slot_waits[h] == 0 -> answer(h)
            :: else
            fi
        :: else // §2: an unknown session, below the floor, or still executing
        fi;
        forget()
    }
}

inline flushed(h) {
    if
    :: slot_waits[h] == 2 -> slot_waits[h] = 0; answer(h)
    :: else
    fi
}

// The session's end takes its slot along; an answer that waited never leaves.
inline drop_session(h) { slot[h] = 0; slot_waits[h] = 0; slot_answer[h] = 0 }

active proctype node() {
    int m, swap;
    byte epoch, generation, waits;
    bool is_ok, has_record, waits_for_newest;
    do
    :: hears(0)
    :: hears(1)
    :: atomic {
        unit == leased ->
        printf("~ node: epoch %d runs out\n", lease_epoch);
        end_lease()
    }
    :: atomic {
        (unit == tearing || unit == dirty) ->
        printf("~ node: wipes the unit\n");
        unit = clean; lease_epoch = 0
    }
    :: atomic {
        open_group && !flight_group ->
        printf("~ node: writes the group\n");
        open_group = false; flight_group = true;
        acked_flight = acked_open; acked_open = false;
        slot_waits[0] = (slot_waits[0] == 1 -> 2 : slot_waits[0]);
        slot_waits[1] = (slot_waits[1] == 1 -> 2 : slot_waits[1])
    }
    :: atomic {
        flight_group ->
        printf("~ node: flushes\n");
        flight_group = false; acked_flight = false;
        flushed(0); flushed(1)
    }
    :: atomic {
        crashes < CRASHES ->
        if
        :: flight_group ->
            printf("~ node: crashes; the group that was not flushed is lost\n");
            must(5, !acked_open && !acked_flight) // acknowledged is anchored
        :: flight_group ->
            printf("~ node: crashes; the group that was not flushed happens to be whole\n");
            must(5, !acked_open) // acknowledged is anchored
        :: !flight_group ->
            printf("~ node: crashes\n");
            must(5, !acked_open) // acknowledged is anchored
        fi;
        crashes++;
        session[0] = 0; session[1] = 0;
        drop_session(0); drop_session(1);
        unit = dirty; // §6: a restart ends all leases; what they held is not known clean
        lease_holder = 0; lease_epoch = 0; lease_generation = 0; lease_key = 0;
        true_epoch = 0;
        open_group = false; flight_group = false; acked_open = false; acked_flight = false
    }
    od
}

inline lose_lease() { mine = 0; my_generation = 0 }

// What it holds has ended for it: the next grant is asked for under another key.
inline end_of_mine() {
    lose_lease();
    key = (key < KEYS -> key + 1 : key)
}

active [2] proctype holder() {
    byte h = _pid - 1;
    byte my_session, sessions, requests; // sessions it has had; requests sent in this one
    byte mine, my_generation;            // epoch and generation of the lease it believes in
    byte key = 1;
    int m, swap;
    do
    // Opens a session, which names its old one, and that dies at once; also when nothing is wrong.
    :: atomic {
        sessions < (h == 0 -> SESSIONS : SESSIONS_OTHER) ->
        sessions++; my_session = sessions; requests = 0; stops_asking();
        session[h] = my_session;
        drop_session(h);
        if
        :: printf("~ h%d: opens session %d\n", h, my_session)
        :: mine != 0 -> printf("~ h%d: starts anew, opens session %d\n", h, my_session); lose_lease()
        fi
    }
    :: atomic {
        my_session != 0 && asked[h] == 0 && requests < (h == 0 -> REQUESTS : REQUESTS_OTHER) ->
        requests++;
        if
        :: mine == 0 ->
            asked[h] = MESSAGE(ALLOC, my_session, requests, key, 0, 0, 0);
            printf("~ h%d: ALLOC, request %d\n", h, requests)
        :: mine != 0 ->
            asked[h] = MESSAGE(RENEW, my_session, requests, mine, my_generation, 0, 0);
            printf("~ h%d: RENEW, request %d, generation %d\n", h, requests, my_generation)
        :: mine != 0 ->
            asked[h] = MESSAGE(WRITE, my_session, requests, mine, my_generation, 0, 0);
            printf("~ h%d: WRITE, request %d, epoch %d generation %d\n", h, requests, mine,
                   my_generation)
        :: mine != 0 && my_generation > 0 -> // whoever shares the lease has an older token
            asked[h] = MESSAGE(RENEW, my_session, requests, mine, my_generation - 1, 0, 0);
            printf("~ h%d: RENEW, request %d, generation %d\n", h, requests, my_generation - 1)
        :: mine != 0 && my_generation > 1 ->
            asked[h] = MESSAGE(WRITE, my_session, requests, mine, my_generation - 2, 0, 0);
            printf("~ h%d: WRITE, request %d, epoch %d generation %d\n", h, requests, mine,
                   my_generation - 2)
        :: mine != 0 ->
            asked[h] = MESSAGE(FREE, my_session, requests, mine, 0, 0, 0);
            printf("~ h%d: FREE, request %d, epoch %d\n", h, requests, mine)
        fi;
        put(to_node[h], asked[h])
    }
    :: atomic {
        asked[h] != 0 && asked[h] != to_node[h].first && asked[h] != to_node[h].second ->
        printf("~ h%d: sends request %d again\n", h, REQUEST(asked[h]));
        put(to_node[h], asked[h])
    }
    :: atomic { // its patience ends: outcome unknown
        asked[h] != 0 ->
        printf("~ h%d: gives request %d up\n", h, REQUEST(asked[h]));
        stops_asking()
    }
    :: atomic {
        to_holder[h] != 0 ->
        m = to_holder[h];
        must(4, OP(m) == OP(asked[h])); // the answer is that execution's
        if
        :: OP(m) == ALLOC && IS_OK(m) ->
            printf("~ h%d: has epoch %d generation %d\n", h, X(m), Y(m));
            must(4, true_key[X(m)] == OWNER(h, key)); // … and its own
            mine = X(m); my_generation = Y(m)
        :: OP(m) == RENEW && IS_OK(m) ->
            printf("~ h%d: renewed, generation %d\n", h, Y(m));
            my_generation = (Y(m) > my_generation -> Y(m) : my_generation)
        :: OP(m) == FREE -> printf("~ h%d: has let go\n", h); end_of_mine()
        :: OP(m) != ALLOC && OP(m) != FREE && !IS_OK(m) ->
            printf("~ h%d: is told that it is over\n", h);
            end_of_mine()
        :: else
        fi;
        stops_asking();
        m = 0
    }
    od
}
