# SPDX-License-Identifier: Apache-2.0
#
# Debian's own kernel for guests; to be sourced.  $cache is where it is kept,
# $work a folder of the caller's; cannot() says a reason and ends.
# shellcheck shell=sh disable=SC2154

# Finds or makes $kernel, the unpacked package of Debian's newest kernel.
find_kernel() {
    package=$(apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    kernel=$(ls -d "$cache"/linux-image-* 2>/dev/null | tail -n 1)
    [ -z "$package" ] || kernel=$cache/$package
    [ -n "$kernel" ] || cannot "apt-cache knows no linux-image-amd64"
    # Several guests may start at once.
    exec 9>"$cache/kernel.lock"
    flock 9
    [ ! -e "$kernel/.unpacked" ] || return 0
    rm -rf "$kernel"
    mkdir -p "$kernel" "$work/deb"
    (cd "$work/deb" && timeout 10m apt-get download "$package") \
        >"$work/log" 2>&1 || {
        tail -n 2 "$work/log"
        rm -rf "$kernel"
        cannot "$package cannot be downloaded"
    }
    dpkg -x "$work"/deb/*.deb "$kernel"
    depmod -b "$kernel" "$(basename "$kernel"/lib/modules/*)"
    touch "$kernel/.unpacked"
}
