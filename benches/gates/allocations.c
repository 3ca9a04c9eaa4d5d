/*
 * Counts the allocations of a program: LD_PRELOAD=…/allocations.so ALLOCATIONS=FILE program
 *
 * The program calls allocations_mark() (a weak symbol, which is there only with this library). Each call appends a line
 * to FILE: how many allocations and how many bytes there have been so far, of all threads; how many bytes are held, as
 * the allocator has them, and the most since the mark before. A reallocation is one too. Programs that the program starts
 * are not counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* glibc's own, behind the names that are taken over here. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static unsigned long allocations, allocated, held, most;

/* The block is there from now on. */
static void *count(void *block, size_t bytes) {
  unsigned long now = __atomic_add_fetch(&held, malloc_usable_size(block), __ATOMIC_RELAXED);
  unsigned long before = __atomic_load_n(&most, __ATOMIC_RELAXED);
  while (before < now && !__atomic_compare_exchange_n(&most, &before, now, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) continue;
  __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&allocated, bytes, __ATOMIC_RELAXED);
  return block;
}

/* It is about to go. */
static void discount(void *block) { __atomic_sub_fetch(&held, malloc_usable_size(block), __ATOMIC_RELAXED); }

void *malloc(size_t size) { return count(__libc_malloc(size), size); }

void *calloc(size_t number, size_t size) { return count(__libc_calloc(number, size), number * size); }

void *realloc(void *block, size_t size) {
  discount(block);
  return count(__libc_realloc(block, size), size);
}

void free(void *block) {
  discount(block);
  __libc_free(block);
}

void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size), size); }

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
  char line[96];
  unsigned long now = __atomic_load_n(&held, __ATOMIC_RELAXED);
  int length = snprintf(line, sizeof line, "%lu %lu %lu %lu\n", __atomic_load_n(&allocations, __ATOMIC_RELAXED),
                        __atomic_load_n(&allocated, __ATOMIC_RELAXED), now, __atomic_load_n(&most, __ATOMIC_RELAXED));
  __atomic_store_n(&most, now, __ATOMIC_RELAXED);
  if (file < 0 || write(file, line, (size_t)length) != length) {
    static const char message[] = "allocations: the file in ALLOCATIONS cannot be written\n";
    length = (int)write(2, message, sizeof message - 1);
    _exit(1);
  }
}
