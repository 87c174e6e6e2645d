// SPDX-License-Identifier: Apache-2.0
// A lock in leased memory: two holders that share a lease add one to a word under it (invariant 9,
// and 4 for its verbs).
//
// Nobody has a clock: a grant's deadline may come at any moment, and a holder may be paused for any
// time before it commits. The home node neither restarts (that ends the lease and wipes its memory)
// nor ends the lease (that only refuses everything). The value doubles as the count of commits, since
// each accepted one adds one.

#include "bounds.inc"
#include "wire.inc"

#define LOCK 1    // X: generation of a commit whose outcome is unknown, Y: nonce
#define COMMIT 2  // X: generation, Y: nonce, Z: the new value
#define RELEASE 3 // the same, and lets go

#define NONCE(h, call) (1 + (h) + 2 * (call))

// --- the home node: sessions, then the header of the lock and the word it protects
byte session[2];
byte slot[2];
int slot_answer[2];
bool is_held, is_late; // is_late: held, but its deadline has passed
byte lock_generation, nonce, last_generation, value;

// --- the oracle
short effects[2];
byte true_owner;              // 1 + who was granted the lock and may still commit; 0: nobody
byte true_generation, true_nonce;
bool applied[2];              // whether the last commit of each that was sent took effect

#define EFFECT(m) (1 << ((SESSION(m) - 1) * REQUESTS + REQUEST(m) - 1))

inline takes_effect(h, m) {
    must(4, (effects[h] & EFFECT(m)) == 0); // at most once
    effects[h] = effects[h] | EFFECT(m)
}

inline lock(h, m) {
    if
    :: is_held && !is_late && nonce == Y(m) -> // the same grant, while it lasts
        printf("~ node: LOCK of h%d again, generation %d\n", h, lock_generation);
        is_ok = true
    :: !is_held || is_late ->
        printf("~ node: locks for h%d, generation %d, value %d\n", h, lock_generation + 1, value);
        takes_effect(h, m);
        must(9, true_owner == 0); // one owner
        is_held = true; is_late = false;
        lock_generation++; nonce = Y(m);
        true_owner = h + 1; true_generation = lock_generation; true_nonce = nonce;
        is_ok = true
    :: else -> printf("~ node: LOCK of h%d has to wait\n", h)
    fi;
    answered = MESSAGE(LOCK, SESSION(m), REQUEST(m), lock_generation,
                       (last_generation < X(m) -> 0 : (last_generation == X(m) -> 1 : 2)), value,
                       is_ok)
}

inline commit(h, m) {
    is_ok = is_held;
#ifndef NO_LOCK_DEADLINE
    is_ok = is_ok && !is_late;
#endif
#ifndef NO_LOCK_PROOF
    is_ok = is_ok && X(m) == lock_generation && Y(m) == nonce;
#endif
    if
    :: is_ok ->
        printf("~ node: commit of h%d, generation %d, value %d, is applied\n", h, X(m), Z(m));
        takes_effect(h, m);
        must(9, true_owner == h + 1); // its own grant, before its deadline
        must(9, X(m) == true_generation && Y(m) == true_nonce); // that grant
        must(9, Z(m) == value + 1); // on top of the commit before it
        value = Z(m);
        last_generation = X(m);
        applied[h] = true;
        if
        :: OP(m) == RELEASE ->
            true_owner = 0;
#ifndef NO_RELEASE
            is_held = false
#endif
        :: else
        fi
    :: else -> printf("~ node: refuses a commit of h%d, generation %d\n", h, X(m))
    fi;
    answered = MESSAGE(OP(m), SESSION(m), REQUEST(m), lock_generation, 0, value, is_ok)
}

inline execute(h, m) {
    if
    :: OP(m) == LOCK -> lock(h, m)
    :: OP(m) != LOCK -> commit(h, m)
    fi;
    slot[h] = REQUEST(m);
    slot_answer[h] = answered;
    answer_with(h, slot_answer[h])
}

inline hears(h) {
    atomic {
        pick(to_node[h], m);
        if
        :: SESSION(m) == session[h] && REQUEST(m) > slot[h] -> execute(h, m)
#ifdef NO_FLOOR
        :: SESSION(m) == session[h] && REQUEST(m) < slot[h] -> execute(h, m)
#endif
        :: SESSION(m) == session[h] && REQUEST(m) == slot[h] ->
            printf("~ node: hears request %d of h%d again\n", REQUEST(m), h);
#ifdef NO_REPLY_CACHE
            execute(h, m)
#else
            answer_with(h, slot_answer[h])
#endif
        :: else // §2: an unknown session, or below the floor
        fi;
        m = 0; is_ok = false; answered = 0
    }
}

active proctype node() {
    int m, swap, answered;
    bool is_ok;
    do
    :: hears(0)
    :: hears(1)
    :: atomic {
        is_held && !is_late ->
        printf("~ node: the deadline of generation %d comes\n", lock_generation);
        is_late = true;
        true_owner = 0
    }
    od
}

// Its next call is another nonce; or it asks again for the same one.
inline end_of_call() {
    holds = 0;
    if
    :: call < CALLS - 1 -> call++; unknown = 0
    :: true
    fi
}

// §2: sent and never answered is `disconnected`: outcome unknown, never "not executed".
inline gives_up() {
    unknown = (asked[h] != 0 && OP(asked[h]) != LOCK -> X(asked[h]) : unknown);
    holds = (asked[h] != 0 && OP(asked[h]) != LOCK -> 0 : holds);
    stops_asking()
}

// §7: what the header says of a commit that nobody answered. Two commits later it says nothing.
inline resolve(m) {
    if
    :: unknown == 0
    :: unknown != 0 && Y(m) == 0 ->
        printf("~ h%d: learns that its commit did not count\n", h);
        must(4, !applied[h]) // a lost answer is resolved right
    :: unknown != 0 && Y(m) == 1 ->
        printf("~ h%d: learns what became of its commit\n", h);
        must(4, applied[h] == (Z(m) > my_value)) // a lost answer is resolved right
    :: unknown != 0 && Y(m) == 2 ->
        printf("~ h%d: others have committed since\n", h);
#ifdef LITERAL_RESOLUTION
        must(4, !applied[h]) // a lost answer is resolved right
#endif
    fi;
    unknown = 0
}

active [2] proctype holder() {
    byte h = _pid - 1;
    byte my_session, sessions, requests, call;
    byte holds, my_value; // generation of the grant it believes in; the value it knows
    byte unknown;         // generation of a commit whose outcome is unknown
    int m, swap;
    do
    :: atomic {
        sessions < (h == 0 -> SESSIONS : SESSIONS_OTHER) ->
        gives_up();
        sessions++; my_session = sessions; requests = 0;
        session[h] = my_session; slot[h] = 0; slot_answer[h] = 0;
        printf("~ h%d: opens session %d\n", h, my_session)
    }
    :: atomic {
        my_session != 0 && asked[h] == 0 && requests < (h == 0 -> REQUESTS : REQUESTS_OTHER) ->
        requests++;
        if
        :: holds == 0 ->
            asked[h] = MESSAGE(LOCK, my_session, requests, unknown, NONCE(h, call), 0, 0);
            printf("~ h%d: LOCK, request %d, nonce %d\n", h, requests, NONCE(h, call))
        :: holds != 0 ->
            asked[h] = MESSAGE(COMMIT, my_session, requests, holds, NONCE(h, call), my_value + 1, 0);
            printf("~ h%d: COMMIT, request %d, value %d\n", h, requests, my_value + 1);
            applied[h] = false
        :: holds != 0 ->
            asked[h] = MESSAGE(RELEASE, my_session, requests, holds, NONCE(h, call), my_value + 1, 0);
            printf("~ h%d: COMMIT and let go, request %d, value %d\n", h, requests, my_value + 1);
            applied[h] = false
        fi;
        put(to_node[h], asked[h])
    }
    :: atomic {
        asked[h] != 0 && asked[h] != to_node[h].first && asked[h] != to_node[h].second ->
        printf("~ h%d: sends request %d again\n", h, REQUEST(asked[h]));
        put(to_node[h], asked[h])
    }
    :: atomic {
        asked[h] != 0 ->
        printf("~ h%d: gives request %d up\n", h, REQUEST(asked[h]));
        gives_up()
    }
    :: atomic {
        to_holder[h] != 0 ->
        m = to_holder[h];
        must(4, OP(m) == OP(asked[h])); // the answer is that execution's
        if
        :: OP(m) == LOCK ->
            resolve(m);
            if
            :: IS_OK(m) ->
                printf("~ h%d: holds generation %d, value %d\n", h, X(m), Z(m));
                holds = X(m); my_value = Z(m)
            :: else
            fi
        :: OP(m) == COMMIT && IS_OK(m) -> my_value = Z(m)
        :: OP(m) == RELEASE && IS_OK(m) -> printf("~ h%d: has let go\n", h); end_of_call()
        :: else -> printf("~ h%d: is told that it was too late\n", h); end_of_call()
        fi;
        stops_asking();
        m = 0
    }
    od
}
