#include "push/push_inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"

enum { CAPACITY_FIRST = 64, RANDOM_BYTES = FX_PUSH_INBOX_EPOCH_SIZE / 2 };

static const fx_str NAMES[FX_PUSH_INBOX_TOPICS] = {
    {"order", 5}, {"execution", 9}, {"position", 8}, {"wallet", 6}, {"notification", 12}};

fx_str fx_push_inbox_topic_name(enum fx_push_inbox_topic topic)
{
    FX_ASSERT((uint32_t)topic < FX_PUSH_INBOX_TOPICS);
    return NAMES[topic];
}

bool fx_push_inbox_topic_of(fx_str name, enum fx_push_inbox_topic *topic_out)
{
    for (uint32_t index = 0; index < FX_PUSH_INBOX_TOPICS; index++) {
        if (fx_str_is_equal(name, NAMES[index])) {
            *topic_out = (enum fx_push_inbox_topic)index;
            return true;
        }
    }
    return false;
}

void fx_push_inbox_init(struct fx_push_inboxes *inboxes, struct fx_push_inbox_limits limits)
{
    memset(inboxes, 0, sizeof *inboxes);
    fx_table_init(&inboxes->by_user, limits.users_max);
    inboxes->bytes_max = limits.bytes_max;
}

/* ---- entries ---------------------------------------------------------------------------------
 */

static struct fx_push_inbox_entry *entry_at(const struct fx_push_inbox *inbox, uint32_t index)
{
    return &inbox->entries[(inbox->begin + index) % inbox->capacity];
}

static void drop_oldest(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox)
{
    struct fx_push_inbox_entry *entry = entry_at(inbox, 0);
    FX_ASSERT(inbox->count > 0 && entry->seq > inbox->lost_seq);
    inbox->lost_seq = entry->seq;
    inbox->bytes -= entry->frame->size;
    inboxes->bytes -= entry->frame->size;
    fx_net_frame_release(entry->frame);
    inbox->begin = (inbox->begin + 1) % inbox->capacity;
    inbox->count--;
}

static void drop_all(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox)
{
    while (inbox->count > 0) {
        drop_oldest(inboxes, inbox);
    }
    FX_ASSERT(inbox->bytes == 0);
}

/* @return false without memory. */
static bool grow(struct fx_push_inbox *inbox)
{
    const uint32_t capacity = inbox->capacity == 0 ? CAPACITY_FIRST : 2 * inbox->capacity;
    struct fx_push_inbox_entry *entries = calloc(capacity, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    for (uint32_t index = 0; index < inbox->count; index++) {
        entries[index] = *entry_at(inbox, index);
    }
    free(inbox->entries);
    inbox->entries = entries;
    inbox->capacity = capacity;
    inbox->begin = 0;
    return true;
}

/* ---- inboxes ---------------------------------------------------------------------------------
 */

static void unlink_idle(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox)
{
    if (inbox->next_idle != NULL) {
        inbox->next_idle->previous_idle = inbox->previous_idle;
    } else {
        inboxes->idle_last = inbox->previous_idle;
    }
    if (inbox->previous_idle != NULL) {
        inbox->previous_idle->next_idle = inbox->next_idle;
    } else {
        inboxes->idle = inbox->next_idle;
    }
    inbox->next_idle = NULL;
    inbox->previous_idle = NULL;
}

static void link_idle(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox)
{
    inbox->previous_idle = inboxes->idle_last;
    if (inboxes->idle_last != NULL) {
        inboxes->idle_last->next_idle = inbox;
    } else {
        inboxes->idle = inbox;
    }
    inboxes->idle_last = inbox;
}

static void release(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox)
{
    drop_all(inboxes, inbox);
    free(inbox->entries);
    free(inbox);
}

static void drop_idle(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox)
{
    FX_ASSERT(inbox->listener_count == 0);
    const bool was_there = fx_table_remove(&inboxes->by_user, inbox->user_id);
    FX_ASSERT(was_there);
    unlink_idle(inboxes, inbox);
    release(inboxes, inbox);
}

void fx_push_inbox_deinit(struct fx_push_inboxes *inboxes)
{
    uint32_t cursor = 0;
    uint64_t user_id = 0;
    union fx_table_value value;
    while (fx_table_next(&inboxes->by_user, &cursor, &user_id, &value)) {
        release(inboxes, value.pointer);
    }
    fx_table_deinit(&inboxes->by_user);
    FX_ASSERT(inboxes->bytes == 0);
}

struct fx_push_inbox *fx_push_inbox_find(const struct fx_push_inboxes *inboxes, uint64_t user_id)
{
    const union fx_table_value *value = fx_table_find(&inboxes->by_user, user_id);
    return value == NULL ? NULL : value->pointer;
}

static fx_status make_epoch(struct fx_push_inbox *inbox)
{
    static const char DIGITS[] = "0123456789abcdef";
    uint8_t bytes[RANDOM_BYTES];
    const fx_status status = fx_crypto_random(bytes, sizeof bytes);
    for (size_t index = 0; status == FX_OK && index < sizeof bytes; index++) {
        inbox->epoch[2 * index] = DIGITS[bytes[index] >> 4U];
        inbox->epoch[2 * index + 1] = DIGITS[bytes[index] & 15U];
    }
    return status;
}

static fx_status create(struct fx_push_inboxes *inboxes,
                        uint64_t user_id,
                        struct fx_push_inbox **inbox_out)
{
    struct fx_push_inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL) {
        return FX_NO_MEMORY;
    }
    inbox->user_id = user_id;
    fx_status status = make_epoch(inbox);
    if (status == FX_OK) {
        if (inboxes->by_user.count == inboxes->by_user.count_max && inboxes->idle != NULL) {
            drop_idle(inboxes, inboxes->idle);
        }
        const union fx_table_value value = {.pointer = inbox};
        status = fx_table_put(&inboxes->by_user, user_id, value) ? FX_OK : FX_CAPACITY;
    }
    if (status != FX_OK) {
        free(inbox);
        return status;
    }
    *inbox_out = inbox;
    return FX_OK;
}

fx_status fx_push_inbox_enter(struct fx_push_inboxes *inboxes,
                              uint64_t user_id,
                              struct fx_push_inbox **inbox_out)
{
    struct fx_push_inbox *inbox = fx_push_inbox_find(inboxes, user_id);
    if (inbox == NULL) {
        const fx_status status = create(inboxes, user_id, &inbox);
        if (status != FX_OK) {
            return status;
        }
    } else if (inbox->listener_count == 0) {
        unlink_idle(inboxes, inbox);
    }
    inbox->listener_count++;
    *inbox_out = inbox;
    return FX_OK;
}

void fx_push_inbox_leave(struct fx_push_inboxes *inboxes,
                         struct fx_push_inbox *inbox,
                         int64_t now_ms)
{
    FX_ASSERT(inbox->listener_count > 0);
    inbox->listener_count--;
    if (inbox->listener_count == 0) {
        inbox->idle_ms = now_ms;
        link_idle(inboxes, inbox);
    }
}

void fx_push_inbox_sweep(struct fx_push_inboxes *inboxes, int64_t since_ms)
{
    while (inboxes->idle != NULL && inboxes->idle->idle_ms < since_ms) {
        drop_idle(inboxes, inboxes->idle);
    }
}

/* ---- messages --------------------------------------------------------------------------------
 */

uint64_t fx_push_inbox_next(struct fx_push_inbox *inbox,
                            enum fx_push_inbox_topic topic,
                            uint64_t *previous_out)
{
    *previous_out = inbox->topic_seq[topic];
    inbox->seq++;
    inbox->topic_seq[topic] = inbox->seq;
    return inbox->seq;
}

/* What all inboxes hold together has a bound: the longest idle one goes, this one's oldest else. */
static void make_room(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox, uint32_t size)
{
    while (inboxes->bytes + size > inboxes->bytes_max && inboxes->idle != NULL &&
           inboxes->idle != inbox) {
        drop_idle(inboxes, inboxes->idle);
    }
    while (inbox->count > 0 && (inbox->count == FX_PUSH_INBOX_ENTRIES_MAX ||
                                inbox->bytes + size > FX_PUSH_INBOX_BYTES_MAX ||
                                inboxes->bytes + size > inboxes->bytes_max)) {
        drop_oldest(inboxes, inbox);
    }
}

void fx_push_inbox_keep(struct fx_push_inboxes *inboxes,
                        struct fx_push_inbox *inbox,
                        enum fx_push_inbox_topic topic,
                        struct fx_net_frame *frame)
{
    make_room(inboxes, inbox, frame->size);
    const bool is_fitting = frame->size <= FX_PUSH_INBOX_BYTES_MAX &&
                            inboxes->bytes + frame->size <= inboxes->bytes_max;
    if (!is_fitting || (inbox->count == inbox->capacity && !grow(inbox))) {
        fx_push_inbox_break(inboxes, inbox);
        return;
    }
    inbox->count++;
    *entry_at(inbox, inbox->count - 1) = (struct fx_push_inbox_entry){
        .frame = fx_net_frame_acquire(frame), .seq = inbox->seq, .topic = topic};
    inbox->bytes += frame->size;
    inboxes->bytes += frame->size;
}

void fx_push_inbox_break(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox)
{
    drop_all(inboxes, inbox);
    inbox->lost_seq = inbox->seq;
}

bool fx_push_inbox_can_resume(const struct fx_push_inbox *inbox, fx_str epoch, uint64_t seq)
{
    const fx_str own = {inbox->epoch, sizeof inbox->epoch};
    return fx_str_is_equal(epoch, own) && seq <= inbox->seq && seq >= inbox->lost_seq;
}

const struct fx_push_inbox_entry *fx_push_inbox_after(const struct fx_push_inbox *inbox,
                                                      uint64_t seq)
{
    uint32_t low = 0;
    uint32_t high = inbox->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (entry_at(inbox, middle)->seq > seq) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low == inbox->count ? NULL : entry_at(inbox, low);
}
