"""Prints a program that takes the address of every function of the header: all of them link, and none is NULL."""

from declarations import functions

print('#include "test.h"')
print("typedef void (*function)(void);")
print("static const function ALL[] = {")
for f in functions():
    print(f"    (function){f.name},")
print("};")
print("""
int main(void)
{
    size_t i;
    for (i = 0; i < sizeof ALL / sizeof *ALL; i++) CHECK(ALL[i] != NULL);
    CHECK(i > 100);
    return test_end();
}""")
