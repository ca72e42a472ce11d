/* Movements of money that have a name: what clients were told of them, and what the journal says. A
 * name is one movement for a day, and who was told that it is done finds it there. */
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"

enum { NAMES_MAX = 1 << 20, KEY_SIZE_MAX = 8 + FX_CLIENT_ID_SIZE_MAX };

static const int64_t DAY_US = 86400LL * 1000000;

/* The name of a movement that `kind` makes; NULL where it makes none. */
static const struct fx_client_id *name_of(const struct fx_command *command)
{
    switch ((int)command->kind) {
    case FX_COMMAND_TRANSFER:
        return &command->u.move.client_id;
    case FX_COMMAND_DEPOSIT_NAMED:
    case FX_COMMAND_WITHDRAW_NAMED:
        return &command->u.named.client_id;
    default:
        return NULL;
    }
}

static fx_str key_of(const struct fx_client_id *name, uint64_t account_id, char text[KEY_SIZE_MAX])
{
    memcpy(text, &account_id, sizeof account_id);
    memcpy(text + sizeof account_id, name->text, name->size);
    return (fx_str){text, sizeof account_id + name->size};
}

void fx_sim_movement_init(struct fx_sim_movements *movements)
{
    const struct fx_table_seed seed = {{5, 6}};
    fx_table_str_init(&movements->told, NAMES_MAX, seed);
    fx_table_str_init(&movements->done, NAMES_MAX, seed);
    fx_table_init(&movements->times, NAMES_MAX);
}

void fx_sim_movement_deinit(struct fx_sim_movements *movements)
{
    fx_table_str_deinit(&movements->told);
    fx_table_str_deinit(&movements->done);
    fx_table_deinit(&movements->times);
}

void fx_sim_movement_tell(struct fx_sim_world *world,
                          const struct fx_command *command,
                          const struct fx_event_result *result)
{
    char text[KEY_SIZE_MAX];
    const struct fx_client_id *name = name_of(command);
    if (name == NULL || name->size == 0 || result->reject.status != FX_OK) {
        return;
    }
    const fx_str key = key_of(name, result->account_id, text);
    FX_ASSERT(fx_table_str_put(
        &world->movements.told, key, (union fx_table_value){.number = result->tmp_id}));
}

void fx_sim_movement_apply(struct fx_sim_world *world,
                           const struct fx_command *command,
                           const struct fx_event *event)
{
    struct fx_sim_movements *movements = &world->movements;
    const struct fx_event_result *result = &event->u.result;
    const struct fx_client_id *name = name_of(command);
    char text[KEY_SIZE_MAX];
    if (name == NULL || name->size == 0 || result->reject.status != FX_OK) {
        return;
    }
    const fx_str key = key_of(name, result->account_id, text);
    const union fx_table_value *known = fx_table_str_find(&movements->done, key);
    if (result->is_repeated != 0) {
        FX_SIM_REQUIRE(world,
                       known != NULL && known->number == result->tmp_id,
                       "I-13 the same answer to the same name");
        return;
    }
    const union fx_table_value *when =
        known == NULL ? NULL : fx_table_find(&movements->times, known->number);
    FX_SIM_REQUIRE(world,
                   when == NULL || event->time_us - (int64_t)when->number >= DAY_US,
                   "I-13 money moves once by one name");
    FX_ASSERT(
        fx_table_str_put(&movements->done, key, (union fx_table_value){.number = result->tmp_id}));
    FX_ASSERT(fx_table_put(&movements->times,
                           result->tmp_id,
                           (union fx_table_value){.number = (uint64_t)event->time_us}));
}

void fx_sim_movement_check(struct fx_sim_world *world)
{
    const struct fx_sim_movements *movements = &world->movements;
    uint32_t cursor = 0;
    fx_str key = {NULL, 0};
    union fx_table_value told;
    while (fx_table_str_next(&movements->told, &cursor, &key, &told)) {
        const union fx_table_value *done = fx_table_str_find(&movements->done, key);
        const bool is_there = done != NULL && done->number >= told.number;
        /* Less than strict, the power may take what was answered. */
        FX_SIM_REQUIRE(world,
                       is_there || world->plan.mode != FX_BUS_JOURNAL_STRICT,
                       "I-32 money that was told to have moved has");
    }
}
