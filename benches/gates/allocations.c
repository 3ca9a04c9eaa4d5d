/*
 * Counts the allocations of a program: LD_PRELOAD=…/allocations.so ALLOCATIONS=FILE program
 *
 * The program calls allocations_mark() (a weak symbol, which is there only with this library). Each call appends a line
 * to FILE: how many allocations and how many bytes there have been so far, of all threads. A reallocation is one too.
 * Programs that the program starts are not counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* glibc's own, behind the names that are taken over here. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static unsigned long allocations, allocated;

static void count(size_t bytes) {
  __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&allocated, bytes, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count(size);
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  void *result = memalign(alignment, size);
  if (!result) return ENOMEM;
  *block = result;
  return 0;
}

static int file = -1;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("ALLOCATIONS");
  if (name) file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  unsetenv("LD_PRELOAD");
}

/* Without stdio, which would allocate. */
void allocations_mark(void);
void allocations_mark(void) {
  char line[64];
  int length = snprintf(line, sizeof line, "%lu %lu\n", __atomic_load_n(&allocations, __ATOMIC_RELAXED),
                        __atomic_load_n(&allocated, __ATOMIC_RELAXED));
  if (file < 0 || write(file, line, (size_t)length) != length) {
    static const char message[] = "allocations: the file in ALLOCATIONS cannot be written\n";
    length = (int)write(2, message, sizeof message - 1);
    _exit(1);
  }
}
