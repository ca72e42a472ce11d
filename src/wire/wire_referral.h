/**
 * @file wire_referral.h
 * What the referral and the reward system are told of a trade: the values of the topics
 * future_referral and future_reward_center. A pure function of the TRADE and of whose accounts are
 * bots'; the same trade gives the same bytes. Thread: any.
 */
#ifndef FX_WIRE_WIRE_REFERRAL_H
#define FX_WIRE_WIRE_REFERRAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "model/rows.h"

/** Who is not told of: bots, and the exchange itself (user 0). */
struct fx_wire_referral_sides {
    bool buyer_is_bot;
    bool seller_is_bot;
};

/**
 * Append the message of future_referral: users, fees, asset, volume (value of the fill in settle
 * units), symbol, and what kind of trade it is. The side of a bot is left out.
 * @return false where both sides are: there is no message, nothing is appended.
 */
bool fx_wire_referral_trade(struct fx_buf *buf,
                            const struct fx_rows_trade *trade,
                            struct fx_wire_referral_sides sides);

/** Append the message of future_reward_center about one side: user, volume, symbol. @return false
 * where that side is a bot's: nothing is appended. */
bool fx_wire_referral_reward(struct fx_buf *buf,
                             const struct fx_rows_trade *trade,
                             struct fx_wire_referral_sides sides,
                             enum fx_side side);

#endif
