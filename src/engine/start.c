// Where the executable begins: one file with two programs in it, each linked to addresses of its own, so that the kernel maps
// both and touches neither. What is on the way of every container's start is QuickJS's; everything else is Bun's.
//
// This runs before either C library has been set up: no call into one, no thread-local storage, and nothing that the compiler
// might turn into such a call. Bun's program is linked dynamically and has lost its place as the file's own, so what the kernel
// would have done for it is done here: ld.so is mapped, and told by the auxiliary vector where the program is (getauxval(3)).
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Of Bun's program, by the linker: build/quickjs-program.ts knows them. */
extern char bun_entry[], bun_headers[], bun_header_count[], bun_interpreter[];
extern const ElfW(Ehdr) __ehdr_start;
extern void _start(void);

#if defined __x86_64__
__asm__(".globl start_either\n"
        "start_either:\n"
        "  xor %ebp, %ebp\n"
        "  mov %rsp, %rdi\n"
        "  call choose\n"
        "  xor %edx, %edx\n"
        "  jmp *%rax\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined __aarch64__
__asm__(".globl start_either\n"
        "start_either:\n"
        "  mov x29, #0\n"
        "  mov x30, #0\n"
        "  mov x0, sp\n"
        "  bl choose\n"
        "  mov x16, x0\n"
        "  mov x0, #0\n"
        "  br x16\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#endif

static int is(const char *text, const char *word) {
    while (*text && *text == *word) text++, word++;
    return *text == *word;
}

static int is_one_of(const char *text, const char *const *words) {
    for (; *words; words++) if (is(text, *words)) return 1;
    return 0;
}

static const char *const hooks[] = {"createRuntime", "prestart", "poststop", 0};
static const char *const plugins[] = {PLUGINS, 0};
static const char *const questions[] = {"--help", "-h", 0};

/* As src/main.ts has it: a hook by its first argument, a plugin by that or by the name that the file was called by. */
static int is_for_quickjs(long argc, char **argv, char **environment) {
    for (; *environment; environment++) if (is(*environment, "CNI_HOOK_ENGINE=bun")) return 0;
    if (argc == 0) return 0;
    if (argc > 1 && is_one_of(argv[1], hooks)) return argc == 2 || !is_one_of(argv[2], questions);
    if (argc > 1 && is(argv[1], "plugin")) return argc > 2 && is_one_of(argv[2], plugins);
    const char *name = argv[0];
    for (const char *at = name; *at; at++) if (at[0] == '/' && at[1]) name = at + 1;
    return is_one_of(name, plugins);
}

static void __attribute__((noreturn)) give_up(const char *path) {
    const char *parts[] = {"cni-hook: cannot load ", path, ": of cni-hook only its hooks and plugins do without glibc\n"};
    for (int i = 0; i < 3; i++) {
        long length = 0;
        while (parts[i][length]) length++;
        call(SYS_write, 2, (long)parts[i], length, 0, 0, 0);
    }
    for (;;) call(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

static int protection(ElfW(Word) flags) {
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static long map_at(long address, long length, int rights, int flags, long fd, long offset, const char *path) {
    long mapped = call(SYS_mmap, address, length, rights, flags, fd, offset);
    if (mapped < 0 && mapped >= -4095) give_up(path);
    return mapped;
}

/* Maps what ld.so consists of, anywhere, as the kernel does. Returns by how much its addresses are moved. */
static long map_interpreter(const char *path, unsigned long page, long *entry) {
    char head[4096] __attribute__((aligned(16)));
    long fd = call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (fd < 0 || call(SYS_read, fd, (long)head, sizeof head, 0, 0, 0) < (long)sizeof head) give_up(path);
    const ElfW(Ehdr) *elf = (void *)head;
    const ElfW(Phdr) *first = (void *)(head + elf->e_phoff), *end = first + elf->e_phnum;
    if ((char *)end > head + sizeof head) give_up(path);
    unsigned long span = 0;
    for (const ElfW(Phdr) *one = first; one < end; one++)
        if (one->p_type == PT_LOAD && one->p_vaddr + one->p_memsz > span) span = one->p_vaddr + one->p_memsz;
    long moved = map_at(0, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, path);
    for (const ElfW(Phdr) *one = first; one < end; one++) {
        if (one->p_type != PT_LOAD) continue;
        unsigned long in_page = one->p_vaddr % page, start = moved + one->p_vaddr - in_page;
        unsigned long file_end = moved + one->p_vaddr + one->p_filesz, memory_end = moved + one->p_vaddr + one->p_memsz;
        unsigned long mapped_end = (file_end + page - 1) / page * page;
        map_at(start, file_end - start, protection(one->p_flags), MAP_PRIVATE | MAP_FIXED, fd, one->p_offset - in_page, path);
        if (memory_end <= file_end) continue;
        for (volatile char *at = (char *)file_end; at < (char *)mapped_end; at++) *at = 0;
        if (memory_end > mapped_end)
            map_at(mapped_end, memory_end - mapped_end, protection(one->p_flags), MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0, path);
    }
    call(SYS_close, fd, 0, 0, 0, 0, 0);
    *entry = moved + elf->e_entry;
    return moved;
}

/* Bun does not start in a directory that somebody has removed, and no command needs it. */
static void leave_what_is_gone(void) {
    char here[4096];
    if (call(SYS_getcwd, (long)here, sizeof here, 0, 0, 0, 0) == -ENOENT) call(SYS_chdir, (long)"/", 0, 0, 0, 0, 0);
}

/* Returns where to go on, with the auxiliary vector saying what is there. */
__attribute__((used)) long choose(long *stack) {
    long argc = stack[0];
    char **argv = (char **)(stack + 1), **environment = argv + argc + 1, **after = environment;
    while (*after) after++;
    long headers = (long)&__ehdr_start + __ehdr_start.e_phoff, count = __ehdr_start.e_phnum, entry = (long)_start;
    long base = 0, next = entry, page = 4096;
    ElfW(auxv_t) *facts = (void *)(after + 1);
    for (ElfW(auxv_t) *one = facts; one->a_type != AT_NULL; one++) if (one->a_type == AT_PAGESZ) page = one->a_un.a_val;
    if (!is_for_quickjs(argc, argv, environment)) {
        headers = (long)bun_headers;
        count = (long)bun_header_count;
        entry = (long)bun_entry;
        base = map_interpreter(bun_interpreter, page, &next);
        leave_what_is_gone();
    }
    for (ElfW(auxv_t) *one = facts; one->a_type != AT_NULL; one++) {
        if (one->a_type == AT_PHDR) one->a_un.a_val = headers;
        if (one->a_type == AT_PHNUM) one->a_un.a_val = count;
        if (one->a_type == AT_ENTRY) one->a_un.a_val = entry;
        if (one->a_type == AT_BASE) one->a_un.a_val = base;
    }
    return next;
}
