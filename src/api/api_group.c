/* Requests with several answers.
 *
 * The answers come in any order (what is refused here at once, what the engine says later, what
 * times out), so their texts are kept one behind the other with the place of each, and put in the
 * order of the members at the end. Every member is answered exactly once: by its handler's status,
 * or by its pending command, whose slot is released before it answers. The beginner holds the group
 * open until all members are on their way. */
#include <stdlib.h>

#include "api/api_group_int.h"
#include "api/api_reply_int.h"
#include "base/panic.h"

enum { TEXT_SIZE_MAX = 1 << 20, PENDING_PER_GROUP = 16 };

struct part {
    uint32_t offset;
    uint32_t size; /* 0: not there yet */
};

struct group {
    struct fx_api_target target;
    struct fx_buf text;
    uint32_t count;
    uint32_t left;      /* members without an answer, and one while the group is being filled */
    uint32_t next_free; /* number */
    struct part parts[FX_API_GROUP_MEMBERS_MAX];
};

struct fx_api_groups {
    struct group *items;
    uint32_t capacity;
    uint32_t used; /* ever */
    uint32_t free; /* number of the first free one; 0: none */
};

fx_status fx_api_group_create(struct fx_api *api)
{
    struct fx_api_groups *groups = calloc(1, sizeof *groups);
    if (groups == NULL) {
        return FX_NO_MEMORY;
    }
    api->groups = groups;
    groups->capacity = api->options.pending_max / PENDING_PER_GROUP + 1;
    groups->items = calloc(groups->capacity, sizeof *groups->items);
    return groups->items == NULL ? FX_NO_MEMORY : FX_OK;
}

void fx_api_group_destroy(struct fx_api *api)
{
    struct fx_api_groups *groups = api->groups;
    if (groups == NULL) {
        return;
    }
    for (uint32_t index = 0; index < groups->used; index++) {
        fx_buf_deinit(&groups->items[index].text);
    }
    free(groups->items);
    free(groups);
}

static struct group *at(const struct fx_api *api, uint32_t number)
{
    FX_ASSERT(number > 0 && number <= api->groups->used);
    struct group *group = &api->groups->items[number - 1];
    FX_ASSERT(group->left > 0);
    return group;
}

uint32_t fx_api_group_begin(const struct fx_api_call *call, uint32_t count)
{
    struct fx_api_groups *groups = call->api->groups;
    uint32_t number = groups->free;
    FX_ASSERT(count > 0 && count <= FX_API_GROUP_MEMBERS_MAX);
    FX_ASSERT(call->target.group == 0);
    if (number != 0) {
        groups->free = groups->items[number - 1].next_free;
    } else if (groups->used < groups->capacity) {
        groups->used++;
        number = groups->used;
        fx_buf_init(&groups->items[number - 1].text, TEXT_SIZE_MAX);
    } else {
        return 0;
    }
    struct group *group = &groups->items[number - 1];
    FX_ASSERT(group->left == 0);
    group->target = call->target;
    group->count = count;
    group->left = count + 1;
    for (uint32_t member = 0; member < count; member++) {
        group->parts[member] = (struct part){0};
    }
    return number;
}

struct fx_api_call fx_api_group_call(const struct fx_api_call *call,
                                     uint32_t group,
                                     uint32_t member)
{
    struct fx_api_call made = *call;
    FX_ASSERT(member < at(call->api, group)->count);
    made.is_counted = false;
    made.target.group = group;
    made.target.member = member;
    made.part = member + 1;
    return made;
}

void fx_api_group_conclude(struct fx_api_call *call, struct fx_api_call *member, fx_status status)
{
    call->is_counted = call->is_counted || member->is_counted;
    call->target.rate = member->target.rate;
    if (status != FX_OK) {
        member->error.status = status;
        fx_api_reply_error(member->api, &member->target, &member->error, 0);
    }
}

static void send(struct fx_api *api, struct group *group)
{
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t member = 0; member < group->count; member++) {
        const struct part *part = &group->parts[member];
        FX_ASSERT(part->size > 0);
        fx_json_append_comma(buf);
        fx_buf_append(buf, (fx_str){group->text.data + part->offset, part->size});
    }
    fx_api_reply_send_list(api, &group->target, 0);
}

/* One answer less to wait for. */
static void count_down(struct fx_api *api, uint32_t number)
{
    struct group *group = at(api, number);
    group->left--;
    if (group->left > 0) {
        return;
    }
    send(api, group);
    fx_buf_clear(&group->text);
    group->next_free = api->groups->free;
    api->groups->free = number;
}

void fx_api_group_end(struct fx_api *api, uint32_t group)
{
    count_down(api, group);
}

void fx_api_group_put(struct fx_api *api, const struct fx_api_target *target)
{
    struct group *group = at(api, target->group);
    struct part *part = &group->parts[target->member];
    FX_ASSERT(target->member < group->count);
    FX_ASSERT(part->size == 0 && api->reply.size > 0);
    group->target.rate = target->rate; /* of the last one to be answered */
    part->offset = (uint32_t)group->text.size;
    fx_buf_append(&group->text, fx_buf_str(&api->reply));
    part->size = (uint32_t)(group->text.size - part->offset);
    FX_ASSERT(part->size > 0); /* an order's row or an error: 64 of them are far below the bound */
    count_down(api, target->group);
}
