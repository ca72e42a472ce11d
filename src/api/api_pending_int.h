/**
 * @file api_pending_int.h
 * Commands whose answer is not here yet.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_PENDING_INT_H
#define FX_API_API_PENDING_INT_H

#include "api/api_int.h"

FX_MUST_USE fx_status fx_api_pending_init(struct fx_api *api);
void fx_api_pending_deinit(struct fx_api *api);

/** How to answer. */
struct fx_api_pending_wait {
    fx_api_answer_fn answer;
    uint64_t user_id; /* whom it is about; 0: the caller */
    uint32_t instrument;
    enum fx_position_side position_side;
    uint32_t wait_ms; /* 0 = wait_ms_max */
    struct fx_command_cancel_all cancel_all;
    int64_t countdown_us;
    enum fx_contract_type contract_type;
};

/** Submit the call's command. @return OK (answered later); BUSY; RATE_LIMITED. */
FX_MUST_USE fx_status fx_api_pending_submit(struct fx_api_call *call,
                                            const struct fx_command *command,
                                            const struct fx_api_pending_wait *wait);

/** Submit a further part of the same request; deadline and target stay. @return OK; BUSY. */
FX_MUST_USE fx_status fx_api_pending_submit_more(struct fx_api *api,
                                                 const struct fx_api_pending *pending,
                                                 const struct fx_command *command);

/** How full the fullest queue is, the pending table included: 0..100. */
uint32_t fx_api_pending_load(const struct fx_api *api);

/** A RESULT has come. */
void fx_api_pending_result(struct fx_api *api, const struct fx_event *event);

/** Answer what waits too long. */
void fx_api_pending_expire(struct fx_api *api);

/** An order as it is now: open, just ended, or stored. @return OK; ORDER_NOT_FOUND. */
FX_MUST_USE fx_status fx_api_pending_row(struct fx_api *api,
                                         struct fx_store_key key,
                                         struct fx_rows_order *row_out);

#endif
