/* Hashes of the state: engines of one log that differ must not go on as if nothing were wrong. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "wire/wire_topic_out.h"
#include "worker/worker_lead_int.h"

enum { READ_MAX = 16, HEX_BASE = 16, HEX_DIGITS = 16 };

static struct fx_worker_lead_hash *slot_of(struct fx_worker_lead *lead, uint64_t sequence)
{
    struct fx_worker_lead_hash *oldest = &lead->hashes[0];
    for (uint32_t index = 0; index < FX_WORKER_LEAD_HASHES; index++) {
        struct fx_worker_lead_hash *hash = &lead->hashes[index];
        if (hash->sequence == sequence) {
            return hash;
        }
        if (hash->sequence < oldest->sequence) {
            oldest = hash;
        }
    }
    memset(oldest, 0, sizeof *oldest);
    oldest->sequence = sequence;
    return oldest;
}

static void alarm_of(struct fx_worker_lead *lead, const struct fx_worker_lead_hash *hash)
{
    atomic_fetch_add_explicit(&lead->hashes_differed, 1, memory_order_relaxed);
    lead->is_alarmed = true;
    lead->alarm_next = 0; /* whatever somebody opened again meanwhile */
    FX_LOG(FX_LOG_ERROR,
           "lead",
           "two engines of this log differ: only cancels are taken until somebody has looked",
           fx_log_u64("seq", hash->sequence),
           fx_log_u64("own", hash->own),
           fx_log_u64("other", hash->other));
}

static void compare(struct fx_worker_lead *lead, struct fx_worker_lead_hash *hash)
{
    if (!hash->has_own || !hash->has_other) {
        return;
    }
    atomic_fetch_add_explicit(&lead->hashes_compared, 1, memory_order_relaxed);
    if (hash->own != hash->other) {
        alarm_of(lead, hash);
    }
    hash->has_other = false; /* the next engine's */
}

void fx_worker_lead_hash_take(struct fx_worker_lead *lead, uint64_t sequence)
{
    const uint64_t every = lead->options.hash_commands;
    if (lead->is_recovering || sequence / every == lead->hash_sequence / every) {
        lead->hash_sequence = sequence;
        return;
    }
    lead->hash_sequence = sequence;
    struct fx_worker_lead_hash *hash = slot_of(lead, sequence);
    hash->own = fx_engine_hash(fx_worker_follow_engine(lead->follow));
    hash->has_own = true;
    char text[HEX_DIGITS + 1];
    (void)snprintf(text, sizeof text, "%016" PRIx64, hash->own);
    fx_buf_clear(&lead->small);
    fx_buf_append_byte(&lead->small, '{');
    fx_json_add_str(&lead->small, FX_STR("shard"), lead->options.shard);
    fx_json_add_str(&lead->small, FX_STR("node"), fx_ids_client_id_str(&lead->node));
    fx_json_add_int(&lead->small, FX_STR("rules"), FX_WORKER_LEAD_RULES);
    fx_json_add_id(&lead->small, FX_STR("epoch"), lead->epoch);
    fx_json_add_id(&lead->small, FX_STR("inputOffset"), sequence - 1 - lead->base);
    fx_json_add_str(&lead->small, FX_STR("hash"), fx_str_of(text));
    fx_buf_append_byte(&lead->small, '}');
    (void)fx_worker_lead_publish_small(lead, lead->options.hashes);
    compare(lead, hash);
}

static bool parse_hex(fx_str text, uint64_t *value_out)
{
    uint64_t value = 0;
    for (size_t index = 0; index < text.size; index++) {
        const char byte = text.data[index];
        const bool is_letter = byte >= 'a' && byte <= 'f';
        if (!is_letter && (byte < '0' || byte > '9')) {
            return false;
        }
        value = value * HEX_BASE + (uint64_t)(is_letter ? byte - 'a' + 10 : byte - '0');
    }
    *value_out = value;
    return text.size == HEX_DIGITS;
}

/* What somebody wrote there is no reason to fall over. */
static void read_one(struct fx_worker_lead *lead, fx_str value)
{
    struct fx_json *json = &lead->json;
    uint64_t offset = 0;
    uint64_t other = 0;
    if (fx_json_parse(json, value) != FX_OK || json->tokens[0].kind != FX_JSON_OBJECT) {
        return;
    }
    const struct fx_json_token *root = &json->tokens[0];
    const struct fx_json_token *node = fx_json_member(json, root, FX_STR("node"));
    const struct fx_json_token *at = fx_json_member(json, root, FX_STR("inputOffset"));
    const struct fx_json_token *hash = fx_json_member(json, root, FX_STR("hash"));
    const struct fx_json_token *rules = fx_json_member(json, root, FX_STR("rules"));
    const fx_str own = fx_ids_client_id_str(&lead->node);
    uint64_t version = 0;
    if (node == NULL || at == NULL || hash == NULL || fx_str_is_equal(node->text, own) ||
        rules == NULL || !fx_str_parse_u64(rules->text, &version) ||
        !fx_str_parse_u64(at->text, &offset) || !parse_hex(hash->text, &other)) {
        return;
    }
    if (version != FX_WORKER_LEAD_RULES) {
        FX_LOG(FX_LOG_ERROR,
               "lead",
               "an engine of other rules follows this log: its state cannot be compared",
               fx_log_str("node", node->text),
               fx_log_u64("rules", version));
        return;
    }
    struct fx_worker_lead_hash *known = slot_of(lead, offset + 1 + lead->base);
    if (known->has_other && known->other != other) {
        alarm_of(lead, known); /* one of them is wrong, whatever this one is going to say */
    }
    known->other = other;
    known->has_other = true;
    compare(lead, known);
}

int fx_worker_lead_hash_read(struct fx_worker_lead *lead)
{
    struct fx_bus_record records[READ_MAX];
    uint32_t count = 0;
    if (lead->hash_reader == NULL ||
        fx_bus_reader_poll(lead->hash_reader, 0, records, READ_MAX, &count) != FX_OK) {
        return 0;
    }
    for (uint32_t index = 0; index < count; index++) {
        read_one(lead, records[index].value);
    }
    return (int)count;
}

/* In the log, so that every follower is of one mind about it. */
void fx_worker_lead_hash_alarm(struct fx_worker_lead *lead)
{
    if (!lead->is_alarmed || lead->state != FX_WORKER_LEAD_LEADING) {
        return;
    }
    const struct fx_bus_place input = {lead->options.follow.topic, lead->options.follow.partition};
    for (; lead->alarm_next < FX_INSTRUMENTS_MAX; lead->alarm_next++) {
        const struct fx_instrument *instrument = &lead->output.instruments[lead->alarm_next];
        if (!lead->output.has_instrument[lead->alarm_next] ||
            instrument->state != FX_INSTRUMENT_STATE_TRADING) {
            continue;
        }
        struct fx_command command;
        memset(&command, 0, sizeof command);
        command.kind = FX_COMMAND_SET_STATE;
        command.instrument = lead->alarm_next;
        command.u.set_state.state = FX_INSTRUMENT_STATE_CANCEL_ONLY;
        fx_buf_clear(&lead->small);
        if (fx_wire_topic_out_command(&lead->small, &command, instrument) != FX_OK ||
            !fx_worker_lead_publish_small(lead, input)) {
            return; /* the next step tries again */
        }
    }
    lead->is_alarmed = false;
}
