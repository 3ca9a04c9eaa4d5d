# Makes a C file of include/copilot.cdef.h in which every function has an empty definition, so that the debug information
# of its library tells every signature. An opaque struct gets a member of its own, or all would be the same to abidiff,
# and every type a variable, or those that no function uses by name would be left out. No header of the system is used:
# its types would differ from one C library to the next.
BEGIN {
    print "typedef __INT32_TYPE__ int32_t;\ntypedef __INT64_TYPE__ int64_t;\ntypedef __UINT64_TYPE__ uint64_t;"
    print "typedef __SIZE_TYPE__ size_t;"
}

function variable(type) { print type " witness_of_" type ";" }

/^typedef struct / {
    print
    sub(/;$/, "", $4)
    print "struct " $3 " { char is_" $3 "; };"
    variable($4)
    next
}
/^} / {
    print
    sub(/;$/, "", $2)
    variable($2)
    next
}
/^typedef .*\(\*/ {
    print
    match($0, /\(\*[a-z0-9_]+\)/)
    variable(substr($0, RSTART + 2, RLENGTH - 3))
    next
}
/^typedef .*;$/ {
    print
    sub(/;$/, "", $NF)
    variable($NF)
    next
}
/\);$/ {
    sub(/;$/, " {}")
    print
    next
}
# What is left are the insides of enums; anything else does not compile.
{ print }
