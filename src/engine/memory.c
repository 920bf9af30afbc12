// Memory for an engine that lives for some milliseconds: what is small comes off one piece, in steps of 16 bytes, and goes onto
// a list of its size when it is given back. A general malloc(3) has a quarter of a hook's instructions, this has a sixteenth.
// The pieces are never given back, and have all their pages from the start: one call instead of a hundred faults.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "quickjs.h"

enum { step = 16, steps = 64, piece = 512 * 1024 };

/* What stands before the bytes that are handed out: how many they are. In a spare block these tell of the next. */
typedef struct block {
    size_t size;
    struct block *next;
} block;

enum { head = offsetof(block, next), largest = steps * step - head };

static block *spare[steps + 1];
static char *at, *end;

static block *of(const void *bytes) { return (block *)((char *)bytes - head); }

static size_t usable_size(const void *bytes) { return bytes ? of(bytes)->size : 0; }

static block *cut(size_t size) {
    if ((size_t)(end - at) < size) {
        char *next = mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (next == MAP_FAILED) return NULL;
        at = next;
        end = next + piece;
    }
    block *one = (block *)at;
    at += size;
    return one;
}

static void *allocate(JSMallocState *state, size_t size) {
    block *one;
    if (size > largest) {
        one = malloc(head + size);
        if (one) one->size = size;
    } else {
        size_t count = (head + size + step - 1) / step;
        one = spare[count];
        if (one) spare[count] = one->next;
        else if ((one = cut(count * step))) one->size = count * step - head;
    }
    return one ? &one->next : NULL;
}

static void release(JSMallocState *state, void *bytes) {
    if (!bytes) return;
    block *one = of(bytes);
    if (one->size > largest) {
        free(one);
    } else {
        size_t count = (head + one->size) / step;
        one->next = spare[count];
        spare[count] = one;
    }
}

static void *reallocate(JSMallocState *state, void *bytes, size_t size) {
    size_t had = usable_size(bytes);
    if (size == 0) {
        release(state, bytes);
        return NULL;
    }
    if (bytes && size <= had) return bytes;
    if (had > largest) {
        block *one = realloc(of(bytes), head + size);
        if (one) one->size = size;
        return one ? &one->next : NULL;
    }
    void *other = allocate(state, size);
    if (!other) return NULL;
    if (bytes) memcpy(other, bytes, had);
    release(state, bytes);
    return other;
}

const JSMallocFunctions memory = {allocate, release, reallocate, usable_size};
