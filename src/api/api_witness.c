#include <stdlib.h>
#include <string.h>

#include "api/api_pending_int.h"
#include "api/api_reply_int.h"
#include "api/api_witness_int.h"
#include "base/panic.h"

enum { SLOTS = 64, HEADERS_SIZE_MAX = 8192 };

struct witness {
    struct fx_api_audit_note note;
    struct fx_net_http_response response; /* the answer that waits … */
    struct fx_buf headers;                /* … and what it borrows */
    struct fx_buf body;
    bool is_used;
};

struct fx_api_witnesses {
    struct witness slots[SLOTS];
};

fx_status fx_api_witness_create(struct fx_api *api)
{
    api->witnesses = calloc(1, sizeof *api->witnesses);
    if (api->witnesses == NULL) {
        return FX_NO_MEMORY;
    }
    for (uint32_t index = 0; index < SLOTS; index++) {
        fx_buf_init(&api->witnesses->slots[index].headers, HEADERS_SIZE_MAX);
        fx_buf_init(&api->witnesses->slots[index].body, FX_API_REPLY_SIZE_MAX);
    }
    return FX_OK;
}

void fx_api_witness_destroy(struct fx_api *api)
{
    if (api->witnesses == NULL) {
        return;
    }
    for (uint32_t index = 0; index < SLOTS; index++) {
        fx_buf_deinit(&api->witnesses->slots[index].headers);
        fx_buf_deinit(&api->witnesses->slots[index].body);
    }
    free(api->witnesses);
}

/* @return the number of a slot, from 1; 0: all in use. */
static uint32_t acquire(struct fx_api *api, const struct fx_api_audit_note *note)
{
    for (uint32_t index = 0; index < SLOTS; index++) {
        struct witness *witness = &api->witnesses->slots[index];
        if (!witness->is_used) {
            witness->is_used = true;
            witness->note = *note;
            return index + 1;
        }
    }
    return 0;
}

static struct witness *at(const struct fx_api *api, uint32_t number)
{
    FX_ASSERT(number > 0 && number <= SLOTS);
    struct witness *witness = &api->witnesses->slots[number - 1];
    FX_ASSERT(witness->is_used);
    return witness;
}

static void release(struct witness *witness)
{
    witness->is_used = false;
    fx_buf_clear(&witness->headers);
    fx_buf_clear(&witness->body);
}

bool fx_api_witness_is_on_the_way(const struct fx_api *api, const struct fx_api_audit_note *note)
{
    for (uint32_t index = 0; index < SLOTS; index++) {
        const struct witness *witness = &api->witnesses->slots[index];
        if (witness->is_used && strcmp(witness->note.action, note->action) == 0 &&
            strcmp(witness->note.subject, note->subject) == 0) {
            return true;
        }
    }
    return false;
}

const char *fx_api_witness_subject(const struct fx_api *api, const struct fx_api_target *target)
{
    return at(api, target->witness)->note.subject;
}

/* ---- before ---------------------------------------------------------------------------------- */

struct intent {
    struct fx_api_audit_note note;
    struct fx_api_witness_act act;
    uint32_t number;
};

static fx_status work_intent(struct fx_api_writer_desk *desk, void *data)
{
    const struct intent *intent = data;
    return fx_api_audit_append(desk, &intent->note, "BEGIN");
}

static fx_status submit(struct fx_api *api,
                        const struct fx_api_target *target,
                        const struct fx_api_witness_act *act)
{
    const uint64_t nobody = 1; /* a token that never waits (A6) */
    const struct fx_api_pending pending = {.target = *target,
                                           .answer = act->answer,
                                           .user_id = act->command.user_id,
                                           .instrument = act->instrument,
                                           .deadline_ms =
                                               fx_net_server_now_ms(api->options.server) +
                                               (int64_t)api->options.wait_ms_max};
    if (act->has_account &&
        !api->options.intake.submit(api->options.intake.self, nobody, &act->account)) {
        return FX_BUSY;
    }
    return fx_api_pending_submit_more(api, &pending, &act->command);
}

static void finish_intent(struct fx_api *api,
                          const struct fx_api_target *target,
                          fx_status status,
                          void *data)
{
    const struct intent *intent = data;
    if (status != FX_OK) { /* nothing was noted, so nothing is done */
        release(at(api, intent->number));
        fx_api_reply_fail(api, target, status);
        return;
    }
    struct fx_api_target witnessed = *target;
    witnessed.witness = intent->number;
    status = submit(api, &witnessed, &intent->act);
    if (status != FX_OK) {
        fx_api_reply_fail(api, &witnessed, status);
    }
}

fx_status fx_api_witness_submit(struct fx_api_call *call,
                                const struct fx_api_audit_note *note,
                                const struct fx_api_witness_act *act)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct intent), .work = work_intent, .finish = finish_intent};
    struct fx_api *api = call->api;
    const uint32_t number = acquire(api, note);
    if (number == 0) {
        return FX_BUSY;
    }
    const struct intent intent = {.note = *note, .act = *act, .number = number};
    const fx_status status = fx_api_writer_submit(api, &call->target, &KIND, &intent);
    if (status != FX_OK) {
        release(at(api, number));
    }
    return status;
}

/* ---- behind ---------------------------------------------------------------------------------- */

struct outcome {
    struct fx_api_audit_note note;
    const char *word;
    uint32_t number;
};

static fx_status work_outcome(struct fx_api_writer_desk *desk, void *data)
{
    const struct outcome *outcome = data;
    return fx_api_audit_append(desk, &outcome->note, outcome->word);
}

static void finish_outcome(struct fx_api *api,
                           const struct fx_api_target *target,
                           fx_status status,
                           void *data)
{
    const struct outcome *outcome = data;
    struct witness *witness = at(api, outcome->number);
    if (status == FX_OK) {
        struct fx_net_http_response response = witness->response;
        response.headers = fx_buf_str(&witness->headers);
        response.body = fx_buf_str(&witness->body);
        fx_net_server_respond(api->options.server, target->token, &response);
    } else { /* it was done, perhaps: the first row says so */
        fx_api_reply_unknown(api, target, status);
    }
    release(witness);
}

void fx_api_witness_put(struct fx_api *api,
                        const struct fx_api_target *target,
                        const struct fx_net_http_response *response,
                        fx_status status)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct outcome), .work = work_outcome, .finish = finish_outcome};
    struct witness *witness = at(api, target->witness);
    struct outcome outcome = {.note = witness->note,
                              .word = status == FX_OK ? "OK" : fx_status_name(status),
                              .number = target->witness};
    struct fx_api_target plain = *target;
    plain.witness = 0;
    witness->response = *response;
    fx_buf_append(&witness->headers, response->headers);
    fx_buf_append(&witness->body, response->body);
    const bool is_cut = witness->headers.is_overflow || witness->body.is_overflow;
    const fx_status submitted =
        is_cut ? FX_NO_MEMORY : fx_api_writer_submit(api, &plain, &KIND, &outcome);
    if (submitted != FX_OK) {
        finish_outcome(api, &plain, submitted, &outcome);
    }
}
