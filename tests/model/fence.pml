// SPDX-License-Identifier: Apache-2.0
// One node, one unit of its disk, its log and an operator, with crashes at any point: exclusion over
// boots, acknowledged is anchored, a fence holds, no residue (invariants 2, 5, 7, 8).
//
// No network: whoever asks, asks here. A log is what a replay of it would say: how many records,
// which fence, the epoch mark, and what the last record about it says of the unit. There are three
// of it: as the node has it now, as the group in flight will leave it, and as it is flushed. Beside
// it a checkpoint says whether the unit was clean, and counts for what no later record says.

#include "bounds.inc"

#define CHUNK 1 // epochs that a group makes usable ahead

#ifdef NO_EPOCH_MARK
#define HAS_EPOCH true
#else
#define HAS_EPOCH (next_epoch < disk.mark)
#endif
#ifdef CELL_BEFORE_GROUP
#define MAY_WRITE_CELL true
#else
#define MAY_WRITE_CELL (disk.records >= new_cell.records)
#endif
#ifdef EXPORT_UNANCHORED
#define EXPORTABLE here.records
#else
#define EXPORTABLE disk.records
#endif
#ifdef NO_DRAIN
#define IS_DRAINED true
#else
#define IS_DRAINED (!is_pinned)
#endif

typedef Log {
    byte records;
    byte fence; // sequence of the record that fenced the unit; 0: none
    byte mark;  // epochs below it may be used
    byte last;  // sequence of the last grant, fence or clear …
    bool is_clean; // … and what it makes of the unit
};
Log here;   // volatile
Log flight; // written, not flushed
Log disk;   // flushed
bool in_flight;

typedef Cell {
    byte records; // that it covers
    bool is_clean;
};
Cell new_cell;
Cell cell; // flushed
mtype = {idle, taken, written};
mtype cell_step = idle;

// --- the node, volatile
mtype = {clean, leased, tearing, wiping, fenced, clearing, dirty};
mtype unit = dirty;
bool is_up, is_clear; // is_clear: the wipe under way is a clear's
bool is_pinned;       // an operation of this boot is in flight
byte boot_record, next_epoch, epoch;
byte waits;    // record that the answer to the grant waits for; 0: answered
byte end_waits; // … to the last release or clear, likewise

// --- the device
byte written_by;     // a write is in flight, of the lease with this epoch; 0: none
byte content;        // 0: zeroes; else the epoch that wrote it
byte stable_content; // what a power cut certainly leaves

// --- the oracle
byte seen; // the highest sequence that an answer or an export has shown to anybody
byte highest_epoch, grants, crashes, failures, clears;
byte held;                 // the fence that must hold; 0: none
bool is_firm, will_be_firm; // it, or the group with it, is flushed

#define IS_KNOWN_CLEAN (cell.records >= disk.last -> cell.is_clean : disk.is_clean)

inline keep_cell() {
    cell.records = new_cell.records; cell.is_clean = new_cell.is_clean;
    new_cell.records = 0; new_cell.is_clean = false;
    cell_step = idle
}

inline forget_flight() {
    in_flight = false; will_be_firm = false;
    flight.records = 0; flight.fence = 0; flight.mark = 0; flight.is_clean = false; flight.last = 0
}

inline take_flight() {
    disk.records = flight.records; disk.fence = flight.fence; disk.mark = flight.mark;
    disk.is_clean = flight.is_clean; disk.last = flight.last;
    is_firm = is_firm || will_be_firm
}

inline record() {
    here.records++;
    must(5, here.records > seen) // no sequence has two contents
}

inline reveal(r) { seen = (r > seen -> r : seen) }

inline fence_it() {
    failures++;
    unit = fenced; is_clear = false;
#ifdef NO_FENCE_RECORD
    held = 1; // in memory only
#else
    record();
    here.fence = here.records; here.is_clean = false; here.last = here.records;
    held = here.fence;
#endif
    is_firm = false; will_be_firm = false;
    printf("~ node: fences the unit, fence %d\n", held)
}

inline cleared() {
    record();
    here.is_clean = true; here.fence = 0; here.last = here.records;
    end_waits = here.records;
    next_epoch++
}

active proctype node() {
    byte named; // by the operator, in the clear under way
    disk.mark = 1;
    do
    :: atomic { // boot: reset the device, read the log, seal a boot record
        !is_up ->
#ifndef NO_BOOT_RESET
        written_by = 0; // late or never
#endif
        if
        :: in_flight -> take_flight();
            printf("~ node: boots, the last group is whole\n")
        :: true -> printf("~ node: boots from %d records\n", disk.records)
        fi;
        if
        :: cell_step == written -> keep_cell()
        :: true -> new_cell.records = 0; new_cell.is_clean = false; cell_step = idle
        fi;
        forget_flight();
        stable_content = content; // it is flushed before what was read is trusted
        must(5, disk.records >= seen); // acknowledged is anchored
        must(5, disk.records >= cell.records); // never taken for corrupt
#ifndef LITERAL_FENCE
        held = (is_firm -> held : 0); // a failure that nobody wrote down is forgotten
#endif
        here.records = disk.records; here.fence = disk.fence; here.mark = disk.mark;
        here.is_clean = disk.is_clean; here.last = disk.last;
        next_epoch = disk.mark;
        unit = (disk.fence != 0 -> fenced : (IS_KNOWN_CLEAN -> clean : dirty));
        is_up = true;
        record();
        boot_record = here.records
    }
    :: atomic {
        is_up && !in_flight && here.records > disk.records ->
        printf("~ node: writes the group up to record %d\n", here.records);
#ifndef NO_EPOCH_MARK
        here.mark = next_epoch + CHUNK;
#endif
        flight.records = here.records; flight.fence = here.fence; flight.mark = here.mark;
        flight.is_clean = here.is_clean; flight.last = here.last;
        will_be_firm = held != 0;
        in_flight = true
    }
    :: atomic {
        is_up && cell_step == idle && here.records == (in_flight -> flight.records : disk.records) &&
            here.records > cell.records ->
        printf("~ node: takes a checkpoint of record %d, the unit is clean: %d\n", here.records,
               unit == clean);
        new_cell.records = here.records; new_cell.is_clean = (unit == clean);
        cell_step = taken
    }
    :: atomic {
        is_up && cell_step == taken && MAY_WRITE_CELL ->
        printf("~ node: writes the checkpoint\n");
        cell_step = written
    }
    :: atomic {
        is_up && (in_flight || cell_step == written) ->
        printf("~ node: flushes\n");
        stable_content = content;
        if
        :: in_flight -> take_flight(); forget_flight()
        :: else
        fi;
        if
        :: cell_step == written -> keep_cell()
        :: else
        fi;
        if
        :: waits != 0 && waits <= disk.records ->
            printf("~ node: answers the grant of epoch %d\n", epoch);
            reveal(waits); waits = 0
        :: else
        fi;
        if
        :: end_waits != 0 && end_waits <= disk.records ->
            printf("~ node: answers the release, or the clear\n");
            reveal(end_waits); end_waits = 0
        :: else
        fi
    }
    :: atomic {
        is_up && seen < EXPORTABLE ->
        seen = EXPORTABLE;
        printf("~ node: exports up to record %d\n", seen)
    }
    :: atomic {
        is_up && unit == clean && disk.records >= boot_record && grants < GRANTS && HAS_EPOCH ->
        grants++;
        printf("~ node: grants epoch %d\n", next_epoch);
        must(2, next_epoch > highest_epoch); // epochs rise
        must(7, held == 0); // fence holds
        unit = leased; epoch = next_epoch; highest_epoch = epoch;
        next_epoch++;
        record();
        here.is_clean = false; here.last = here.records;
        waits = here.records;
#ifdef ANSWER_BEFORE_FLUSH
        printf("~ node: answers at once\n");
        reveal(waits); waits = 0
#endif
    }
    :: atomic {
        is_up && unit == leased ->
        printf("~ node: epoch %d ends\n", epoch);
        unit = tearing; waits = 0; epoch = 0;
        record();
        end_waits = here.records
    }
    :: atomic { // drain, then wipe; also what boot left
        is_up && (unit == tearing || unit == clearing || unit == dirty) && IS_DRAINED ->
        printf("~ node: begins to wipe\n");
        is_clear = unit == clearing;
        unit = wiping
    }
    :: atomic { // its deadline has come
        is_up && (unit == tearing || unit == clearing) && is_pinned ->
        if
        :: printf("~ node: resets the device\n"); written_by = 0; is_pinned = false
        :: failures < FAILURES -> printf("~ node: it is not drained\n"); fence_it()
        fi
    }
    :: atomic {
        is_up && unit == wiping && (!is_clear || HAS_EPOCH) ->
        printf("~ node: has wiped\n");
#ifndef NO_ZEROING
        content = 0;
#ifndef NO_WIPE_FLUSH
        stable_content = 0; // only flushed it is done
#endif
#endif
        if
        :: is_clear -> // it lifts the fence that its operator named, and no other
            cleared();
            is_clear = false;
            held = (named == held -> 0 : held);
            is_firm = is_firm && held != 0;
            named = 0
        :: else
        fi;
        unit = clean
    }
    :: atomic {
        is_up && unit == wiping && failures < FAILURES ->
        printf("~ node: the wipe fails\n");
        fence_it()
    }
    :: atomic { // FENCE_CLEAR; the operator may have an old list
        is_up && unit == fenced && clears < CLEARS && HAS_EPOCH ->
        clears++;
        if
        :: named = here.fence
#ifdef CLEAR_ANY_FENCE
        :: here.fence > 1 -> named = here.fence - 1
#endif
        fi;
        printf("~ operator: clears fence %d\n", named);
#ifdef CLEAR_WITHOUT_TEARDOWN
        cleared();
        unit = clean
#else
        unit = clearing
#endif
    }
    :: atomic {
        is_up && crashes < CRASHES ->
        printf("~ node: crashes\n");
        crashes++;
        if
        :: true
        :: content = stable_content
        fi;
        is_up = false; is_clear = false; is_pinned = false; named = 0;
        unit = dirty; epoch = 0; waits = 0; end_waits = 0; next_epoch = 0; boot_record = 0;
        here.records = 0; here.fence = 0; here.mark = 0; here.is_clean = false; here.last = 0
    }
    od
}

// The holder, once it knows that it has the lease.
active proctype holder() {
    do
    :: atomic {
        unit == leased && waits == 0 && written_by == 0 ->
        printf("~ holder: starts a write, epoch %d\n", epoch);
        written_by = epoch; is_pinned = true
    }
    :: atomic {
        unit == leased && waits == 0 ->
        printf("~ holder: reads what epoch %d wrote\n", content);
        must(8, content == 0 || content == epoch) // no residue
    }
    od
}

// Late or not: also while the node is down, or is at something else.
active proctype device() {
    do
    :: atomic {
        written_by != 0 ->
        printf("~ device: the write of epoch %d arrives\n", written_by);
        content = written_by; written_by = 0; is_pinned = false
    }
    od
}
