/**
 * @file app_replay_trades.h
 * The fills of several accounts, read by GET /trade and put together: each account sees its own
 * side of a trade only. Thread: the owner's.
 */
#ifndef FX_APP_APP_REPLAY_TRADES_H
#define FX_APP_APP_REPLAY_TRADES_H

#include "app/app_replay_session.h"
#include "base/dec.h"
#include "base/table.h"

/** What one tick and one lot are, and whose trades are meant. */
struct fx_app_replay_trades_scope {
    fx_str symbol;
    fx_i128 tick_size;
    fx_i128 lot_size;
    uint64_t after_id; /* older trades are not ours */
};

struct fx_app_replay_trade {
    uint64_t id;
    uint64_t sequence;    /* of the command that took: operationId / 2^20 */
    uint64_t maker_order; /* the exchange's ids; 0: that side was not read */
    uint64_t taker_order;
    int64_t price_ticks;
    int64_t lots;
};

struct fx_app_replay_trades {
    struct fx_app_replay_trade *items;
    uint32_t count;
    uint32_t capacity;
    struct fx_table by_id;
};

/** Make an empty one. */
void fx_app_replay_trades_init(struct fx_app_replay_trades *trades);

/** Free it. */
void fx_app_replay_trades_deinit(struct fx_app_replay_trades *trades);

/**
 * Read what all accounts of the session see, instead of what is there; sorted by id.
 * @return OK; BAD_REQUEST (an answer is not as expected), NO_MEMORY, what the session says.
 */
FX_MUST_USE fx_status fx_app_replay_trades_load(struct fx_app_replay_trades *trades,
                                                struct fx_app_replay_session *session,
                                                const struct fx_app_replay_trades_scope *scope);

/** True where both sides of every trade were read. */
bool fx_app_replay_trades_is_whole(const struct fx_app_replay_trades *trades);

/** Take one page apart and add its trades. For load, and for tests.
 * @return OK; BAD_REQUEST; NO_MEMORY. *cursor_out borrows from `page`: empty at the end. */
FX_MUST_USE fx_status fx_app_replay_trades_add(struct fx_app_replay_trades *trades,
                                               const struct fx_app_replay_trades_scope *scope,
                                               fx_str page,
                                               fx_str *cursor_out);

#endif
