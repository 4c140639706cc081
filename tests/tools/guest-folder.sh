# SPDX-License-Identifier: Apache-2.0
#
# Folders of guests that run; to be sourced.  $cache is where they are.
# shellcheck shell=sh disable=SC2154

# Makes a folder $cache/guest.XXXXXX, $guest_folder, for the caller, and removes
# those that killed runs have left.  A folder is in use as long as a process has
# its lock open, as file 8, which the caller's children inherit.
make_guest_folder() {
    exec 7>"$cache/guests.lock"
    flock 7
    for left in "$cache"/guest.*/lock; do
        if [ -e "$left" ] && flock -n "$left" true; then
            rm -rf --one-file-system "${left%/lock}"
        fi
    done
    # Those of before there were locks.
    find "$cache" -maxdepth 1 -name 'guest.*' -mmin +120 |
        while read -r left; do
            [ -e "$left/lock" ] || rm -rf --one-file-system "$left"
        done
    guest_folder=$(mktemp -d "$cache/guest.XXXXXX")
    exec 8>"$guest_folder/lock"
    flock 8
    exec 7>&-
}
