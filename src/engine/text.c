// Between QuickJS's strings and UTF-8, as the standards have it (Unicode, 3.9; the Encoding Standard): whatever is not a character
// becomes one that says so, and nothing else is changed.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include "quickjs.h"

static const char replacement[] = "\xef\xbf\xbd";
enum { replacement_size = sizeof replacement - 1 };

/* The string as UTF-8, or NULL with an exception. For half a surrogate pair QuickJS writes three bytes that are not UTF-8. */
const char *utf8_of(JSContext *ctx, JSValueConst string, size_t *length) {
    const char *text = JS_ToCStringLen(ctx, length, string);
    if (!text) return NULL;
    for (char *at = (char *)text; (at = memchr(at, 0xed, text + *length - at)); at++)
        if ((uint8_t)at[1] >= 0xa0) memcpy(at, replacement, replacement_size);
    return text;
}

/* How many bytes there are one character (Unicode, table 3-7), or, negated, begin like one and are none. */
static int character(const uint8_t *at, const uint8_t *end) {
    uint8_t first = *at, low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return -1;
    int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (int i = 1; i < length; i++, low = 0x80, high = 0xbf)
        if (at + i == end || at[i] < low || at[i] > high) return -i;
    return length;
}

/* QuickJS by itself passes over what follows a byte that is not UTF-8, were it a quotation mark. */
JSValue new_text(JSContext *ctx, const uint8_t *bytes, size_t length) {
    const uint8_t *at = bytes, *end = bytes + length;
    int size = 1;
    for (; at < end && (size = character(at, end)) > 0; at += size);
    if (at == end) return JS_NewStringLen(ctx, (const char *)bytes, length);
    char *mended = js_malloc(ctx, length * replacement_size), *to = mended;
    if (!mended) return JS_EXCEPTION;
    for (at = bytes; at < end; at += abs(size)) {
        size = character(at, end);
        to = size > 0 ? mempcpy(to, at, size) : mempcpy(to, replacement, replacement_size);
    }
    JSValue text = JS_NewStringLen(ctx, mended, to - mended);
    js_free(ctx, mended);
    return text;
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* Whether it has a number that may not be printed as it stands: with a fraction, an exponent, many digits, or for "-0"; or
   behind a backslash what no JSON has there. */
int is_odd_json(const char *at) {
    int digits = 0;
    for (char before = 0; *at; before = *at++) {
        if (*at == '"') {
            for (at++; *at && *at != '"'; at++) {
                if (*at != '\\') continue;
                if (!*++at || !strchr("\"\\/bfnrtu", *at) || (*at == 'u' && at[1] == '{')) return 1;
            }
            if (!*at) return 0;
        }
        digits = is_digit(*at) ? digits + 1 : 0;
        if (digits > 15 || *at == '.' || *at == 'E') return 1;
        if ((*at == 'e' && is_digit(before)) || (*at == '0' && before == '-')) return 1;
    }
    return 0;
}
