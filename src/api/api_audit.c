#include <stdio.h>
#include <string.h>

#include "api/api_audit_int.h"
#include "base/log.h"
#include "store/store_audit.h"

static void copy_cut(fx_str text, char *target, size_t capacity)
{
    const bool is_copied = fx_str_copy(fx_str_slice(text, 0, capacity - 1), target, capacity);
    if (!is_copied) {
        target[0] = '\0';
    }
}

void fx_api_audit_init(struct fx_api_audit_note *note,
                       const struct fx_api_call *call,
                       const char *action)
{
    memset(note, 0, sizeof *note);
    note->user_id = call->user.id;
    note->action = action;
    note->now_us = call->api->options.wall_us(call->api->options.clock_self);
    copy_cut(call->peer, note->ip, sizeof note->ip);
    copy_cut((fx_str){call->target.request_id, call->target.request_id_size},
             note->request_id,
             sizeof note->request_id);
}

void fx_api_audit_subject(struct fx_api_audit_note *note, const char *kind, uint64_t id)
{
    (void)snprintf(note->subject, sizeof note->subject, "%s:%llu", kind, (unsigned long long)id);
}

void fx_api_audit_subject_name(struct fx_api_audit_note *note, const char *kind, fx_str name)
{
    (void)snprintf(note->subject,
                   sizeof note->subject,
                   "%s:%.*s",
                   kind,
                   (int)(name.size < sizeof note->subject ? name.size : sizeof note->subject),
                   name.data);
}

void fx_api_audit_detail(struct fx_api_audit_note *note, const struct fx_buf *json)
{
    if (json->is_overflow || !fx_str_copy(fx_buf_str(json), note->detail, sizeof note->detail)) {
        copy_cut(FX_STR("{\"cut\":true}"), note->detail, sizeof note->detail);
    }
}

fx_status fx_api_audit_append(struct fx_api_writer_desk *desk,
                              const struct fx_api_audit_note *note,
                              const char *outcome)
{
    struct fx_store_audit row;
    memset(&row, 0, sizeof row);
    row.user_id = note->user_id;
    row.created_us = note->now_us;
    copy_cut(fx_str_of(note->action), row.action, sizeof row.action);
    copy_cut(fx_str_of(note->subject), row.subject, sizeof row.subject);
    copy_cut(fx_str_of(note->detail), row.detail, sizeof row.detail);
    copy_cut(fx_str_of(note->ip), row.ip, sizeof row.ip);
    copy_cut(fx_str_of(note->request_id), row.request_id, sizeof row.request_id);
    copy_cut(fx_str_of(outcome), row.outcome, sizeof row.outcome);
    const fx_status status = fx_store_audit_append(desk->store, &row);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "audit",
               "a row cannot be written",
               fx_log_text("action", note->action),
               fx_log_status("err", status));
    }
    return status;
}

fx_status fx_api_audit_conclude(struct fx_api_writer_desk *desk,
                                const struct fx_api_audit_note *note,
                                fx_status status)
{
    if (status == FX_OK) {
        return fx_api_audit_append(desk, note, "OK");
    }
    fx_store_rollback(desk->store);
    desk->is_kept = fx_store_begin(desk->store) == FX_OK &&
                    fx_api_audit_append(desk, note, fx_status_name(status)) == FX_OK;
    return status;
}

/* ---- rows that stand for themselves ---- */

struct lone {
    struct fx_api_audit_note note;
    const char *outcome;
};

static fx_status work_lone(struct fx_api_writer_desk *desk, void *data)
{
    const struct lone *lone = data;
    return fx_api_audit_append(desk, &lone->note, lone->outcome);
}

static void finish_lone(struct fx_api *api,
                        const struct fx_api_target *target,
                        fx_status status,
                        void *data)
{
    const struct lone *lone = data;
    (void)api;
    (void)target;
    if (status != FX_OK) {
        FX_LOG(FX_LOG_WARN,
               "audit",
               "a row was lost",
               fx_log_text("action", lone->note.action),
               fx_log_text("subject", lone->note.subject),
               fx_log_status("err", status));
    }
}

void fx_api_audit_submit(struct fx_api *api,
                         const struct fx_api_audit_note *note,
                         const char *outcome)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct lone), .work = work_lone, .finish = finish_lone};
    const struct fx_api_target nobody = {0};
    const struct lone lone = {*note, outcome};
    const fx_status status = fx_api_writer_submit(api, &nobody, &KIND, &lone);
    if (status != FX_OK) {
        struct lone copy = lone;
        finish_lone(api, &nobody, status, &copy);
    }
}
