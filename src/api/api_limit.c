/* A bucket is one number: when it would be full again (the "theoretical arrival time" of the cell
 * rate algorithm of ATM networks). Taking weight moves that moment on; it may lie at most the
 * burst's worth of time ahead. Nothing has to be refilled, and two tasks never race for a bucket.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_limit_int.h"
#include "base/panic.h"

enum {
    WAYS = 8,
    ENTRY_SIZE = 64,
    MS_PER_S = 1000,
    LEVEL_MAX = 16,
    DOUBLINGS_MAX = 31,
    FORGIVEN_S = 3600 /* without a strike: the next ban is a first one */
};

static const int64_t NS_PER_S = 1000000000;
static const int64_t NS_PER_MS = 1000000;

struct fx_api_limit_entry {
    uint64_t caller; /* 0: free */
    int64_t full_ns[FX_API_LIMIT_CLASSES];
    uint32_t seen; /* tick of the table: smaller is longer ago */
    uint32_t banned_until_s;
    uint32_t struck_s; /* when strikes was right */
    uint16_t strikes;
    uint16_t level; /* bans so far */
};

struct fx_api_limit {
    struct fx_api_limit_entry *entries;
    uint32_t set_mask;
    uint32_t tick;
};

struct fx_api_limit *fx_api_limit_create(uint32_t entry_count)
{
    _Static_assert(sizeof(struct fx_api_limit_entry) == ENTRY_SIZE, "one cache line");
    FX_ASSERT(entry_count >= WAYS && entry_count <= FX_API_LIMIT_ENTRIES_MAX);
    FX_ASSERT((entry_count & (entry_count - 1)) == 0);
    struct fx_api_limit *limit = calloc(1, sizeof *limit);
    if (limit == NULL) {
        return NULL;
    }
    limit->entries = aligned_alloc(ENTRY_SIZE, (size_t)entry_count * ENTRY_SIZE);
    if (limit->entries == NULL) {
        free(limit);
        return NULL;
    }
    memset(limit->entries, 0, (size_t)entry_count * ENTRY_SIZE);
    limit->set_mask = entry_count / WAYS - 1;
    return limit;
}

void fx_api_limit_destroy(struct fx_api_limit *limit)
{
    if (limit != NULL) {
        free(limit->entries);
        free(limit);
    }
}

static uint32_t second_of(int64_t now_ms)
{
    return (uint32_t)(now_ms / MS_PER_S);
}

/* True where `one` should give way before `other`. The tick wraps; differences do not. */
static bool is_worse(const struct fx_api_limit *limit,
                     const struct fx_api_limit_entry *one,
                     const struct fx_api_limit_entry *other,
                     uint32_t now_s)
{
    const bool is_one_banned = one->banned_until_s > now_s;
    const bool is_other_banned = other->banned_until_s > now_s;
    if (is_one_banned != is_other_banned) {
        return is_other_banned;
    }
    return limit->tick - one->seen > limit->tick - other->seen;
}

struct fx_api_limit_entry *fx_api_limit_find(
    struct fx_api_limit *limit,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a caller and a time
    uint64_t caller,
    int64_t now_ms)
{
    FX_ASSERT(caller != 0);
    const uint32_t now_s = second_of(now_ms);
    struct fx_api_limit_entry *set =
        &limit->entries[(size_t)((uint32_t)caller & limit->set_mask) * WAYS];
    struct fx_api_limit_entry *place = &set[0];
    limit->tick++;
    for (uint32_t way = 0; way < WAYS; way++) {
        struct fx_api_limit_entry *entry = &set[way];
        if (entry->caller == caller) {
            entry->seen = limit->tick;
            return entry;
        }
        if (place->caller != 0 && (entry->caller == 0 || is_worse(limit, entry, place, now_s))) {
            place = entry;
        }
    }
    memset(place, 0, sizeof *place);
    place->caller = caller;
    place->seen = limit->tick;
    return place;
}

static uint32_t seconds_up(int64_t duration_ns)
{
    return duration_ns <= 0 ? 0 : (uint32_t)((duration_ns + NS_PER_S - 1) / NS_PER_S);
}

/* @return when the bucket would be full after taking `weight`, and what that leaves. */
static int64_t judge(int64_t full_ns,
                     struct fx_api_limit_rate rate,
                     // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a weight and a time
                     uint32_t weight,
                     int64_t now_ns,
                     struct fx_api_limit_room *room)
{
    const int64_t unit_ns = NS_PER_S / rate.per_s;
    const int64_t burst_ns = unit_ns * rate.burst;
    const int64_t wanted_ns = unit_ns * weight;
    const int64_t cost_ns = wanted_ns < burst_ns ? wanted_ns : burst_ns;
    const int64_t used_ns = full_ns > now_ns ? full_ns - now_ns : 0;
    const int64_t over_ns = used_ns + cost_ns - burst_ns;
    const int64_t left_ns = over_ns > 0 ? used_ns : used_ns + cost_ns;
    room->retry_s = seconds_up(over_ns);
    room->reset_s = seconds_up(left_ns);
    room->remaining = left_ns >= burst_ns ? 0 : (uint32_t)((burst_ns - left_ns) / unit_ns);
    return now_ns + left_ns;
}

/* What judge() says of a bucket of the entry; without a rate it is never full. */
static int64_t look(const struct fx_api_limit_entry *entry,
                    uint32_t class_index,
                    struct fx_api_limit_rate rate,
                    uint32_t weight,
                    int64_t now_ms,
                    struct fx_api_limit_room *room_out)
{
    FX_ASSERT(class_index < FX_API_LIMIT_CLASSES);
    const int64_t full_ns = entry->full_ns[class_index];
    memset(room_out, 0, sizeof *room_out);
    return rate.per_s == 0 ? full_ns : judge(full_ns, rate, weight, now_ms * NS_PER_MS, room_out);
}

bool fx_api_limit_fits(const struct fx_api_limit_entry *entry,
                       uint32_t class_index,
                       struct fx_api_limit_rate rate,
                       uint32_t weight,
                       int64_t now_ms,
                       struct fx_api_limit_room *room_out)
{
    (void)look(entry, class_index, rate, weight, now_ms, room_out);
    return room_out->retry_s == 0;
}

bool fx_api_limit_take(struct fx_api_limit_entry *entry,
                       uint32_t class_index,
                       struct fx_api_limit_rate rate,
                       uint32_t weight,
                       int64_t now_ms,
                       struct fx_api_limit_room *room_out)
{
    entry->full_ns[class_index] = look(entry, class_index, rate, weight, now_ms, room_out);
    return room_out->retry_s == 0;
}

bool fx_api_limit_strike(struct fx_api_limit_entry *entry,
                         const struct fx_api_limit_ban *ban,
                         int64_t now_ms)
{
    const uint32_t now_s = second_of(now_ms);
    const uint64_t passed_s = now_s > entry->struck_s ? now_s - entry->struck_s : 0;
    if (ban->strikes == 0) {
        return false;
    }
    if (passed_s > FORGIVEN_S) {
        entry->level = 0;
    }
    const uint64_t forgiven = passed_s * ban->decay_per_s;
    const uint32_t strikes = forgiven < entry->strikes ? entry->strikes - (uint32_t)forgiven : 0;
    entry->struck_s = now_s;
    entry->strikes = (uint16_t)(strikes < UINT16_MAX ? strikes + 1 : UINT16_MAX);
    if (entry->strikes < ban->strikes) {
        return false;
    }
    const uint64_t wanted_s = (uint64_t)ban->first_s << entry->level;
    const uint32_t ban_s = wanted_s < ban->longest_s ? (uint32_t)wanted_s : ban->longest_s;
    entry->banned_until_s = now_s + ban_s;
    entry->struck_s = entry->banned_until_s; /* the hour of grace begins behind the ban */
    entry->strikes = 0;
    if (entry->level < LEVEL_MAX) {
        entry->level++;
    }
    return true;
}

bool fx_api_limit_fail(struct fx_api_limit_entry *entry,
                       const struct fx_api_limit_delay *delay,
                       int64_t now_ms)
{
    const uint32_t now_s = second_of(now_ms);
    if (now_s > entry->struck_s && now_s - entry->struck_s > delay->forget_s) {
        entry->strikes = 0;
    }
    entry->struck_s = now_s;
    if (entry->strikes < UINT16_MAX) {
        entry->strikes++;
    }
    if (entry->strikes <= delay->free) {
        return false;
    }
    const uint32_t over = entry->strikes - delay->free;
    const uint64_t wanted_s = 1ULL << (over < DOUBLINGS_MAX ? over : DOUBLINGS_MAX);
    entry->banned_until_s =
        now_s + (wanted_s < delay->longest_s ? (uint32_t)wanted_s : delay->longest_s);
    return true;
}

void fx_api_limit_forgive(struct fx_api_limit_entry *entry, uint32_t count)
{
    const uint32_t left = count < entry->strikes ? entry->strikes - count : 0;
    entry->strikes = (uint16_t)left;
    if (left == 0) {
        entry->banned_until_s = 0;
    }
}

void fx_api_limit_take_back(struct fx_api_limit_entry *entry)
{
    entry->strikes = (uint16_t)(entry->strikes > 0 ? entry->strikes - 1 : 0);
    entry->banned_until_s = 0;
}

uint32_t fx_api_limit_banned_s(const struct fx_api_limit_entry *entry, int64_t now_ms)
{
    const uint32_t now_s = second_of(now_ms);
    return entry->banned_until_s > now_s ? entry->banned_until_s - now_s : 0;
}
