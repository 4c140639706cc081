dnl sdsa.m4 - the checks that configure.ac names.

dnl SDSA_CHECK_OVS
dnl
dnl Finds the Open vSwitch source and build trees (as OVN does: the library's
dnl headers for OVSDB IDL, unixctl, daemon and db-ctl-base are not installed
dnl by any Debian package).
AC_DEFUN([SDSA_CHECK_OVS],
  [AS_CASE(["$(cd "$srcdir" && pwd)$(pwd)"],
     [*[[\ \	]]*],
     [AC_MSG_ERROR([the path has a space, which make does not take; utilities/sdsa-lab setup builds here all the same])])
   AC_ARG_WITH([ovs-source],
     [AS_HELP_STRING([--with-ovs-source=DIR],
        [Open vSwitch source tree (see utilities/ovs-library)])])
   AC_ARG_WITH([ovs-build],
     [AS_HELP_STRING([--with-ovs-build=DIR],
        [Open vSwitch build tree, when not the source tree])])
   AC_MSG_CHECKING([for Open vSwitch source tree])
   AS_IF([test -z "$with_ovs_source" || test "$with_ovs_source" = yes],
     [AC_MSG_ERROR([--with-ovs-source=DIR is required; utilities/ovs-library builds and prints it])])
   AS_IF([test ! -f "$with_ovs_source/vswitchd/bridge.c"],
     [AC_MSG_ERROR([$with_ovs_source is not an Open vSwitch source tree])])
   OVS_SRCDIR=$(cd "$with_ovs_source" && pwd)
   AC_MSG_RESULT([$OVS_SRCDIR])
   AC_MSG_CHECKING([for Open vSwitch build tree])
   AS_IF([test -z "$with_ovs_build"], [with_ovs_build=$OVS_SRCDIR])
   AS_IF([test ! -f "$with_ovs_build/config.h" || test ! -f "$with_ovs_build/lib/libopenvswitch.la"],
     [AC_MSG_ERROR([$with_ovs_build is not a built Open vSwitch tree])])
   OVS_BUILDDIR=$(cd "$with_ovs_build" && pwd)
   AC_MSG_RESULT([$OVS_BUILDDIR])
   dnl What the library needs depends on what it was built with.
   OVS_LIBS=$(sed -n "s/^dependency_libs='\(.*\)'/\1/p" "$OVS_BUILDDIR/lib/libopenvswitch.la")
   AC_SUBST([OVS_LIBS])
   AC_SUBST([OVS_SRCDIR])
   AC_SUBST([OVS_BUILDDIR])
   AC_SUBST([OVS_LIBDIR], [$OVS_BUILDDIR/lib])
   dnl What differs between versions of the library: see lib/ovs-compat.h.
   OVS_CPPFLAGS=
   SDSA_CHECK_OVS_CALL([OVS_DAEMONIZES_WITH_PORTS], [daemon.h],
     [daemonize_start(false, false);])
   SDSA_CHECK_OVS_CALL([OVS_UNIXCTL_ANSWERS_JSON], [unixctl.h],
     [struct json *result, *error;
      unixctl_client_transact(0, "", 0, 0, &result, &error);])
   AC_SUBST([OVS_CPPFLAGS])])

dnl SDSA_CHECK_OVS_CALL(MACRO, HEADER, STATEMENTS)
dnl
dnl Defines MACRO if STATEMENTS compile with HEADER of the Open vSwitch library.
AC_DEFUN([SDSA_CHECK_OVS_CALL],
  [AC_MSG_CHECKING([for $1])
   sdsa_save_CPPFLAGS=$CPPFLAGS sdsa_save_CFLAGS=$CFLAGS
   for dir in include lib .; do
     CPPFLAGS="$CPPFLAGS -I $OVS_SRCDIR/$dir -I $OVS_BUILDDIR/$dir"
   done
   CFLAGS="$CFLAGS -Werror=incompatible-pointer-types"
   AC_COMPILE_IFELSE(
     [AC_LANG_SOURCE([[#include <config.h>
                       #include <$2>
                       void test(void);
                       void test(void) { $3 }]])],
     [AC_MSG_RESULT([yes])
      OVS_CPPFLAGS="$OVS_CPPFLAGS -D$1"],
     [AC_MSG_RESULT([no])])
   CPPFLAGS=$sdsa_save_CPPFLAGS CFLAGS=$sdsa_save_CFLAGS])

dnl SDSA_ENABLE_WERROR
AC_DEFUN([SDSA_ENABLE_WERROR],
  [AC_ARG_ENABLE([Werror],
     [AS_HELP_STRING([--enable-Werror], [make compiler warnings errors])])
   AS_IF([test "X$enable_Werror" = Xyes],
     [SDSA_CFLAGS="$SDSA_CFLAGS -Werror"])])

dnl SDSA_ENABLE_SANITIZER(OPTION, SANITIZER, NAME)
AC_DEFUN([SDSA_ENABLE_SANITIZER],
  [AC_ARG_ENABLE([$1],
     [AS_HELP_STRING([--enable-$1], [build with $3])])
   AS_IF([test "X$enable_$1" = Xyes],
     [SDSA_CFLAGS="$SDSA_CFLAGS -fsanitize=$2 -fno-omit-frame-pointer -g"
      SDSA_LDFLAGS="$SDSA_LDFLAGS -fsanitize=$2"
      AS_IF([test "$1" = ubsan],
        [SDSA_CFLAGS="$SDSA_CFLAGS -fno-sanitize-recover=undefined"])])])

dnl SDSA_ENABLE_FUZZ
dnl
dnl A build for `make check-fuzz`, with both sanitizers.
AC_DEFUN([SDSA_ENABLE_FUZZ],
  [AC_ARG_ENABLE([fuzz],
     [AS_HELP_STRING([--enable-fuzz], [build for fuzzing (with CC=clang)])])
   AS_IF([test "X$enable_fuzz" = Xyes],
     [AC_MSG_CHECKING([whether $CC has libFuzzer])
      sdsa_save_CFLAGS=$CFLAGS
      CFLAGS="$CFLAGS -fsanitize=fuzzer,address,undefined"
      AC_LINK_IFELSE(
        [AC_LANG_SOURCE([[int LLVMFuzzerTestOneInput(const unsigned char *data,
                                                     unsigned long size);
                          int
                          LLVMFuzzerTestOneInput(const unsigned char *data,
                                                 unsigned long size)
                          {
                              return data && size ? 0 : 0;
                          }]])],
        [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([--enable-fuzz needs CC=clang and its libclang-rt-*-dev])])
      CFLAGS=$sdsa_save_CFLAGS
      SDSA_CFLAGS="$SDSA_CFLAGS -fsanitize=fuzzer-no-link,address,undefined -fprofile-instr-generate -fcoverage-mapping -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g"
      SDSA_LDFLAGS="$SDSA_LDFLAGS -fsanitize=address,undefined -fprofile-instr-generate"])
   AM_CONDITIONAL([ENABLE_FUZZ], [test "X$enable_fuzz" = Xyes])])

dnl SDSA_WARNINGS
dnl
dnl The warnings that Open vSwitch's own build asks for.
AC_DEFUN([SDSA_WARNINGS],
  [for flag in -Wall -Wextra -Wno-sign-compare -Wpointer-arith \
       -Wformat -Wformat-security -Wswitch-enum -Wunused-parameter \
       -Wbad-function-cast -Wcast-align -Wstrict-prototypes \
       -Wold-style-definition -Wmissing-prototypes \
       -Wmissing-field-initializers -Wno-override-init \
       -fno-strict-aliasing -Wshadow -Wswitch-bool \
       -Wlogical-not-parentheses -Wsizeof-array-argument -Wvla; do
     SDSA_CFLAGS="$SDSA_CFLAGS $flag"
   done
   AC_SUBST([SDSA_CFLAGS])
   AC_SUBST([SDSA_LDFLAGS])])
