// The small engine's host: QuickJS with our bytecode in it, and the few things that JavaScript can't do by itself. Everything
// else that a program expects of its runtime stands in TypeScript, in the files beside this one.
//
//   host.args, host.environment   what the process was given, as arrays of strings
//   host.numbers                  the numbers of system calls, which differ between architectures
//   host.syscall(number, ...)     syscall(2): the result, or the negated errno. A string is handed over as a C string, a typed
//                                 array as the address of its bytes, null as 0, and nothing else
//   host.addressOf(bytes)         where they are; the caller keeps the array until the kernel is done with it
//   host.encode(text)             UTF-8, with whatever is not a character replaced
//   host.decode(bytes, begin, end)   the text, with whatever is not UTF-8 replaced
//   host.isOddJson(json)          whether it has a number that may not be printed as it stands, as "1.0", "1e3", "-0" or twenty
//                                 digits, or an escape that is none, as "\x"
//   host.describe(errno)          strerror(3)
//   host.began                    milliseconds since 1970, when this process began
//   host.now()                    milliseconds since this process began to run
//   host.spawn(path, arguments, environment, stdin, stdout, stderr)   the pid, or the negated errno
//   host.leave(code)              ends the process at once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "quickjs.h"

extern const JSMallocFunctions memory;
extern const char *utf8_of(JSContext *ctx, JSValueConst string, size_t *length);
extern int is_odd_json(const char *json);
extern JSValue new_text(JSContext *ctx, const uint8_t *bytes, size_t length);
extern char **environ;
extern const uint8_t bundle[];
extern const uint32_t bundle_size;

/* When this process began, by the clock that nobody sets, and by the calendar. */
static struct timespec began, date;

static const struct { const char *name; int number; } numbers[] = {
#define call(name) {#name, SYS_##name}
    call(socket), call(bind), call(setsockopt), call(sendto), call(recvfrom), call(close), call(setns), call(flock),
    call(getrandom), call(memfd_create), call(mount), call(umount2), call(unshare), call(fchdir), call(chroot),
    call(mkdirat), call(unlinkat), call(statx), call(utimensat), call(ppoll), call(openat), call(read), call(pread64),
    call(write), call(pwrite64), call(faccessat), call(getdents64), call(renameat2), call(linkat), call(readlinkat),
    call(fchmodat), call(fsync), call(umask), call(getcwd), call(geteuid), call(getpid), call(wait4), call(kill),
    call(pidfd_open),
#undef call
};

static JSValue new_bytes(JSContext *ctx, const uint8_t *bytes, size_t length) {
    JSValue of[3] = {JS_NewArrayBufferCopy(ctx, bytes, length), JS_UNDEFINED, JS_UNDEFINED};
    if (JS_IsException(of[0])) return JS_EXCEPTION;
    JSValue array = JS_NewTypedArray(ctx, 3, of, JS_TYPED_ARRAY_UINT8);
    JS_FreeValue(ctx, of[0]);
    return array;
}

/* The address of what a typed array shows, or NULL with an exception. */
static uint8_t *bytes_of(JSContext *ctx, JSValueConst array, size_t *length) {
    size_t offset, size;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, array, &offset, length, NULL);
    if (JS_IsException(buffer)) return NULL;
    uint8_t *start = JS_GetArrayBuffer(ctx, &size, buffer);
    JS_FreeValue(ctx, buffer);
    return start ? start + offset : NULL;
}

/* The string as C has them, or NULL with an exception: the kernel would see no more of it than what is before the zero byte. */
static const char *c_string_of(JSContext *ctx, JSValueConst string) {
    size_t length;
    const char *text = utf8_of(ctx, string, &length);
    if (!text || strlen(text) == length) return text;
    JS_FreeCString(ctx, text);
    JS_ThrowTypeError(ctx, "a text for the kernel has a zero byte in it");
    return NULL;
}

enum { most_arguments = 6 };

static JSValue host_syscall(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    long values[most_arguments] = {0};
    const char *texts[most_arguments] = {0};
    JSValue result = JS_EXCEPTION;
    int number, i;
    if (!JS_IsNumber(argv[0]) || argc - 1 > most_arguments) return JS_ThrowTypeError(ctx, "there is no such system call");
    if (JS_ToInt32(ctx, &number, argv[0])) return result;
    for (i = 0; i < argc - 1; i++) {
        JSValueConst given = argv[i + 1];
        if (JS_IsNumber(given)) {
            int64_t value;
            if (JS_ToInt64(ctx, &value, given)) goto done;
            values[i] = value;
        } else if (JS_IsString(given)) {
            if (!(texts[i] = c_string_of(ctx, given))) goto done;
            values[i] = (long)texts[i];
        } else if (JS_IsObject(given)) {
            size_t length;
            if (!(values[i] = (long)bytes_of(ctx, given, &length))) goto done;
        } else if (!JS_IsNull(given)) {
            JS_ThrowTypeError(ctx, "neither number, text nor bytes for the kernel");
            goto done;
        }
    }
    long done = syscall(number, values[0], values[1], values[2], values[3], values[4], values[5]);
    result = JS_NewInt64(ctx, done == -1 ? -errno : done);
done:
    for (i = 0; i < most_arguments; i++) if (texts[i]) JS_FreeCString(ctx, texts[i]);
    return result;
}

static JSValue host_address_of(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    size_t length;
    uint8_t *bytes = bytes_of(ctx, argv[0], &length);
    return bytes ? JS_NewInt64(ctx, (int64_t)bytes) : JS_EXCEPTION;
}

static JSValue host_encode(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    size_t length;
    const char *text = utf8_of(ctx, argv[0], &length);
    if (!text) return JS_EXCEPTION;
    JSValue bytes = new_bytes(ctx, (const uint8_t *)text, length);
    JS_FreeCString(ctx, text);
    return bytes;
}

static JSValue host_decode(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    size_t length;
    int64_t begin, end;
    /* Before it is known where the bytes are: an object that becomes a number may take them away. */
    if (JS_ToInt64(ctx, &begin, argv[1]) || JS_ToInt64(ctx, &end, argv[2])) return JS_EXCEPTION;
    uint8_t *bytes = bytes_of(ctx, argv[0], &length);
    if (!bytes) return JS_EXCEPTION;
    if (begin < 0 || begin > end || (size_t)end > length) return JS_ThrowRangeError(ctx, "decode beyond the end");
    return new_text(ctx, bytes + begin, end - begin);
}

static JSValue host_is_odd_json(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    const char *json = JS_ToCString(ctx, argv[0]);
    if (!json) return JS_EXCEPTION;
    JSValue result = JS_NewBool(ctx, is_odd_json(json));
    JS_FreeCString(ctx, json);
    return result;
}

static JSValue host_describe(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    int number;
    if (JS_ToInt32(ctx, &number, argv[0])) return JS_EXCEPTION;
    return JS_NewString(ctx, strerror(number));
}

static JSValue host_now(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return JS_NewFloat64(ctx, (now.tv_sec - began.tv_sec) * 1e3 + (now.tv_nsec - began.tv_nsec) / 1e6);
}

static JSValue host_leave(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    int code = 1;
    JS_ToInt32(ctx, &code, argv[0]);
    _exit(code);
}

/* An array of strings as execve(2) wants it, or NULL with an exception. */
static char **strings_of(JSContext *ctx, JSValueConst array) {
    JSValue value = JS_GetPropertyStr(ctx, array, "length");
    uint32_t length, i;
    if (JS_IsException(value) || JS_ToUint32(ctx, &length, value)) return NULL;
    char **strings = js_mallocz(ctx, ((size_t)length + 1) * sizeof *strings);
    for (i = 0; strings && i < length; i++) {
        JSValue element = JS_GetPropertyUint32(ctx, array, i);
        const char *text = c_string_of(ctx, element);
        JS_FreeValue(ctx, element);
        strings[i] = text ? js_strdup(ctx, text) : NULL;
        JS_FreeCString(ctx, text);
        if (!strings[i]) return NULL;
    }
    return strings;
}

/* What is allocated here is not freed: a hook starts few programs, and ends. */
static JSValue host_spawn(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    const char *path = c_string_of(ctx, argv[0]);
    char **arguments = path ? strings_of(ctx, argv[1]) : NULL, **environment = arguments ? strings_of(ctx, argv[2]) : NULL;
    if (!environment) return JS_EXCEPTION;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++) {
        int from;
        if (JS_ToInt32(ctx, &from, argv[3 + fd])) return JS_EXCEPTION;
        int error = posix_spawn_file_actions_adddup2(&actions, from, fd);
        if (error) return JS_NewInt32(ctx, -error);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    sigemptyset(&none);
    /* Not by sigfillset: it leaves out the two that the C library keeps to itself, and those would be ignored. */
    memset(&all, 0xff, sizeof all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid;
    int error = posix_spawn(&pid, path, &actions, &attributes, arguments, environment);
    return JS_NewInt32(ctx, error ? -error : pid);
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("syscall", 7, host_syscall),
    JS_CFUNC_DEF("addressOf", 1, host_address_of),
    JS_CFUNC_DEF("encode", 1, host_encode),
    JS_CFUNC_DEF("decode", 3, host_decode),
    JS_CFUNC_DEF("isOddJson", 1, host_is_odd_json),
    JS_CFUNC_DEF("describe", 1, host_describe),
    JS_CFUNC_DEF("now", 0, host_now),
    JS_CFUNC_DEF("spawn", 6, host_spawn),
    JS_CFUNC_DEF("leave", 1, host_leave),
};

static JSValue new_strings(JSContext *ctx, char **strings) {
    JSValue array = JS_NewArray(ctx);
    for (uint32_t i = 0; strings[i]; i++) JS_SetPropertyUint32(ctx, array, i, new_text(ctx, (const uint8_t *)strings[i], strlen(strings[i])));
    return array;
}

static void add_host(JSContext *ctx, char **argv) {
    JSValue global = JS_GetGlobalObject(ctx), host = JS_NewObject(ctx), calls = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, host, functions, sizeof functions / sizeof *functions);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        JS_SetPropertyStr(ctx, calls, numbers[i].name, JS_NewInt32(ctx, numbers[i].number));
    JS_SetPropertyStr(ctx, host, "began", JS_NewFloat64(ctx, date.tv_sec * 1e3 + date.tv_nsec / 1e6));
    JS_SetPropertyStr(ctx, host, "numbers", calls);
    JS_SetPropertyStr(ctx, host, "args", new_strings(ctx, argv));
    JS_SetPropertyStr(ctx, host, "environment", new_strings(ctx, environ));
    JS_SetPropertyStr(ctx, global, "host", host);
    JS_FreeValue(ctx, global);
}

/* Says what nobody has caught, which is null if there was no memory for an error. */
static int fail(JSContext *ctx) {
    JSValue error = JS_GetException(ctx);
    JSValue stack = JS_IsNull(error) ? JS_UNDEFINED : JS_GetPropertyStr(ctx, error, "stack");
    const char *what = JS_IsNull(error) ? "out of memory" : JS_ToCString(ctx, error);
    const char *texts[] = {"cni-hook: ", what, "\n", JS_IsString(stack) ? JS_ToCString(ctx, stack) : NULL};
    for (int i = 0; i < 4; i++) if (texts[i] && write(2, texts[i], strlen(texts[i])) < 0) break;
    return 1;
}

/* Half of what there is: the other half is for the environment, and for C. Too deep a call is an exception before it is a crash. */
static size_t stack_for_javascript(void) {
    const size_t most = 16 << 20;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur / 2 > most) return most;
    return limit.rlim_cur / 2;
}

/* A stream that we were not given would be the next file that is opened, and have in it what is meant for a person. */
static void open_streams(void) {
    for (int fd = 0; fd < 3; fd++) if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) return;
}

int main(int argc, char **argv) {
    clock_gettime(CLOCK_MONOTONIC, &began);
    clock_gettime(CLOCK_REALTIME, &date);
    open_streams();
    /* What is written is looked at, and whoever is killed takes nothing back. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* Who ignores it can't wait for a child; and it is inherited. */
    signal(SIGCHLD, SIG_DFL);
    JSRuntime *runtime = JS_NewRuntime2(&memory, NULL);
    JSContext *ctx = JS_NewContextRaw(runtime);
    JS_SetGCThreshold(runtime, -1);
    JS_SetMaxStackSize(runtime, stack_for_javascript());
    JS_AddIntrinsicBaseObjects(ctx);
    JS_AddIntrinsicDate(ctx);
    JS_AddIntrinsicRegExpCompiler(ctx);
    JS_AddIntrinsicRegExp(ctx);
    JS_AddIntrinsicJSON(ctx);
    JS_AddIntrinsicMapSet(ctx);
    JS_AddIntrinsicTypedArrays(ctx);
    JS_AddIntrinsicPromise(ctx);
    add_host(ctx, argv);
    JSValue module = JS_ReadObject(ctx, bundle, bundle_size, JS_READ_OBJ_BYTECODE | JS_READ_OBJ_ROM_DATA);
    if (JS_IsException(module)) return fail(ctx);
    JSValue done = JS_EvalFunction(ctx, module);
    if (JS_IsException(done)) return fail(ctx);
    for (JSContext *at; JS_ExecutePendingJob(runtime, &at) != 0;);
    if (JS_PromiseState(ctx, done) == JS_PROMISE_REJECTED) {
        JS_Throw(ctx, JS_PromiseResult(ctx, done));
        return fail(ctx);
    }
    return 0;
}
